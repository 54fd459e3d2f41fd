import pytest
from PIL import Image

from lookalike_components.compare.report import lay_out
from lookalike_components.compare.report.plots import write_plots


@pytest.fixture(scope="module")
def plots(findings, tmp_path_factory):
    """The plots of evaluations with everything that can be measured."""
    folder = tmp_path_factory.mktemp("plots") / "plots"
    write_plots(lay_out(findings), folder)
    return sorted(folder.iterdir())


def test_every_figure_of_the_report_has_its_file(plots):
    assert [path.stem for path in plots] == ["map", "metrics", "robustness", "threshold", "training"]


def test_a_figure_of_what_was_not_measured_is_left_out(old_findings, tmp_path):
    write_plots(lay_out(old_findings), tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == {"metrics", "training"}


def test_plots_are_large_enough_for_a_slide_and_show_something(plots):
    for path in plots:
        with Image.open(path) as picture:
            assert (picture.format, picture.width > 1500) == ("PNG", True), path.name
            assert len(picture.convert("RGB").getcolors(2**24)) > 50, path.name


def test_plots_lie_in_the_folder_of_the_comparison(drawings, measured, tmp_path):
    *_, paths = drawings.compare(tmp_path, *measured)
    assert (paths.comparison / "plots" / "map.png").stat().st_size > 10_000
