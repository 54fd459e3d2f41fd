"""Runs on a cluster: other people's, their states, and what becomes of their steps."""

import json
from uuid import uuid4

import pytest

from lookalike.backends.record import Status
from lookalike_components.errors import LookalikeError, UserError


def test_pods_need_a_store_that_they_reach(backend, config):
    with pytest.raises(UserError, match=r"a run on Kubeflow needs a store that its pods reach; pass --artifacts gs://"):
        backend.submit("things", config(artifacts=""))


def test_every_process_of_a_training_needs_an_accelerator(backend, config, kubeflow_api):
    with pytest.raises(UserError, match=r"train.processes is 4, but cluster.steps.train.accelerators is 2"):
        backend.submit("things", config(processes=4, cluster={"steps": {"train": {"accelerators": 2}}}))
    assert kubeflow_api.runs == {}


def test_a_path_of_this_machine_and_an_image_without_digest_are_warned_of(backend, config, capsys):
    backend.submit("things", config(source="/photos", weights="/weights.pth"))
    told = capsys.readouterr()
    for path in ("/photos", "/weights.pth"):
        assert f"warning: {path} is a path of this machine; it has to be mounted into the pods" in told.err
    assert "warning: the image lookalike/cpu:0.1.0 is not pinned by its digest" in told.err
    assert told.out == ""


def test_runs_of_other_pipelines_are_not_ours(backend, handed_over, kubeflow_api):
    number = str(uuid4())
    kubeflow_api.runs[number] = {
        "run_id": number,
        "display_name": "somebody's",
        "created_at": "2026-01-01T00:00:00Z",
        "runtime_config": {"parameters": {"rounds": 3}},
        "state": "RUNNING",
    }
    assert backend.names() == ["things"]
    for name in ("somebody's", number):
        with pytest.raises(UserError, match=f"there is no run called {name} at"):
            backend.cancel(name)


def test_every_page_of_a_long_list_is_read(backend, handed_over, kubeflow_api):
    (run,) = kubeflow_api.runs.values()
    for number in range(230):
        kubeflow_api.runs[str(number)] = {**run, "run_id": str(number), "display_name": f"things-{number}"}
    assert backend.names() == ["things", *(f"things-{number}" for number in range(230))]


def test_of_two_runs_with_one_name_the_older_has_its_number(backend, handed_over, kubeflow_api):
    (old,) = kubeflow_api.runs.values()
    newer = {**old, "run_id": str(uuid4()), "created_at": "2027-01-01T00:00:00Z", "state": "RUNNING"}
    kubeflow_api.runs[newer["run_id"]] = newer
    assert backend.names() == [old["run_id"], "things"]
    assert backend.record("things").status == Status.STARTED
    assert backend.record(old["run_id"]).status == Status.CREATED


@pytest.mark.parametrize(
    ("state", "status", "exit_code"),
    [
        ("PENDING", Status.CREATED, None),
        ("RUNNING", Status.STARTED, None),
        ("CANCELING", Status.STARTED, None),
        ("PAUSED", Status.STARTED, None),
        ("SUCCEEDED", Status.FINISHED, 3),
        ("FAILED", Status.FAILED, 1),
        ("CANCELED", Status.FAILED, 1),
    ],
)
def test_every_state_of_kubeflow_is_one_of_ours(backend, handed_over, kubeflow_cluster, state, status, exit_code):
    kubeflow_cluster.finish("things", state)
    record = backend.record("things")
    assert (record.status, record.exit_code) == (status, exit_code)


def test_a_step_that_was_left_out_has_not_begun(backend, handed_over, kubeflow_cluster):
    for step in ("ingest", "label", "split"):
        kubeflow_cluster.begin("things", step)
    for node in kubeflow_cluster.run("things")["run_details"]["task_details"]:
        if node["display_name"] == "label":
            node["state"] = "RUNTIME_STATE_UNSPECIFIED"
        if node["display_name"] == "split":
            node.update(state="PENDING", start_time="0001-01-01T00:00:00Z")
    assert [event["step"] for event in backend.events("things")] == ["ingest"]
    record = backend.record("things")
    assert record.started is not None
    assert record.finished is None


def test_a_run_that_exported_was_promoted(backend, handed_over, kubeflow_cluster):
    for step in ("compare", "export"):
        kubeflow_cluster.begin("things", step)
        kubeflow_cluster.end("things", step)
    kubeflow_cluster.finish("things")
    record = backend.record("things")
    assert (record.promoted, record.exit_code, record.error) == (True, 0, "")


def test_steps_tell_their_beginnings_their_ends_and_their_facts(
    gathering, backend, handed_over, kubeflow_cluster, tmp_path
):
    (tmp_path / "metrics").write_text(json.dumps({"images": 24}))
    events = gathering(backend.events("things", follow=True))
    kubeflow_cluster.begin("things", "ingest")
    kubeflow_cluster.keep("things", "ingest", {"metrics": str(tmp_path / "metrics")})
    kubeflow_cluster.end("things", "ingest")
    kubeflow_cluster.begin("things", "label")
    kubeflow_cluster.end("things", "label", "SKIPPED")
    kubeflow_cluster.begin("things", "evaluate-reference", "12:00:00 evaluate-reference error: k is 9, but ...\n")
    kubeflow_cluster.end("things", "evaluate-reference", "FAILED")
    kubeflow_cluster.finish("things", "FAILED")
    told = [(event["step"], event["status"]) for event in events() if event["status"] != "started"]
    assert told == [("ingest", "finished"), ("label", "cached"), ("evaluate-reference", "failed")]
    ended = {event["step"]: event for event in backend.events("things") if event["status"] != "started"}
    assert ended["ingest"]["facts"] == {"images": 24}
    assert ended["evaluate-reference"]["message"] == "k is 9, but ..."


