"""Runs by the clock: one of a name, whatever was interrupted before."""

from concurrent.futures import ThreadPoolExecutor

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
    assert written == ["GET", "POST", "GET", "DELETE"]
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


def test_a_schedule_of_somebody_elses_pipeline_is_left_alone_whatever_its_name(connection, kubeflow_api):
    theirs = {
        "recurring_run_id": "1",
        "display_name": "nightly",
        "created_at": "2026-01-01T00:00:00Z",
        "trigger": {"cron_schedule": {"cron": "0 0 1 * * *"}},
        "runtime_config": {"parameters": {"rounds": 3}},
    }
    kubeflow_api.recurring["1"] = theirs
    with pytest.raises(UserError, match="there is no schedule called nightly"):
        schedules.unschedule(connection, "nightly")
    schedules.schedule(connection, "nightly", settings(), every="1d")
    schedules.schedule(connection, "nightly", settings(), every="12h")
    assert len(kubeflow_api.recurring) == 2
    schedules.unschedule(connection, "nightly")
    assert list(kubeflow_api.recurring.values()) == [theirs]


def test_of_several_people_who_schedule_at_once_the_last_one_wins(connection, kubeflow_api):
    schedules.schedule(connection, "nightly", settings(), every="1d")
    hours = range(1, 6)
    with ThreadPoolExecutor(len(hours)) as people:
        made = [
            people.submit(schedules.schedule, Connection(kubeflow_api.url), "nightly", settings(), every=f"{hour}h")
            for hour in hours
        ]
    assert all(one.result().changed for one in made)
    assert len(kubeflow_api.recurring) == 1


def test_every_page_of_many_schedules_is_read(connection, kubeflow_api):
    schedules.schedule(connection, "nightly", settings(), every="1d")
    (run,) = kubeflow_api.recurring.values()
    theirs = {**run, "runtime_config": {"parameters": {"rounds": 3}}}
    kubeflow_api.recurring = {str(number): {**theirs, "recurring_run_id": str(number)} for number in range(130)}
    kubeflow_api.recurring[run["recurring_run_id"]] = run
    assert schedules.schedule(connection, "nightly", settings(), every="1d").changed is False
    assert [kept.name for kept in schedules.schedules(connection)] == ["nightly"]


def test_schedules_are_listed_though_the_version_of_one_was_deleted_and_another_names_none(connection, kubeflow_api):
    schedules.schedule(connection, "nightly", settings(), every="1d")
    (run,) = kubeflow_api.recurring.values()
    by_hand = {**run, "recurring_run_id": "1", "display_name": "by hand", "pipeline_version_reference": None}
    kubeflow_api.recurring["1"] = by_hand
    kubeflow_api.versions.clear()
    assert [(kept.name, kept.version) for kept in schedules.schedules(connection)] == [
        ("by hand", "a version without a name"),
        ("nightly", "a version that was deleted"),
    ]
    schedules.schedule(connection, "by hand", settings(), every="1d")
    assert next(kept.version for kept in schedules.schedules(connection)).startswith("0.")


def test_the_numbers_of_kubeflow_are_those_that_were_sent(connection, kubeflow_api):
    schedules.schedule(connection, "nightly", settings(epochs=20), every="1d")
    (run,) = kubeflow_api.recurring.values()
    parameters = run["runtime_config"]["parameters"]
    whole = {name: float(value) for name, value in parameters.items() if type(value) is int}
    run["runtime_config"]["parameters"] = {**parameters, **whole}
    assert schedules.schedule(connection, "nightly", settings(epochs=20), every="1d").changed is False


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
