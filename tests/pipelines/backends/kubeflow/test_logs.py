"""What the pods of a run wrote, wherever Argo has put them."""

import pytest


def test_the_log_is_followed_pod_by_pod_to_the_end(gathering, backend, handed_over, kubeflow_cluster):
    lines = gathering(backend.logs("things", follow=True))
    for step in ("ingest", "train"):
        kubeflow_cluster.begin("things", step, f"{step} began\nhalf a li")
        kubeflow_cluster.write("things", step, "ne\nthe last")
        kubeflow_cluster.end("things", step)
    kubeflow_cluster.finish("things")
    assert lines() == [
        *("ingest: ingest began", "ingest: half a line", "ingest: the last"),
        *("train: train began", "train: half a line", "train: the last"),
    ]


def test_a_log_whose_pod_was_deleted_is_told_to_be_gone(backend, handed_over, kubeflow_api, kubeflow_cluster):
    kubeflow_cluster.begin("things", "ingest", "a line\n")
    kubeflow_cluster.end("things", "ingest")
    kubeflow_api.logs.clear()
    (line,) = backend.logs("things")
    assert line == "ingest: its log is gone: the pod was deleted, and this installation keeps no archive of logs"


@pytest.mark.parametrize("tells_nodes", [True, False])
def test_the_log_is_found_whether_or_not_the_api_tells_the_nodes(backend, handed_over, kubeflow_cluster, tells_nodes):
    kubeflow_cluster.tells_nodes = tells_nodes
    kubeflow_cluster.begin("things", "label", "a line\n")
    assert list(backend.logs("things")) == ["label: a line"]


def test_pods_of_older_installations_are_called_like_their_nodes(backend, handed_over, kubeflow_api, kubeflow_cluster):
    kubeflow_cluster.begin("things", "label")
    pod = kubeflow_cluster.pod("things", "label")
    del kubeflow_api.logs[pod]
    kubeflow_api.logs[pod.replace("system-container-impl-", "")] = "a line\n"
    assert list(backend.logs("things")) == ["label: a line"]


def test_every_attempt_of_a_step_has_its_log(backend, handed_over, kubeflow_api, kubeflow_cluster):
    """Argo puts a node between the step and its pods that counts the attempts."""
    kubeflow_cluster.begin("things", "train")
    details = kubeflow_cluster.run("things")["run_details"]["task_details"]
    (counter,) = [node for node in details if node["display_name"] == "executor"]
    attempts = [f"finetune-x7k2p-90{number}" for number in range(2)]
    counter["child_tasks"] = [{"pod_name": attempt} for attempt in attempts]
    for number, attempt in enumerate(attempts):
        details.append({**counter, "display_name": f"executor({number})", "pod_name": attempt, "child_tasks": []})
        kubeflow_api.logs[attempt.replace("x7k2p-", "x7k2p-retry-system-container-impl-")] = f"attempt {number}\n"
    assert list(backend.logs("things")) == ["train: attempt 0", "train: attempt 1"]


def test_what_comes_after_a_pod_is_no_attempt_of_it(backend, handed_over, kubeflow_cluster):
    kubeflow_cluster.begin("things", "ingest", "of ingest\n")
    details = kubeflow_cluster.run("things")["run_details"]["task_details"]
    kubeflow_cluster.begin("things", "label", "of label\n")
    driver = next(node for node in details if node["display_name"] == "label-driver")
    next(node for node in details if node["display_name"] == "executor")["child_tasks"] = [
        {"pod_name": driver["pod_name"]}
    ]
    assert list(backend.logs("things")) == ["ingest: of ingest", "label: of label"]


def test_a_step_that_was_killed_refers_to_its_log(backend, handed_over, kubeflow_cluster):
    kubeflow_cluster.begin("things", "train", "12:00:00 train     started\n")
    kubeflow_cluster.end("things", "train", "FAILED")
    kubeflow_cluster.finish("things", "FAILED")
    assert backend.record("things").error == "train: it failed; `lookalike runs logs things` has its log"
