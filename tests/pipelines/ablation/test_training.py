from pathlib import Path

import pytest

from lookalike.ablation.folds import folds, prepare
from lookalike.ablation.training import left_steps, measured, seconds_of
from lookalike.config import FinetuneConfig
from lookalike_components.errors import LookalikeError


@pytest.fixture(scope="module")
def config(few_photos, brief):
    return FinetuneConfig.resolve(overrides={"source": str(few_photos), **brief})


@pytest.fixture(scope="module")
def table(config, tmp_path_factory) -> Path:
    table, _ = prepare(config, tmp_path_factory.mktemp("prepared"))
    return folds(table, 2, config.step("split"))[0].table


def run(table, config, tmp_path, trained=True, **settings):
    given = {**config.step("train").model_dump(), **settings, "trained": trained}
    return measured(table, given, tmp_path / "log.txt")


def test_a_training_is_measured_query_by_query(table, config, tmp_path):
    done = run(table, config, tmp_path)
    assert {len(values) for values in done.values.values()} == {len(done.labels)} == {16}
    assert done.steps == 1
    assert 0 < done.seconds < done.wall
    assert done.validation == pytest.approx(done.row["validation"]["map_at_r"])
    assert "step 1 of 1" in (tmp_path / "log.txt").read_text()


def test_the_pretrained_encoder_takes_no_steps(table, config, tmp_path):
    done = run(table, config, tmp_path, trained=False)
    assert (done.steps, done.seconds, done.validation, len(done.labels)) == (0, 0, None, 16)


def test_a_foreseen_failure_comes_with_its_sentence(table, config, tmp_path):
    with pytest.raises(LookalikeError, match=r"nowhere\.pth does not exist"):
        run(table, config, tmp_path, weights="nowhere.pth")


def test_a_failure_that_nobody_foresaw_points_to_the_log(config, tmp_path):
    (tmp_path / "table.parquet").mkdir()
    with pytest.raises(LookalikeError, match=r"^a training broke off with exit code 1; .*log\.txt tells why$"):
        run(tmp_path / "table.parquet", config, tmp_path)


def test_each_stretch_counts_once():
    history = [
        {"step": 0, "seconds": 0.0},
        {"step": 4, "seconds": 1.0, "trial": 0},
        {"step": 4, "seconds": 2.0, "trial": 1},
        {"step": 4, "seconds": 2.0},  # the winner's once more
        {"step": 8, "seconds": 4.0},
        {"step": 8, "seconds": 4.0, "share": 1.0},  # what was kept
    ]
    assert seconds_of(history) == 7.0
    assert left_steps(history) == 4


def test_of_trials_that_diverged_the_steps_that_were_taken_count():
    trials = [{"step": 4, "seconds": 1.0, "trial": 0}, {"step": 1, "seconds": 0.5, "trial": 1}]
    assert left_steps([{"step": 0, "seconds": 0.0}, *trials, {"step": 4, "seconds": 1.0}]) == 1
