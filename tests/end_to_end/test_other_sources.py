"""A spreadsheet, a flat folder by the walkthrough's settings, and the SDK in place of the command line."""

import csv
from pathlib import Path

import pytest

import lookalike
from lookalike.backends import Status

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def spreadsheet(photos, tmp_path_factory):
    """The same pictures as a CSV, with a column that is neither image nor label."""
    path = tmp_path_factory.mktemp("shop") / "products.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "label", "shelf"])
        rows.writerows([str(picture), picture.parent.name, "left"] for picture in sorted(photos.glob("*/*.png")))
    return path


@pytest.fixture(scope="module")
def like_ukbench(tmp_path_factory, photographer):
    """UKBench's layout: 2,000 pictures in one folder, four in a row an object."""
    folder = tmp_path_factory.mktemp("ukbench")
    for position in range(2000):
        photographer(position // 4, position % 4, size=16).save(folder / f"ukbench{position:05d}.png")
    return folder


def test_a_spreadsheet_brings_labels_and_columns_of_its_own(spreadsheet, weights, runs):
    run = lookalike.fit(
        spreadsheet,
        name="shop",
        runs=runs,
        model="resnet18",
        weights=str(weights),
        input_size=32,
        train={"epochs": 6, "learning_rate": 0.001, "classes_per_batch": 8, "variants": []},
        test=0.5,
    )
    assert (run.status(), run.record().error) == (Status.FINISHED, "")
    assert run.metrics()["queries"] == 72
    assert run.name in [known.name for known in lookalike.list_runs(runs)]


def test_the_walkthroughs_settings_split_as_the_walkthrough_does(command, like_ukbench, weights, runs):
    small = ["--model", "resnet18", "--weights", weights, "--set", "input_size=32", "--epochs", 1]
    done = command("fit", like_ukbench, "--name", "walkthrough", "--config", EXAMPLES / "ukbench.yaml", *small)
    assert done.returncode in {0, 3}, done.stderr
    assert "1,000 train, 0 validation, 250 query, 750 index" in done.stderr
    metrics = lookalike.get_run("walkthrough", runs).metrics()
    assert (metrics["queries"], metrics["k"]) == (250, 3)
    assert metrics["after"]["ns_score"] == pytest.approx(1 + 3 * metrics["after"]["precision_at_k"])
