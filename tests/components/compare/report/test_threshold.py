from dataclasses import replace

import numpy as np
import pytest

from lookalike_components.compare.report.chart import HEIGHT, WIDTH
from lookalike_components.compare.report.threshold import cosine_charts, match_rates


def test_rates_count_the_pairs_at_or_above_each_cosine(findings):
    sample = findings.candidate.sample
    labels, cosines = sample.pictures["label"].tolist(), sample.vectors @ sample.vectors.T
    pairs = [(a, b) for a in range(len(labels)) for b in range(a)]
    rates = match_rates(findings.candidate.curve)
    for bin_of in (90, 140, 170):
        edge = findings.candidate.curve["cosine"][bin_of]
        for kind, same in (("same", True), ("different", False)):
            of_kind = [cosines[pair] >= edge for pair in pairs if (labels[pair[0]] == labels[pair[1]]) is same]
            assert rates[kind][bin_of] == pytest.approx(np.mean(of_kind), abs=1e-12)


def test_curves_and_threshold_lie_on_the_canvas(findings):
    for chart in cosine_charts(findings):
        points = chart.points("same") + chart.points("different")
        assert [point for point in points if not (0 <= point[0] <= WIDTH and 0 <= point[1] <= HEIGHT)] == []
        assert 0 < chart.mark.low <= chart.mark.at <= chart.mark.high < WIDTH


def test_curves_fall(findings):
    for chart in cosine_charts(findings):
        heights = [y for _, y in chart.points("same")]
        assert heights == sorted(heights)


def test_both_charts_share_one_axis(findings):
    before, after = cosine_charts(findings)
    assert before.across == after.across
    assert [tick.text for tick in before.across][-3:] == ["0.6", "0.8", "1"]


def test_an_encoder_without_a_threshold_has_curves_and_no_mark(findings):
    facts = {**findings.reference.facts, "threshold": None}
    before, after = cosine_charts(replace(findings, reference=replace(findings.reference, facts=facts)))
    assert before.mark is None
    assert after.mark


def test_without_counts_there_is_no_chart(old_findings):
    assert cosine_charts(old_findings) == []
