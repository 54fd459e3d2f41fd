"""Runs by the clock: one of a name, whatever was interrupted before."""

import pytest

from lookalike.backends.kubeflow import schedules
from lookalike.backends.kubeflow.connection import Connection
from lookalike.backends.kubeflow.dress import compiled
from lookalike.config import FinetuneConfig
from lookalike_components.errors import LookalikeError, UserError


@pytest.fixture
def connection(kubeflow_api):
    return Connection(kubeflow_api.url)


@pytest.fixture(scope="module", autouse=True)
def compiled_once():
    """Compiling takes seconds; the settings of the pods decide about the text, and these tests have three of them."""
    texts = {}

    def remembered(cluster):
        key = cluster.model_dump_json()
        texts[key] = texts.get(key) or compiled(cluster)
        return texts[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schedules, "compiled", remembered)
        yield


def settings(**overrides):
    return FinetuneConfig.resolve(
        overrides={"source": "gs://bucket/photos", "artifacts": "gs://bucket/runs", "challenge": True, **overrides}
    )


def test_a_schedule_runs_one_version_of_the_pipeline_and_never_catches_up(connection, kubeflow_api):
    kept = schedules.schedule(connection, "nightly", settings(epochs=4), cron="0 3 * * *")
    (run,) = kubeflow_api.recurring.values()
    (version,) = kubeflow_api.versions.values()
    (pipeline,) = kubeflow_api.pipelines.values()
    assert kept == schedules.Schedule("nightly", "0 0 3 * * *", version["display_name"], enabled=True, changed=True)
    assert run["trigger"] == {"cron_schedule": {"cron": "0 0 3 * * *"}}
    assert (run["no_catchup"], run["max_concurrency"], run["mode"]) == (True, "1", "ENABLE")
    assert run["runtime_config"]["parameters"]["train_epochs"] == 4
    assert run["runtime_config"]["parameters"]["challenge"] is True
    assert run["runtime_config"]["pipeline_root"] == "gs://bucket/runs/kfp"
    reference = {"pipeline_id": pipeline["pipeline_id"], "pipeline_version_id": version["pipeline_version_id"]}
    assert run["pipeline_version_reference"] == reference
    assert version["pipeline_spec"]["pipeline_spec"]["pipelineInfo"]["name"] == pipeline["display_name"] == "finetune"


def test_the_same_again_changes_nothing(connection, kubeflow_api):
    schedules.schedule(connection, "nightly", settings(), every="1d")
    before = len(kubeflow_api.requests)
    again = schedules.schedule(connection, "nightly", settings(), every="1d")
    assert again.changed is False
    assert {request.partition(" ")[0] for request in kubeflow_api.requests[before:]} == {"GET"}


@pytest.mark.parametrize(
    "other",
    [
        {"every": "12h"},
        {"cron": "0 3 * * *"},
        {"every": "1d", "epochs": 9},
        {"every": "1d", "artifacts": "gs://bucket/elsewhere"},
        {"every": "1d", "cluster": {"defaults": {"memory": "8Gi"}}},
        {"every": "1d", "cluster": {"service_account": "trainer"}},
    ],
)
def test_another_time_setting_or_pipeline_replaces_it(connection, kubeflow_api, other):
    schedules.schedule(connection, "nightly", settings(), every="1d")
    schedules.schedule(connection, "weekly", settings(), every="1w")
    when = {name: other.pop(name) for name in ("cron", "every") if name in other}
    before = len(kubeflow_api.requests)
    assert schedules.schedule(connection, "nightly", settings(**other), **when).changed is True
    written = [request.partition(" ")[0] for request in kubeflow_api.requests[before:] if "recurringruns" in request]
    assert written == ["GET", "POST", "DELETE"]
    assert sorted(run["display_name"] for run in kubeflow_api.recurring.values()) == ["nightly", "weekly"]


def test_an_interruption_after_the_new_one_is_mended_by_the_next_call(connection, kubeflow_api):
    schedules.schedule(connection, "nightly", settings(), every="1d")
    kubeflow_api.failing = {"DELETE": [503]}
    with pytest.raises(LookalikeError, match="could not delete recurring runs"):
        schedules.schedule(connection, "nightly", settings(), every="12h")
    assert len(kubeflow_api.recurring) == 2
    mended = schedules.schedule(connection, "nightly", settings(), every="12h")
    assert (mended.changed, mended.when) == (True, "every 43,200 s")
    (run,) = kubeflow_api.recurring.values()
    assert run["trigger"] == {"periodic_schedule": {"interval_second": "43200"}}


def test_one_that_somebody_disabled_is_replaced(connection, kubeflow_api):
    schedules.schedule(connection, "nightly", settings(), every="1d")
    next(iter(kubeflow_api.recurring.values()))["status"] = "DISABLED"
    assert [kept.enabled for kept in schedules.schedules(connection)] == [False]
    assert schedules.schedule(connection, "nightly", settings(), every="1d").changed is True
    assert [kept.enabled for kept in schedules.schedules(connection)] == [True]


def test_schedules_are_listed_with_their_version_and_ended_by_name(connection, kubeflow_api):
    kept = schedules.schedule(connection, "weekly", settings(), every="1w")
    schedules.schedule(connection, "nightly", settings(), cron="30 0 3 * * *")
    assert [(one.name, one.when, one.version) for one in schedules.schedules(connection)] == [
        ("nightly", "30 0 3 * * *", kept.version),
        ("weekly", "every 604,800 s", kept.version),
    ]
    schedules.unschedule(connection, "nightly")
    assert [one.name for one in schedules.schedules(connection)] == ["weekly"]
    with pytest.raises(UserError, match=r"there is no schedule called nightly at .*; `lookalike schedules` names them"):
        schedules.unschedule(connection, "nightly")


@pytest.mark.parametrize(
    ("when", "sentence"),
    [
        ({}, r"say when: either --cron '0 3 \* \* \*' or --every 1d"),
        ({"cron": "0 3 * * *", "every": "1d"}, "say when"),
        ({"every": "1 day"}, "--every 1 day should be a number and a unit: 30m, 12h, 1d or 1w"),
        ({"every": "0h"}, "--every 0h should be"),
        ({"cron": "daily"}, "--cron 'daily' has 1 fields"),
    ],
)
def test_a_time_that_makes_no_sense_is_refused_before_anything_is_sent(connection, kubeflow_api, when, sentence):
    before = len(kubeflow_api.requests)
    with pytest.raises(UserError, match=sentence):
        schedules.schedule(connection, "nightly", settings(), **when)
    assert len(kubeflow_api.requests) == before
