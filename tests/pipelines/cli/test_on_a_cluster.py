"""The commands of a cluster, typed against its API."""

import json
import os

import pytest
import yaml
from typer.testing import CliRunner

from lookalike.cli.app import app
from lookalike_components.errors import UserError


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    for variable in ("LOOKALIKE_TOKEN_FILE", "LOOKALIKE_NAMESPACE", "LOOKALIKE_RUNS"):
        monkeypatch.setenv(variable, "")
    monkeypatch.setenv("LOOKALIKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def typed(kubeflow_api):
    """Types a command; what it raises, the program turns into one line on stderr."""

    def typed(*arguments):
        done = CliRunner().invoke(app, [*map(str, arguments), "--runs", kubeflow_api.url])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done

    return typed


@pytest.fixture
def submitted(typed):
    typed("submit", "gs://bucket/photos", "--name", "things", "--artifacts", "gs://bucket/runs", "--epochs", "4")
    return "things"


def test_a_run_is_submitted_listed_shown_followed_and_deleted(typed, kubeflow_api, kubeflow_cluster, submitted):
    kubeflow_cluster.begin("things", "ingest", "12:00:00 ingest    started\n")
    assert "things" in typed("runs", "list").stdout
    (listed,) = json.loads(typed("runs", "list", "--json").stdout)
    assert (listed["name"], listed["status"], listed["config"]["train"]["epochs"]) == ("things", "STARTED", 4)
    assert typed("runs", "status", "things").stdout == "STARTED\n"
    typed("runs", "cancel", "things")
    kubeflow_cluster.end("things", "ingest", "CANCELED")
    assert typed("runs", "logs", "-f", "things").stdout == "ingest: 12:00:00 ingest    started\n"
    assert json.loads(typed("runs", "show", "things").stdout)["error"] == "cancelled"
    typed("runs", "delete", "things", "--yes")
    assert kubeflow_api.runs == {}
    none = typed("runs", "list")
    assert none.stderr == f"no runs in {kubeflow_api.url} yet; start one with `lookalike submit gs://bucket/photos`\n"


def test_the_name_of_a_run_is_the_result_and_its_page_is_progress(typed):
    arguments = ["gs://bucket/photos", "--artifacts", "gs://bucket/runs"]
    done = typed("submit", *arguments)
    assert done.stdout == "photos-1\n"
    assert "Run details: http://127.0.0.1" in done.stderr
    assert typed("submit", *arguments).stdout == "photos-2\n"


def test_metrics_of_a_run_on_a_cluster_are_fetched_from_its_store(typed, kubeflow_cluster, submitted, tmp_path):
    numbers = {"k": 3, "queries": 9, "before": {}, "after": {}, "difference": {}}
    comparison = tmp_path / "comparison"
    comparison.mkdir()
    (comparison / "metrics.json").write_text(json.dumps(numbers))
    kubeflow_cluster.run("things")["runtime_config"]["pipeline_root"] = str(tmp_path / "store")
    kubeflow_cluster.keep("things", "compare", {"comparison": str(comparison)})
    assert json.loads(typed("metrics", "things", "--json").stdout) == numbers


def test_a_schedule_is_made_listed_and_ended(typed, kubeflow_api):
    arguments = ["nightly", "gs://bucket/photos", "--artifacts", "gs://bucket/runs", "--cron", "0 3 * * *"]
    made = typed("schedule", *arguments)
    version = made.stdout.strip()
    assert f"nightly runs version {version} of the pipeline: 0 0 3 * * *" in made.stderr
    assert f"nightly already runs version {version}" in typed("schedule", *arguments).stderr
    (run,) = kubeflow_api.recurring.values()
    assert run["runtime_config"]["parameters"]["challenge"] is True
    assert typed("schedules").stdout == f"nightly  0 0 3 * * *  {version}\n"
    listed = {"name": "nightly", "when": "0 0 3 * * *", "version": version, "enabled": True}
    assert json.loads(typed("schedules", "--json").stdout) == [listed]
    typed("unschedule", "nightly")
    none = typed("schedules")
    assert (none.stdout, json.loads(typed("schedules", "--json").stdout)) == ("", [])
    assert none.stderr.startswith(f"no schedules in {kubeflow_api.url} yet; `lookalike schedule NAME SOURCE --cron")


def test_a_schedule_can_leave_the_champion_alone(typed, kubeflow_api):
    typed(
        "schedule", "weekly", "gs://bucket/photos", "--artifacts", "gs://bucket/runs", "--every", "1w", "--no-challenge"
    )
    (run,) = kubeflow_api.recurring.values()
    assert run["runtime_config"]["parameters"]["challenge"] is False


def test_token_and_namespace_can_be_flags(typed, kubeflow_api, tmp_path):
    kubeflow_api.tokens, kubeflow_api.multi_user = {"secret"}, True
    (tmp_path / "token").write_text("secret")
    with pytest.raises(UserError, match="does not know who asks"):
        typed("runs", "list")
    done = typed("runs", "list", "--token-file", tmp_path / "token", "--namespace", "team")
    assert "secret" not in done.output
    assert os.environ["LOOKALIKE_NAMESPACE"] == "team"


def test_the_compiled_pipeline_is_dressed_by_the_settings(tmp_path):
    settings = tmp_path / "cluster.yaml"
    dress = "cluster: {images: {registry: europe.example/team}, steps: {train: {accelerators: 1}}}"
    settings.write_text(f"{dress}\nnotify: {{when: always}}\ndeploy: {{apply: true}}\n")
    target = tmp_path / "finetune.yaml"
    done = CliRunner().invoke(app, ["compile", str(target), "--config", str(settings)])
    assert done.stdout == f"{target}\n"
    told = f"of {settings} the YAML has the section cluster alone; give each run the rest (deploy, notify)\n"
    assert done.stderr == told
    spec, _platform = yaml.safe_load_all(target.read_text())
    container = spec["deploymentSpec"]["executors"]["exec-train"]["container"]
    assert container["image"].startswith("europe.example/team/gpu:")
    assert container["resources"]["accelerator"]["resourceCount"] == "1"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["schedules"], "only Kubeflow runs by the clock, and .*runs is a folder; pass --runs https://... or kubeflow"),
        (["unschedule", "nightly"], "only Kubeflow runs by the clock"),
    ],
)
def test_a_folder_has_no_clock(arguments, sentence, tmp_path):
    done = CliRunner().invoke(app, [*arguments, "--runs", str(tmp_path / "runs")])
    with pytest.raises(UserError, match=sentence):
        raise done.exception


def test_fit_is_for_this_machine(typed, photos):
    with pytest.raises(
        UserError, match=r"http://.* is no folder of runs; pass one with --runs, or use `lookalike submit`"
    ):
        typed("fit", photos)