def test_the_parts_of_a_step_that_was_divided_are_told_as_one(backend, handed_over, kubeflow_cluster):
    for _ in range(3):
        kubeflow_cluster.begin("things", "examine")
    kubeflow_cluster.end("things", "examine")
    told = [(event["step"], event["status"]) for event in backend.events("things")]
    assert told == [("examine", "started"), ("examine", "finished")]


def test_a_run_that_failed_says_what_its_step_said(backend, handed_over, kubeflow_cluster):
    log = (
        "12:00:00 train     started\n12:00:09 train     error: the loss became nan in step 3; lower the learning rate\n"
    )
    kubeflow_cluster.begin("things", "train", log)
    kubeflow_cluster.end("things", "train", "FAILED")
    kubeflow_cluster.finish("things", "FAILED")
    assert backend.record("things").error == "train: the loss became nan in step 3; lower the learning rate"


def test_a_run_that_never_started_says_what_kubeflow_says(backend, handed_over, kubeflow_cluster):
    kubeflow_cluster.finish("things", "FAILED")
    kubeflow_cluster.run("things")["error"] = {"code": 3, "message": "the service account was not found"}
    assert backend.record("things").error == "the service account was not found"


def test_an_archived_run_is_put_away(backend, handed_over, kubeflow_cluster):
    kubeflow_cluster.finish("things")
    kubeflow_cluster.run("things")["storage_state"] = "ARCHIVED"
    assert backend.names() == []
    assert backend.record("things").status == Status.FINISHED


def test_the_name_of_an_archived_run_is_free(backend, handed_over, config, kubeflow_cluster, kubeflow_api):
    kubeflow_cluster.finish("things")
    kubeflow_cluster.run("things")["storage_state"] = "ARCHIVED"
    backend.submit("things", config())
    assert (len(kubeflow_api.runs), backend.names()) == (2, ["things"])
    assert backend.record("things").status == Status.CREATED


def test_a_run_that_was_started_by_hand_is_shown_with_what_it_was_given(backend, handed_over, kubeflow_cluster):
    given = {"source": "gs://bucket/photos", "artifacts": "", "seed": 0.0, "encoder_model": "resnet18", "k": -1.0}
    kubeflow_cluster.run("things").update(runtime_config={"parameters": {**given, "of_another_version": True}})
    kubeflow_cluster.begin("things", "compare")
    kubeflow_cluster.end("things", "compare")
    kubeflow_cluster.finish("things")
    record = backend.record("things")
    assert (record.artifacts, record.config["k"], record.config["encoder"]) == ("", -1, {"model": "resnet18"})
    with pytest.raises(
        UserError, match=r"it was started without a pipeline root, .*; give it ARTIFACTS/kfp as its root"
    ):
        backend.artifact("things", "comparison")


def test_a_run_that_failed_goes_on_from_what_had_succeeded(
    backend, config, handed_over, kubeflow_api, kubeflow_cluster
):
    kubeflow_cluster.finish("things", "FAILED")
    backend.submit("things", config(), resume=True)
    (run,) = kubeflow_api.runs.values()
    assert f"POST /apis/v2beta1/runs/{run['run_id']}:retry" in kubeflow_api.requests
    assert backend.record("things").status == Status.STARTED
    with pytest.raises(UserError, match="things is still running"):
        backend.submit("things", config(), resume=True)


def test_a_run_is_not_asked_for_again_when_nobody_knows_what_became_of_it(backend, config, kubeflow_api):
    kubeflow_api.failing = {"POST /apis/v2beta1/runs": [503]}
    with pytest.raises(LookalikeError, match=r"could not create runs \(503\): upstream connect error; try again later"):
        backend.submit("things", config())
    assert kubeflow_api.requests.count("POST /apis/v2beta1/runs") == 1


def test_the_double_answers_in_the_models_of_the_api(backend, handed_over, kubeflow_api, kubeflow_cluster):
    import kfp_server_api as models

    kubeflow_cluster.begin("things", "ingest")
    kubeflow_cluster.end("things", "ingest")
    kubeflow_cluster.finish("things", "FAILED")
    (run,) = kubeflow_api.runs.values()
    assert run.keys() <= set(models.V2beta1Run.attribute_map.values())
    assert run["runtime_config"].keys() <= set(models.V2beta1RuntimeConfig.attribute_map.values())
    for task in run["run_details"]["task_details"]:
        assert task.keys() <= set(models.V2beta1PipelineTaskDetail.attribute_map.values())
        assert task["state"] in models.V2beta1RuntimeState.allowable_values
