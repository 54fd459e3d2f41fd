"""The table of candidates reads the same in the card, in the Kubeflow UI and in the report."""

import pytest

from lookalike_components.export.tables import LINK_PLACE, PLACE, as_markdown, in_report
from lookalike_components.release.candidates import Candidate, Trial, onnx
from lookalike_components.release.sealing import Tried


@pytest.fixture
def tried() -> Tried:
    figures = {"score": 0.75, "difference": 0.0, "cosine_mean": 1.0, "cosine_worst": 1.0, "nearest_kept": 1.0}
    reference = onnx().model_copy(update={**figures, "nbytes": 9_100_000, "images_per_second": 101.4})
    reason = "map_at_r falls by 0.0310, more than 0.005"
    spoilt = figures | {"score": 0.719, "difference": -0.031, "cosine_mean": 0.982, "same_kept": 0.5}
    int8 = Candidate(runtime="int8", precision="int8", files=("a.xml", "a.bin"), shipped=False, reason=reason, **spoilt)
    return Tried((reference, int8), Trial(metric="map_at_r", margin=0.005, queries=1200, images=3400))


def test_it_has_a_line_for_each_with_its_figures_and_the_decision(tried: Tried):
    lines = as_markdown(tried, k=3).splitlines()
    assert lines[-4].startswith("| Runtime | MAP@R | Difference | Cosine |")
    assert lines[-2] == ("| onnxruntime f32 | 0.7500 | +0.0000 | 1.0000 | 1.0000 | 100.0% | - | 9.1 MB | 101 | yes |")
    assert lines[-1] == (
        "| OpenVINO int8 | 0.7190 | -0.0310 | 0.9820 | 1.0000 | 100.0% | 50.0% | - | - | "
        "no: map_at_r falls by 0.0310, more than 0.005 |"
    )


def test_it_says_on_what_the_decision_rests(tried: Tried):
    told = as_markdown(tried, k=3)
    assert told.startswith("Each runtime encoded 1,200 test queries, which were searched among 3,400 pictures")
    assert "It is shipped where MAP@R falls by 0.005 at most." in told


def test_without_a_test_it_says_why_there_are_no_figures():
    assert as_markdown(Tried((onnx(),)), k=3).startswith("There were no test queries to judge the runtimes on")


def test_it_takes_its_place_in_the_report(tried: Tried):
    report = in_report(f"<nav>{LINK_PLACE}</nav><main>{PLACE}<p>after</p></main>", tried, k=3)
    assert report.startswith('<nav><a href="#runtimes">Runtimes</a></nav><main><section id="runtimes">')
    assert ">no: map_at_r falls by 0.0310, more than 0.005</td>" in report
    assert report.endswith("</section><p>after</p></main>")


def test_a_report_without_the_place_stays_as_it_is(tried: Tried):
    assert in_report("<main></main>", tried, k=3) == "<main></main>"
