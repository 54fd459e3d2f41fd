"""What `--seeds` refuses before hours have passed, and how repetitions are known."""

import json

import pytest

import lookalike
from lookalike.backends.record import RunRecord, Status
from lookalike.config import FinetuneConfig
from lookalike.runs import Run, repeating
from lookalike.runs.repeating import name_of, repetitions
from lookalike_components.errors import UserError

METRICS = {"before": {"map_at_r": 0.4}, "after": {"map_at_r": 0.5}}


@pytest.fixture
def put(tmp_path):
    """Writes a run's folder as its worker would leave it."""

    def write(name, gain=0.1, status=Status.FINISHED, repeats="", **settings):
        folder = tmp_path / name
        (folder / "comparison").mkdir(parents=True)
        config = FinetuneConfig.resolve(overrides={"source": "photos", **settings})
        record = RunRecord(name=name, config=config.model_dump(), status=status, repeats=repeats)
        record.write(folder)
        difference = {"map_at_r": {"mean": gain, "low": gain - 0.05, "high": gain + 0.05}}
        (folder / "metrics.json").write_text(json.dumps({**METRICS, "difference": difference}))
        (folder / "report.html").touch()
        verdict = {"metric": "map_at_r", "promoted": gain > 0.05}
        (folder / "comparison" / "verdict.json").write_text(json.dumps(verdict))
        return lookalike.get_run(name, tmp_path)

    return write


def test_the_spread_is_the_mean_and_the_standard_deviation_of_a_sample(put):
    run = put("mugs-1", gain=0.1)
    put("mugs-1-seed-1", gain=0.04, repeats="mugs-1")
    put("mugs-2", gain=5.0)
    facts = run.spread().facts()
    assert [(one["run"], one["gain"], one["promoted"]) for one in facts["runs"]] == [
        ("mugs-1", 0.1, True),
        ("mugs-1-seed-1", 0.04, False),
    ]
    assert facts["gain"]["mean"] == pytest.approx(0.07)
    assert facts["gain"]["standard_deviation"] == pytest.approx(0.06 / 2**0.5)


def test_one_run_has_no_spread(put):
    with pytest.raises(UserError, match=r"mugs-1 was not repeated; --seeds 5 --resume"):
        put("mugs-1").spread()


def test_a_challenge_is_not_repeated(put, photos, tmp_path):
    with pytest.raises(UserError, match=r"--seeds does not go with --challenge"):
        lookalike.fit(photos, seeds=2, challenge=True, runs=tmp_path, artifacts=str(tmp_path / "store"))
    with pytest.raises(UserError, match=r"--seeds does not go with --challenge"):
        put("challenger", challenge=True, artifacts="gs://bucket/runs").repeat(1)


def test_seeds_are_waited_for(photos, tmp_path):
    with pytest.raises(UserError, match=r"has to be waited for; leave --detach out"):
        lookalike.fit(photos, seeds=2, detach=True, runs=tmp_path)


def test_names_that_are_taken_or_too_long_are_refused_before_anything_runs(put, photos, tmp_path):
    put("mugs-1-seed-2")
    with pytest.raises(UserError, match="--seeds 3 needs the name mugs-1-seed-2, which a run has already"):
        lookalike.fit(photos, name="mugs-1", seeds=3, runs=tmp_path)
    with pytest.raises(UserError, match="cannot name a run"):
        lookalike.fit(photos, name="m" * 60, seeds=3, runs=tmp_path)
    assert [run.name for run in lookalike.list_runs(tmp_path)] == ["mugs-1-seed-2"]


def test_a_run_that_is_not_finished_is_not_repeated(put):
    with pytest.raises(UserError, match="mugs-1 is FAILED; only a run that has finished can be repeated"):
        put("mugs-1", status=Status.FAILED).repeat(1)


def test_a_repetition_that_has_finished_stays_as_it_is(put):
    run = put("mugs-1")
    put("mugs-1-seed-1", repeats="mugs-1", repetition=1)
    assert run.repeat(1).record().repeats == "mugs-1"


def test_a_repetition_of_other_settings_is_none(put):
    run = put("mugs-1")
    put("mugs-1-seed-1", repeats="mugs-1", repetition=1, epochs=77)
    with pytest.raises(UserError, match=r"mugs-1-seed-1 was started with other settings \(train_epochs\)"):
        run.repeat(1)


def test_a_run_that_only_has_the_name_is_no_repetition(put):
    run = put("mugs-1")
    put("mugs-1-seed-1")
    with pytest.raises(UserError, match="mugs-1-seed-1 does not repeat mugs-1"):
        run.repeat(1)


def test_a_finished_run_is_taken_up_again_for_more_seeds_with_the_same_settings_alone(put, tmp_path):
    put("mugs-1")
    same = FinetuneConfig.resolve(overrides={"source": "photos"})
    assert repeating.start("mugs-1", same, tmp_path, 3, resume=True).status() == Status.FINISHED
    other = FinetuneConfig.resolve(overrides={"source": "photos", "seed": 5})
    with pytest.raises(UserError, match=r"started with other settings \(seed\)"):
        repeating.start("mugs-1", other, tmp_path, 3, resume=True)


def test_repetitions_are_known_by_the_run_that_they_repeat(put):
    run = put("mugs-1")
    others = [put(name_of("mugs-1", number), repeats="mugs-1") for number in (1, 2)]
    assert [one.name for one in repetitions(run)] == [other.name for other in others]
    assert repetitions(Run("mugs-1-seed-1", run.backend)) == []
