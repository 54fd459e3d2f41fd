import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from lookalike_components.compare.comparison import Comparison
from lookalike_components.compare.provenance import encoder_rows
from lookalike_components.compare.report import lay_out, render, render_summary
from lookalike_components.compare.report.page import summary
from lookalike_components.compare.report.table import table_rows
from lookalike_components.compare.sample import Sample
from lookalike_components.compare.suspects import Suspects
from lookalike_components.retrieval import Interval, Slice

MOST_BYTES = 8_000_000


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


# The pictures of these tests are all alike, and make no slice.
SECTIONS = ["metrics", "map", "fixed", "broken", "still_wrong", "threshold", "robustness"]
SECTIONS += ["more", "doubts", "training", "origin"]


@pytest.fixture(scope="module")
def written(drawings, measured, tmp_path_factory):
    """Where the results are, of evaluations with everything that can be measured."""
    return drawings.compare(tmp_path_factory.mktemp("report"), *measured)[-1]


@pytest.fixture(scope="module")
def html(written):
    return written.report.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def comparison(difference, before=None, after=None):
    return Comparison(
        3, 250, 60, before or dict.fromkeys(difference, 0.5), after or dict.fromkeys(difference, 0.6), difference
    )


def test_the_verdict_comes_first(page):
    words = " ".join(page.words.split())
    parts = ["✓ promoted", "Better, and not by chance. Of every 100", "Gain MAP@R went from", "Every metric"]
    assert sorted(parts, key=words.index) == parts


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


def test_every_rule_of_the_verdict_tells_its_outcome(page, findings):
    outcomes = {True: "passed", False: "failed", None: "not judged"}
    told = [attributes["aria-label"] for attributes in page.of_class("outcome")]
    assert told == [outcomes[rule.passed] for rule in findings.verdict.rules]
    assert len(set(told)) > 1


def test_every_part_has_its_section_and_a_link_to_it(page):
    assert [section["id"] for section in page.all("section")] == SECTIONS
    assert [link["href"] for link in page.all("a")] == [f"#{section}" for section in SECTIONS]


def test_what_an_earlier_version_did_not_measure_is_left_out(old_findings):
    page = Page(render(lay_out(old_findings)))
    ids = [section["id"] for section in page.all("section")]
    not_measured = {"map", "threshold", "robustness", "more"}
    assert [section for section in ids if section not in {"slices", "more"}] == [
        section for section in SECTIONS if section not in not_measured
    ]
    assert page.all("script") == []


def test_slices_are_a_section_of_their_own(findings):
    slices = [Slice("shelf", value, 40, 9, Interval(0.1, 0.05, 0.2), 0.9) for value in ("top", "<b>floor</b>")]
    page = Page(render(lay_out(replace(findings, comparison=replace(findings.comparison, slices=slices)))))
    assert "shelf <b>floor</b>" in " ".join(page.words.split())
    assert "slices" in [section["id"] for section in page.all("section")]


def test_every_metric_and_every_slice_has_its_row(page, findings):
    drawn = [cell for cell in page.of_class("drawn") if "scope" not in cell]
    assert len(drawn) == len(findings.comparison.difference) + len(findings.comparison.slices)
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
    alternatives = [image["alt"] for image in page.all("img") if "src" in image]
    told = r"query: .+|(before|after), result [1-5]: .+, (right|wrong)"
    assert [text for text in alternatives if text and not re.fullmatch(told, text)] == []
    assert len(alternatives) > 50


def test_every_dot_of_the_map_says_what_it_is(page):
    dots = page.of_class("dot")
    assert len(dots) == 96
    told = r"\w+ \d-gon: nearest picture shows (the same|another) thing"
    assert [dot for dot in dots if not re.fullmatch(told, dot["aria-label"])] == []


def test_right_and_wrong_are_told_by_sign_and_not_by_colour_alone(page, html):
    signs = html.count('aria-hidden="true">✓</span>') + html.count('aria-hidden="true">✗</span>')
    assert len(page.of_class("sign")) == len(page.of_class("found")) == signs


def test_nothing_is_fetched_from_anywhere(page):
    sources = [image["src"] for image in page.all("img") if "src" in image]
    sources += [image["href"] for image in page.all("image")]
    assert [source for source in sources if not source.startswith("data:image/webp;base64,")] == []
    assert page.all("script") == [{}]
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
    assert "Decided by MAP@R. Intervals from 2,000 random halves of the labels, seed 0." in end
    assert '"digest": "colour-digest"' in end


def mark_up(evaluation, copy):
    """Copies an evaluation, with a tag in front of every label."""
    shutil.copytree(evaluation, copy)
    for path in (copy / f"{name}.parquet" for name in ("queries", "index", "sample")):
        pd.read_parquet(path).assign(label=lambda table: "<script>" + table["label"]).to_parquet(path)
    return copy


def test_labels_are_text_and_never_markup(drawings, measured, tmp_path):
    before, after = (mark_up(folder, tmp_path / folder.name) for folder in measured)
    *_, paths = drawings.compare(tmp_path, before, after)
    page = Page(paths.report.read_text())
    assert page.all("script") == [{}]
    assert "<script>" in page.words


def heavy(findings, noise):
    """The same findings with the heaviest pictures in every place that shows some, and labels without an end."""
    noise = noise.assign(label=noise["label"] + "!" * 5000)
    sample = Sample(noise, np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32))
    places = noise[["shard", "offset", "nbytes", "label"]].head(48).reset_index(drop=True)
    sides = {
        side: replace(
            getattr(findings, side),
            sample=sample,
            index=getattr(findings, side).index.assign(**places),
            queries=getattr(findings, side).queries.assign(**places),
        )
        for side in ("reference", "candidate")
    }
    examples = findings.examples.assign(**places, outcome=["fixed", "broken", "still_wrong", "still_wrong"] * 12)
    suspects = Suspects(
        noise.head(48).assign(copy="near"), noise.tail(48).assign(other=noise["label"][0], because="neighbours")
    )
    data = replace(findings.data, suspects=suspects)
    return replace(findings, **sides, examples=examples, data=data)


def test_the_heaviest_pictures_do_not_make_the_page_heavy(findings, noise):
    html = render(lay_out(heavy(findings, noise)))
    assert 3_000_000 < len(html.encode()) < MOST_BYTES
    words = " ".join(Page(html).words.split())
    assert words.count("More pictures would have made this page too heavy.") == 3
    assert "would have made this page too heavy and are plain dots" in words


def test_the_summary_is_small_and_says_where_the_report_lies(findings, noise):
    html = render_summary(lay_out(heavy(findings, noise)), "gs://bucket/runs/mugs/report")
    page = Page(html)
    assert len(html.encode()) < 100_000
    assert page.all("script") == page.all("img") == page.all("a") == []
    assert "It lies at gs://bucket/runs/mugs/report" in " ".join(page.words.split())
    assert page.words.index(findings.verdict.headline) < page.words.index("Every metric")


def test_the_summary_names_the_report_that_was_written_beside_it(written):
    assert str(written.report) in written.summary.read_text()


def test_it_says_that_the_test_labels_are_new_to_the_encoder(page):
    assert "48 queries of 12 labels; none of them was seen in training." in page.words
