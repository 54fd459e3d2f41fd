import re
import shutil
from html.parser import HTMLParser

import pandas as pd
import pytest

from lookalike_components.compare.comparison import Comparison
from lookalike_components.compare.provenance import encoder_rows
from lookalike_components.compare.report import summary, table_rows
from lookalike_components.retrieval import Interval

MOST_BYTES = 4_000_000


class Page(HTMLParser):
    """What is in a page: every element as (tag, attributes), and all its words."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.words = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def of_class(self, name):
        return [attributes for _, attributes in self.elements if name in (attributes.get("class") or "").split()]


@pytest.fixture(scope="module")
def html(drawings, tmp_path_factory):
    *_, paths = drawings.compare(tmp_path_factory.mktemp("report"))
    return paths.report.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def comparison(difference, before=None, after=None):
    return Comparison(
        3, 250, 60, before or dict.fromkeys(difference, 0.5), after or dict.fromkeys(difference, 0.6), difference
    )


def test_the_verdict_comes_first(page):
    words = " ".join(page.words.split())
    assert (
        words.index("✓ promoted") < words.index("Better, and not by chance. Of every 100") < words.index("Every metric")
    )


@pytest.mark.parametrize(("digest", "which"), [("", "the pretrained one"), ("016c30abf152f897", "the champion")])
def test_the_provenance_says_which_encoder_was_to_be_beaten(digest, which):
    assert encoder_rows({"model": "resnet50", "digest": digest}, {"model": "resnet50"})[0] == (
        "Which",
        which,
        "the new one",
    )


def test_the_summary_speaks_of_pictures_and_searches():
    names = ("r_precision", "recall_at_1")
    told = summary(comparison({}, dict.fromkeys(names, 0.61), {"r_precision": 0.83, "recall_at_1": 0.61}))
    assert told == (
        "Of every 100 pictures that belong at the top, 83 are there, up from 61. "
        "The very first result is right in 61 of 100 searches, as before."
    )


def test_every_metric_has_its_row(page):
    assert len(page.of_class("drawn")) == 12
    assert len(page.of_class("decides")) == 1


def test_bars_share_one_scale_and_stay_on_it():
    rows = table_rows(comparison({"map_at_r": Interval(0.2, 0.1, 0.3), "dcg_at_k": Interval(-0.2, -0.3, 0.1)}))
    places = [(row.bar.zero, row.bar.low, row.bar.mean, row.bar.high) for row in rows]
    assert places[0][0] == places[1][0]
    assert [place for bar in places for place in bar if not 0 <= place <= 100] == []
    assert [bar for bar in places if not bar[1] < bar[2] < bar[3]] == []


def test_a_bar_of_no_difference_has_its_place_in_the_middle():
    row = table_rows(comparison({"map_at_r": Interval(0.0, 0.0, 0.0)}))[0]
    assert (row.bar.low, row.bar.zero, row.bar.high) == (50, 50, 50)


def test_pictures_say_what_they_show(page):
    alternatives = [image["alt"] for image in page.all("img")]
    assert [
        text
        for text in alternatives
        if not re.fullmatch(r"query: .+|(before|after), result [1-5]: .+, (right|wrong)", text)
    ] == []
    assert len(alternatives) > 50


def test_right_and_wrong_are_told_by_sign_and_not_by_colour_alone(page, html):
    assert (
        len(page.of_class("sign")) == len(page.of_class("found")) == html.count(">✓</span>") + html.count(">✗</span>")
    )


def test_nothing_is_fetched_from_anywhere(page):
    assert [image for image in page.all("img") if not image["src"].startswith("data:image/webp;base64,")] == []
    assert page.all("script") == []
    values = [value for _, attributes in page.elements for value in attributes.values() if value]
    assert [value for value in values if re.match("(https?:)?//", value)] == []


def test_the_training_curve_is_described_for_those_who_do_not_see_it(html):
    assert (
        "Retrieval on the validation labels by epoch: MAP@R from 0.300 to 0.600, Recall@1 from 0.500 to 0.800" in html
    )


def test_without_a_history_there_is_no_curve(drawings, tmp_path):
    *_, paths = drawings.compare(tmp_path, history=None)
    assert "<h2>Training</h2>" not in paths.report.read_text()


def test_where_the_figures_come_from_stands_at_the_end(page):
    words = " ".join(page.words.split())
    end = words[words.index("Where this comes from") :]
    assert "Decided by MAP@R. Intervals from 2,000 resamples of whole labels, seed 0." in end
    assert '"digest": "colour-digest"' in end


def mark_up(evaluation, copy):
    """Copies an evaluation, with a tag in front of every label."""
    shutil.copytree(evaluation, copy)
    for path in copy.glob("*.parquet"):
        pd.read_parquet(path).assign(label=lambda table: "<script>" + table["label"]).to_parquet(path)
    return copy


def test_labels_are_text_and_never_markup(drawings, tmp_path):
    before, after = (mark_up(drawings.folder / name, tmp_path / name) for name in ("grey", "colour"))
    *_, paths = drawings.compare(tmp_path, before, after)
    page = Page(paths.report.read_text())
    assert page.all("script") == []
    assert "<script>" in page.words


def test_the_heaviest_pictures_do_not_make_the_page_heavy(noisy_pictures, tmp_path):
    *_, paths = noisy_pictures.compare(tmp_path)
    assert 500_000 < paths.report.stat().st_size < MOST_BYTES


def test_it_says_that_the_test_labels_are_new_to_the_encoder(page):
    assert "48 queries of 12 labels; none of them was seen in training." in page.words
