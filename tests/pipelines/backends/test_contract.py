"""One contract for every backend: the same questions have the same answers, wherever a run is."""

import json
from threading import Thread

import pytest
from kubeflow_api import KubeflowApi, served
from kubeflow_cluster import Cluster

import lookalike
from lookalike.backends import Status
from lookalike.runs import backend_of
from lookalike_components.errors import UserError
from lookalike_components.release.runtime import Release

pytestmark = pytest.mark.slow

STEPS = ["ingest", "label", "split", "evaluate-reference", "train", "evaluate-candidate", "compare", "export", "deploy"]
ARTIFACTS = ["table", "history", "encoder", "evaluation", "comparison", "report", "verdict", "release", "metrics"]


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    with pytest.MonkeyPatch.context() as environment, served(KubeflowApi()) as api:
        environment.setenv("LOOKALIKE_CACHE", str(tmp_path_factory.mktemp("cache")))
        environment.setattr("lookalike.backends.kubeflow.backend.SECONDS_BETWEEN_LOOKS", 0.05)
        yield api


@pytest.fixture(scope="module", params=["local", "kubeflow"])
def place(request, api, finished_here, failed_here, quick, tmp_path_factory):
    """Where runs are: ``things`` went well, ``broken`` failed; on the cluster each does what the local one did."""
    if request.param == "local":
        folder = tmp_path_factory.mktemp("place")
        for run in (finished_here, failed_here):
            (folder / run.name).symlink_to(run.backend.runs / run.name)
        return folder
    store = tmp_path_factory.mktemp("store")
    for run in (finished_here, failed_here):
        settings = {**run.record().config, "artifacts": str(store)}
        lookalike.submit(settings.pop("source"), name=run.name, runs=api.url, **settings)
        Cluster(api).play(run.name, run.backend.runs / run.name)
    return api.url


@pytest.fixture
def run(place):
    return lookalike.get_run("things", place)


def submit(place, name, source, tmp_path, **settings):
    """Submits as a person would, to either place."""
    given = {"artifacts": str(tmp_path / "store"), **settings}
    return lookalike.submit(source, name=name, runs=place, **given)


def test_runs_are_listed_oldest_first(place):
    assert [run.name for run in lookalike.list_runs(place)] == ["things", "broken"]


def test_a_run_that_went_well_is_finished_and_promoted(run, quick):
    record = run.record()
    assert (record.status, record.promoted, record.exit_code, record.error) == (Status.FINISHED, True, 0, "")
    assert record.created <= record.started <= record.finished
    assert record.config["train"]["epochs"] == quick["train"]["epochs"]


def test_every_step_is_told_with_its_beginning_and_its_end(run):
    events = list(run.events())
    for status in ("started", "finished"):
        told = [event["step"] for event in events if event["status"] == status]
        assert set(STEPS) <= set(told)
        assert len(told) == len(set(told))
    assert all({"time", "step", "status"} <= event.keys() for event in events)


def test_what_a_step_found_is_told_at_its_end(run):
    facts = {event["step"]: event["facts"] for event in run.events() if event["status"] == "finished"}
    assert facts["ingest"]["images"] == 144


def test_following_a_run_that_has_ended_ends(run):
    assert list(run.events(follow=True)) == list(run.events())
    assert list(run.stream_logs()) == run.logs().splitlines()


def test_the_log_has_the_lines_of_every_step(run):
    log = run.logs()
    for step in STEPS:
        assert f" {step}" in log or f"{step}: " in log, step
    assert "finished in" in log


@pytest.mark.parametrize("artifact", ARTIFACTS)
def test_everything_that_a_run_keeps_is_at_hand(run, artifact):
    assert run.backend.artifact("things", artifact).exists()


def test_the_numbers_are_the_same_everywhere(run, finished_here):
    assert run.metrics() == finished_here.metrics()
    assert run.verdict() == finished_here.verdict()
    assert run.history() == finished_here.history()
    assert run.report.read_bytes() == finished_here.report.read_bytes()


def test_the_release_is_whole(run):
    assert Release.open(run.backend.artifact("things", "release"))
    assert run.artifact_id.endswith("release")


def test_a_release_is_saved_elsewhere(run, tmp_path):
    saved = run.save_artifact(tmp_path)
    assert json.loads((saved / "manifest.json").read_text())
    with pytest.raises(UserError, match="exists already; name another folder"):
        run.save_artifact(tmp_path)


def test_the_metrics_are_shown(run, capsys):
    run.display_metrics()
    assert "72 queries, k = 3" in capsys.readouterr().out


def test_a_run_that_failed_says_why_in_the_words_of_its_step(place, failed_here):
    record = lookalike.get_run("broken", place).record()
    assert record.status == Status.FAILED
    assert record.error == failed_here.record().error
    assert record.error.startswith("ingest: ")
    assert record.exit_code > 0
    assert record.promoted is None


def test_what_a_run_does_not_have_is_refused_with_its_status(place):
    broken = lookalike.get_run("broken", place)
    for artifact in ("release", "metrics"):
        with pytest.raises(UserError) as error:
            broken.backend.artifact("broken", artifact)
        assert str(error.value) == f"broken has no {artifact}: it is FAILED"


def test_a_name_is_given_once(place, photos, tmp_path):
    with pytest.raises(UserError, match=r"there is a run called things .*already.*choose another --name"):
        submit(place, "things", photos, tmp_path)


def test_an_unknown_name_is_refused(place):
    with pytest.raises(UserError, match=r"there is no run called nothing .*; `lookalike runs list` names them"):
        lookalike.get_run("nothing", place)


def test_a_run_that_has_ended_is_neither_cancelled_nor_resumed(run, place, quick, tmp_path):
    with pytest.raises(UserError, match="things is FINISHED; there is nothing to cancel"):
        run.cancel()
    with pytest.raises(UserError, match="things has finished; there is nothing to resume"):
        lookalike.submit(name="things", runs=place, resume=True, artifacts=str(tmp_path), **quick)


def test_a_run_is_not_resumed_with_other_settings(place, failed_here, tmp_path):
    with pytest.raises(UserError, match=r"broken was started with other settings \(.*train_epochs"):
        submit(place, "broken", failed_here.record().config["source"], tmp_path, resume=True, epochs=77)


def test_a_run_under_way_can_be_cancelled_and_then_deleted(place, photos, tmp_path):
    underway = submit(place, "underway", photos, tmp_path)
    assert underway.status() in {Status.CREATED, Status.STARTED}
    with pytest.raises(UserError, match="underway is still running; `lookalike runs cancel underway` first"):
        lookalike.delete_run("underway", place)
    with pytest.raises(UserError, match=r"underway has no release: it is (CREATED|STARTED)"):
        underway.backend.artifact("underway", "release")
    underway.cancel()
    assert underway.wait().record().error == "cancelled"
    assert underway.status() == Status.FAILED
    lookalike.delete_run("underway", place)
    assert "underway" not in backend_of(place).names()


def test_events_arrive_while_a_run_is_under_way(api, finished_here, photos, tmp_path):
    """Of the local backend the end-to-end tests see this."""
    followed = submit(api.url, "followed", photos, tmp_path)
    source = finished_here.backend.runs / "things"
    Thread(target=Cluster(api).play, args=["followed", source, 0.02], daemon=True).start()
    told = [event["step"] for event in followed.events(follow=True) if event["status"] == "finished"]
    assert set(told) >= set(STEPS)
    assert followed.status() == Status.FINISHED
    followed.backend.delete("followed")
