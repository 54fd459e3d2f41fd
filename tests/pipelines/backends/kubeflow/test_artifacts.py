"""What a run wrote, out of its store."""

import pytest

from lookalike_components.errors import UserError


def test_a_run_is_submitted_with_its_settings_and_the_place_of_its_artifacts(backend, config, kubeflow_api, tmp_path):
    backend.submit("things", config(epochs=7, cluster={"service_account": "trainer", "experiment": "pictures"}))
    (run,) = kubeflow_api.runs.values()
    (experiment,) = kubeflow_api.experiments.values()
    assert run["runtime_config"]["parameters"]["train_epochs"] == 7
    assert run["runtime_config"]["pipeline_root"] == str(tmp_path / "store" / "kfp")
    assert run["service_account"] == "trainer"
    assert (run["experiment_id"], experiment["display_name"]) == (experiment["experiment_id"], "pictures")
    spec = run["pipeline_spec"]["pipeline_spec"]
    assert spec["pipelineInfo"]["name"] == "finetune"
    assert set(run["runtime_config"]["parameters"]) == set(spec["root"]["inputDefinitions"]["parameters"])


def test_of_two_attempts_the_later_artifact_counts(backend, handed_over, kubeflow_cluster, tmp_path):
    for attempt in ("first", "second"):
        (tmp_path / "report").write_text(attempt)
        kubeflow_cluster.keep("things", "compare", {"report": str(tmp_path / "report")})
    path = backend.artifact("things", "report")
    assert (path.name, path.read_text()) == ("report.html", "second")


def test_what_came_from_the_cache_lies_with_another_run(backend, handed_over, kubeflow_cluster):
    kubeflow_cluster.begin("things", "train")
    kubeflow_cluster.end("things", "train", "SKIPPED")
    with pytest.raises(UserError, match="things has no encoder: Kubeflow took it from its cache"):
        backend.artifact("things", "encoder")


def test_what_was_fetched_goes_with_the_run_and_what_was_written_stays(
    backend, handed_over, kubeflow_cluster, tmp_path
):
    (tmp_path / "report").write_text("a report")
    kubeflow_cluster.keep("things", "compare", {"report": str(tmp_path / "report")})
    kubeflow_cluster.finish("things")
    path = backend.artifact("things", "report")
    backend.delete("things")
    assert not path.exists()
    assert len(list((tmp_path / "store").rglob("report"))) == 1


def test_an_artifact_is_fetched_once(backend, handed_over, kubeflow_cluster, tmp_path):
    (tmp_path / "report").write_text("a report")
    kubeflow_cluster.keep("things", "compare", {"report": str(tmp_path / "report")})
    first = backend.artifact("things", "report")
    first.write_text("what is here")
    assert backend.artifact("things", "report").read_text() == "what is here"


def test_artifacts_come_out_of_a_bucket(backend, handed_over, kubeflow_cluster, bucket, tmp_path):
    kubeflow_cluster.run("things")["runtime_config"]["pipeline_root"] = f"{bucket}/runs/kfp"
    (tmp_path / "encoder").mkdir()
    for attempt in ("first", "second"):
        (tmp_path / "encoder" / "encoder.json").write_text(attempt)
        kubeflow_cluster.keep("things", "train", {"encoder": str(tmp_path / "encoder")})
    folder = backend.artifact("things", "encoder")
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"encoder.json": "second"}
    with pytest.raises(UserError, match="things has no release: it is CREATED"):
        backend.artifact("things", "release")
