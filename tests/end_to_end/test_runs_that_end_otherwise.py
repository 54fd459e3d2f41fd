"""Killed, cancelled, refused, detached, resumed: a run never claims what is not so."""

import os
import re
import signal

import pytest

import lookalike
from lookalike.backends import Status

pytestmark = pytest.mark.slow


def started(run, step):
    """Returns when a step of the run has started."""
    return next(event for event in run.events(follow=True) if (event["step"], event["status"]) == (step, "started"))


@pytest.fixture(scope="module")
def killed(command, photos, quick, runs):
    """A detached run, killed with everything that it had started while it was training."""
    assert command("fit", photos, "--name", "killed", "--detach", *quick).stdout == "killed\n"
    run = lookalike.get_run("killed", runs)
    started(run, "train")
    os.killpg(run.record().process.pid, signal.SIGKILL)
    return run.wait()


def test_a_killed_run_is_failed(killed):
    assert killed.status() == Status.FAILED
    assert "its process ended without a word" in killed.record().error


def test_a_failed_run_is_resumed_from_its_last_finished_step(killed, command, photos, quick):
    changed = command("fit", photos, "--name", "killed", "--resume", *quick, "--seed", 5)
    assert changed.returncode == 2
    assert "killed was started with other settings (seed)" in changed.stderr

    resumed = command("fit", photos, "--name", "killed", "--resume", *quick)
    assert resumed.returncode == 0, resumed.stderr
    cached = [line.split()[0] for line in resumed.stderr.splitlines() if "cached" in line]
    assert cached[:3] == ["ingest", "label", "split"]
    assert resumed.stderr.count("ingest") == 1  # what the attempt before it did is no news
    assert killed.status() == Status.FINISHED


def test_a_finished_run_has_nothing_to_resume(command, photos, quick, run):
    again = command("fit", photos, "--name", "things", "--resume", *quick)
    assert again.returncode == 2
    assert "things has finished; there is nothing to resume" in again.stderr


@pytest.fixture(scope="module")
def refused(command, photos, quick):
    """A run whose encoder got better, but not by as much as was asked."""
    return command("fit", photos, "--name", "refused", *quick, "--set", "compare.minimum_effect=0.99")


def test_a_run_that_is_not_better_is_refused_with_its_own_exit_code(refused, runs):
    assert refused.returncode == 3, refused.stderr
    assert "verdict  refused: " in refused.stdout
    run = lookalike.get_run("refused", runs)
    assert (run.status(), run.record().promoted) == (Status.FINISHED, False)
    assert run.artifact_id == str(runs / "refused" / "encoder")
    assert not (runs / "refused" / "release").exists()


def test_a_refusal_names_the_rule_that_was_broken(refused, runs):
    rules = {rule["name"]: rule["passed"] for rule in lookalike.get_run("refused", runs).verdict()["rules"]}
    assert [name for name, passed in rules.items() if passed is False] == ["effect"]
    assert "falls short of the minimum effect of 0.990" in refused.stdout
    assert re.search(r"\| By enough +\| ✗ no ", (runs / "refused" / "verdict.md").read_text())


def test_a_refused_encoder_is_kept_to_be_looked_at(refused, command, runs, picture, tmp_path):
    assert f"encoder  {runs / 'refused' / 'encoder'}\n" in refused.stdout
    assert command("save", "refused", tmp_path).stdout == f"{tmp_path / 'refused'}\n"
    assert lookalike.encode(lookalike.get_model(tmp_path / "refused"), [picture]).shape == (1, 512)


def test_a_cancelled_run_is_failed_and_can_be_deleted(command, photos, quick, runs):
    command("fit", photos, "--name", "cancelled", "--detach", *quick)
    run = lookalike.get_run("cancelled", runs)
    started(run, "ingest")
    assert "still running" in command("runs", "delete", "cancelled", "--yes").stderr
    assert command("runs", "cancel", "cancelled").returncode == 0
    assert run.wait().record().error == "cancelled"
    assert command("runs", "delete", "cancelled", "--yes").returncode == 0
    assert not (runs / "cancelled").exists()
