from lookalike_components.compare.report.doubts import doubts_of_split, label_doubts, leaks
from lookalike_components.compare.report.suspicion import Suspicion
from lookalike_components.compare.suspects import Suspects


def test_every_leak_is_counted_and_the_first_dozen_shown(drawings):
    found = leaks(Suspects(drawings.table.head(20).assign(copy=["exact", "near"] * 10)))
    assert (found.total, len(found.shown)) == (20, 12)
    assert [(doubt.uri, doubt.sentence) for doubt in found.shown[:2]] == [
        ("firebrick 3-gon/0.png", "it is also among the training or validation pictures"),
        ("firebrick 3-gon/1.png", "it is nearly the same as one of the training or validation pictures"),
    ]


def test_no_leak_is_no_list(drawings):
    assert leaks(Suspects()).total == leaks(Suspects(drawings.table.head(0).assign(copy=[]))).total == 0


def test_what_split_doubted_says_why(drawings):
    reasons = {"other": "indigo 4-gon", "because": ["neighbours", "exact", "near"]}
    found = doubts_of_split(Suspects(mislabelled=drawings.table.head(3).assign(**reasons)))
    assert [doubt.sentence for doubt in found.shown] == [
        "its three nearest pictures, to the pretrained encoder, all show indigo 4-gon",
        "training has the same picture as indigo 4-gon",
        "training has nearly the same picture as indigo 4-gon",
    ]
    assert doubts_of_split(Suspects()).total == 0


def test_only_guesses_about_the_label_throw_doubt_on_it(drawings):
    guesses = {0: [Suspicion("hub", "it is a hub")], 3: [Suspicion("hub", "it is"), Suspicion("label doubt", "why")]}
    found = label_doubts(drawings.table, guesses)
    assert [(doubt.uri, doubt.sentence) for doubt in found.shown] == [("firebrick 3-gon/3.png", "why")]
