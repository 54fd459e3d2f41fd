import pytest

from lookalike.ablation.results import Results
from lookalike.ablation.training import Measured
from lookalike_components.train.config import TrainConfig

SETTINGS = {**TrainConfig().model_dump(), "trained": True}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results.jsonl"


def measured(steps=1):
    return Measured(["a", "b"], {"map_at_r": [0.5, 1.0], "recall_at_1": [0.0, 1.0]}, steps, 1.5, 2.0, 0.25, {"step": 1})


def test_a_result_is_found_again_by_another_process(path):
    Results(path).add("digest", SETTINGS, measured())
    assert Results(path).find("digest", SETTINGS) == measured()


def test_other_pictures_or_other_settings_are_another_training(path):
    results = Results(path)
    results.add("digest", SETTINGS, measured())
    assert results.find("other", SETTINGS) is None
    assert results.find("digest", {**SETTINGS, "seed": 1}) is None
    assert results.find("digest", {**SETTINGS, "trained": False}) is None


def test_how_the_work_is_done_makes_no_other_training(path):
    results = Results(path)
    results.add("digest", {**SETTINGS, "cache_megabytes": 1}, measured())
    assert results.find("digest", {**SETTINGS, "cache_megabytes": 2, "processes": 2}) == measured()


def test_a_setting_that_is_new_counts_as_its_default(path):
    results = Results(path)
    results.add("digest", {name: value for name, value in SETTINGS.items() if name != "clip"}, measured())
    assert results.find("digest", SETTINGS) == measured()
    assert results.find("digest", {**SETTINGS, "clip": 1.0}) is None


def test_a_line_that_was_cut_takes_no_other_with_it(path):
    Results(path).add("first", SETTINGS, measured(1))
    with path.open("a") as file:
        file.write('\n{"contents": "cut", "settings": {"mod')
    Results(path).add("last", SETTINGS, measured(3))
    read = Results(path)
    assert [read.find(name, SETTINGS) for name in ("first", "cut", "last")] == [measured(1), None, measured(3)]
