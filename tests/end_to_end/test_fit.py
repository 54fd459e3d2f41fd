"""`lookalike fit` on a folder of pictures, through KFP, as a person types it."""

import json
import signal
import subprocess
import sys

import pytest
import yaml

import lookalike
from lookalike.backends import Status

pytestmark = pytest.mark.slow

WALKTHROUGH = {
    "precision_at_k",
    "recall_at_k",
    "f1_score_at_k",
    "hit_at_k",
    "average_precision",
    "reciprocal_rank",
    "dcg_at_k",
}
FIELD = {"recall_at_1", "map_at_r", "r_precision", "ndcg_at_k"}


def test_every_step_that_had_something_to_do_reports_its_time_on_stderr(fitted):
    lines = [line for line in fitted.stderr.splitlines() if " s  " in line]
    assert [line.split()[0] for line in lines] == [
        "ingest",
        "label",
        "split",
        *sorted(["evaluate-reference", "train", "evaluate-candidate"], key=[line.split()[0] for line in lines].index),
        "compare",
        "export",
        "deploy",
    ]


def test_the_result_on_stdout_is_the_table_the_verdict_and_two_paths(fitted, runs):
    assert "map_at_r" in fitted.stdout
    assert "verdict  promoted: " in fitted.stdout
    assert f"report   {runs / 'things' / 'report.html'}\n" in fitted.stdout
    assert f"release  {runs / 'things' / 'release'}\n" in fitted.stdout


def test_nothing_is_wider_than_the_terminal_but_paths(fitted):
    assert [line for line in fitted.stdout.splitlines() if len(line) > 80 and "/" not in line and ":" not in line] == []


def test_a_finished_run_is_finished_and_promoted(run):
    record = run.record()
    assert (record.status, record.promoted, record.exit_code) == (Status.FINISHED, True, 0)
    assert record.versions["kfp"]


def test_metrics_have_the_walkthroughs_names_and_the_fields(run):
    metrics = run.metrics()
    assert set(metrics["before"]) == set(metrics["after"]) == set(metrics["difference"])
    assert set(metrics["after"]) >= WALKTHROUGH | FIELD
    assert set(metrics["difference"]["map_at_r"]) == {"mean", "low", "high"}
    assert (metrics["k"], metrics["queries"]) == (3, 72)


def test_the_difference_is_after_minus_before(run):
    metrics = run.metrics()
    expected = metrics["after"]["map_at_r"] - metrics["before"]["map_at_r"]
    assert metrics["difference"]["map_at_r"]["mean"] == pytest.approx(expected)


def test_history_has_the_loss_and_the_validation_metrics_of_every_epoch(run):
    rows = run.history()
    assert [row["epoch"] for row in rows] == [0, 1, 2, 3, 4, 5, 6, 6]  # and what was kept
    assert rows[2]["loss"] > 0
    assert 0 <= rows[2]["validation"]["recall_at_1"] <= 1


def test_the_log_is_for_people(run):
    log = run.logs()
    assert "train     started" in log
    assert "KFP Executor" not in log
    assert "Warning" not in log
    assert list(run.stream_logs()) == log.splitlines()


def test_the_report_is_one_self_contained_file(run):
    page = run.report.read_text()
    assert page.startswith("<!doctype html>")
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_the_inference_service_stands_beside_the_release(run, runs):
    service = yaml.safe_load((runs / "things" / "inferenceservice.yaml").read_text())
    assert service["kind"] == "InferenceService"
    assert service["spec"]["predictor"]["model"]["modelFormat"] == {"name": "lookalike"}


def test_the_same_name_is_refused_and_nothing_is_lost(command, photos, quick, run):
    again = command("fit", photos, "--name", "things", *quick)
    assert again.returncode == 2
    assert "there is a run called things in" in again.stderr
    assert run.status() == Status.FINISHED


def test_metrics_as_json_are_the_runs_metrics(command, run):
    assert json.loads(command("metrics", "things", "--json").stdout) == run.metrics()


def test_runs_are_listed_with_status_and_verdict(command, run):
    listing = command("runs", "list").stdout.splitlines()
    assert any(line.split()[:3] == ["things", "FINISHED", "promoted"] for line in listing)


def test_encoding_on_the_command_line_and_in_python_agree(command, run, picture):
    printed = json.loads(command("encode", "things", picture).stdout)
    vector = lookalike.encode(lookalike.get_model(run), [picture])[0]
    assert printed["embedding"] == pytest.approx(vector.tolist(), abs=1e-6)


def test_the_release_and_the_torch_encoder_give_the_same_vectors(run, runs, picture):
    release = lookalike.encode(lookalike.get_model(run), [picture])
    torch_encoder = lookalike.encode(lookalike.get_model(runs / "things" / "encoder"), [picture])
    assert release[0] @ torch_encoder[0] == pytest.approx(1.0, abs=5e-3)  # the release may run in bfloat16


def test_a_picture_is_its_own_nearest_neighbour(command, run, picture):
    matches = json.loads(command("search", "things", picture, "-k", 3, "--json").stdout)
    assert matches[0]["uri"] == str(picture)
    assert matches[0]["score"] == pytest.approx(1.0, abs=5e-3)


def test_more_neighbours_than_there_are_pictures_is_the_users_error(command, run, picture):
    asked = command("search", "things", picture, "-k", 1000)
    assert asked.returncode == 2
    assert "1000" in asked.stderr
    assert "144" in asked.stderr


def test_a_saved_artifact_is_a_model_of_its_own(run, tmp_path, picture):
    saved = run.save_artifact(tmp_path)
    assert lookalike.encode(lookalike.get_model(saved), [picture]).shape == (1, 512)


def test_examples_are_one_sheet_of_pictures(run):
    from PIL import Image

    with Image.open(run.display_examples()) as sheet:
        assert sheet.width > 100


def test_the_command_serves_until_it_is_told_to_stop(run, runs, free_port):
    command = [sys.executable, "-m", "lookalike", "serve", "things", "--port", str(free_port())]
    server = subprocess.Popen(
        [*command, "--grpc-port", str(free_port()), "--runs", str(runs)], stderr=subprocess.PIPE, text=True
    )
    assert run.name
    first_line = server.stderr.readline()
    server.send_signal(signal.SIGTERM)
    assert server.wait() == 0
    assert "127.0.0.1" in first_line


def test_the_server_answers_for_the_release(run, picture):
    vector = lookalike.encode(lookalike.get_model(run), [picture])[0]
    with lookalike.serving(run.artifact_id) as client:
        (served,) = client.encode([picture])
        (matches,) = client.search([picture], k=3)
    assert served @ vector >= 0.9999
    assert matches[0].uri == str(picture)
