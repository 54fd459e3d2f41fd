import pandas as pd

from lookalike_components.compare.report.doubts import label_doubts, leaks
from lookalike_components.compare.report.suspicion import Suspicion


def test_every_leak_is_counted_and_the_first_dozen_shown(drawings):
    found = leaks(drawings.table.head(20))
    assert (found.total, len(found.shown)) == (20, 12)
    assert found.shown[0].uri == "firebrick 3-gon/0.png"


def test_no_leak_is_no_list(drawings):
    assert leaks(pd.DataFrame()).total == leaks(drawings.table.head(0)).total == 0


def test_only_guesses_about_the_label_throw_doubt_on_it(drawings):
    guesses = {0: [Suspicion("hub", "it is a hub")], 3: [Suspicion("hub", "it is"), Suspicion("label doubt", "why")]}
    found = label_doubts(drawings.table, guesses)
    assert [(doubt.uri, doubt.sentence) for doubt in found.shown] == [("firebrick 3-gon/3.png", "why")]
