"""Runs that Kubeflow starts by the clock.

The API cannot change a recurring run, and knows several of one name. So a schedule is the newest of its name: the new
one is created before the old ones go, and whatever is interrupted in between is put right by the next call.
"""

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from kfp_server_api import V2beta1Pipeline

from lookalike.backends.kubeflow import submission
from lookalike.backends.kubeflow.artifacts import PIPELINE
from lookalike.backends.kubeflow.connection import Connection
from lookalike.backends.kubeflow.dress import compiled
from lookalike.config import FinetuneConfig
from lookalike_components.errors import UserError

UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
EVERY = re.compile(r"([1-9][0-9]*)([mhdw])")
PAGE = 100
UNNAMED, DELETED = "a version without a name", "a version that was deleted"


class Schedule(NamedTuple):
    """Runs by the clock, under one name.

    Attributes:
        name: Its name.
        when: A cron expression, or ``every 86,400 s``.
        version: Name of the pipeline's version that it runs: of the package, and the digest of the pipeline's YAML.
        enabled: Whether Kubeflow starts runs now.
        changed: Whether this call created or deleted anything.
    """

    name: str
    when: str
    version: str
    enabled: bool
    changed: bool = False


def schedule(connection: Connection, name: str, config: FinetuneConfig, cron: str = "", every: str = "") -> Schedule:
    """Lets the pipeline run by the clock; the same again changes nothing.

    Args:
        connection: The way to the API.
        name: Name of the schedule; another one of this name is replaced.
        config: Settings of its runs.
        cron: Five fields, or six with the seconds first; in the time zone of the installation, which is UTC unless its
            administrator chose another.
        every: A number and a unit: 30m, 12h, 1d, 1w.

    Raises:
        UserError: The time makes no sense, or Kubeflow refuses.
    """
    submission.check(config)
    trigger = _trigger(cron, every)
    pipeline, revision, label = _uploaded(connection, config)
    wanted = {**submission.of_every_run(config), **trigger}
    before = list(_of_name(connection, name))
    kept = [run for run in before if _is(run, revision, wanted)][:1]
    old = [run for run in before if run not in kept]
    if not kept:
        kept = [_created(connection, name, config, {"pipeline_id": pipeline, "version_id": revision, **wanted})]
        old = _to_go(connection, name, kept[0], before)
    for run in old:
        _delete(connection, run)
    return Schedule(name, _when(kept[0]), label, enabled=True, changed=len(before) != 1 or bool(old))


def unschedule(connection: Connection, name: str) -> None:
    """Ends a schedule; its runs stay.

    Raises:
        UserError: There is none of this name.
    """
    found = list(_of_name(connection, name))
    if not found:
        raise UserError(f"there is no schedule called {name} at {connection.place}; `lookalike schedules` names them")
    for run in found:
        _delete(connection, run)


def schedules(connection: Connection) -> list[Schedule]:
    """The schedules of this pipeline, by name; of several under one name, which an interruption leaves, all."""
    found = [run for run in _listed(connection) if submission.is_ours(run)]
    return [
        Schedule(run.display_name, _when(run), _label(connection, run), run.status != "DISABLED")
        for run in sorted(found, key=lambda run: (run.display_name, run.created_at))
    ]


def _uploaded(connection: Connection, config: FinetuneConfig) -> tuple[str, str, str]:
    """Numbers of the pipeline and of the version with exactly this YAML, and that version's name."""
    text = compiled(config.cluster)
    label = f"{version('lookalike')}-{sha256(text.encode()).hexdigest()[:12]}"
    pipeline = _pipeline(connection)
    known = connection.read(
        "list pipeline versions",
        lambda: connection.client.list_pipeline_versions(pipeline, filter=_equal("display_name", label)),
    )
    found = (known.pipeline_versions or [None])[0] or _upload(connection, pipeline, label, text)
    return pipeline, found.pipeline_version_id, label


def _pipeline(connection: Connection) -> str:
    client, namespace, named = connection.client, connection.namespace, _equal("display_name", PIPELINE)
    known = connection.read("list pipelines", lambda: client.list_pipelines(filter=named, namespace=namespace))
    if known.pipelines:
        return str(known.pipelines[0].pipeline_id)
    wanted = V2beta1Pipeline(display_name=PIPELINE, name=PIPELINE, namespace=namespace)
    api = client._pipelines_api
    made = connection.write("create pipelines", lambda: api.pipeline_service_create_pipeline(wanted))
    return str(made.pipeline_id)


def _upload(connection: Connection, pipeline: str, label: str, text: str) -> Any:
    with TemporaryDirectory() as folder:
        package = Path(folder) / "finetune.yaml"
        package.write_text(text, encoding="utf-8")
        return connection.write(
            "upload pipeline versions",
            lambda: connection.client.upload_pipeline_version(str(package), label, pipeline_id=pipeline),
        )


def _created(connection: Connection, name: str, config: FinetuneConfig, wanted: dict[str, Any]) -> Any:
    group = submission.experiment(connection, config)
    return connection.write(
        "create recurring runs",
        lambda: connection.client.create_recurring_run(group, name, no_catchup=True, max_concurrency=1, **wanted),
    )


def _is(run: Any, revision: str, wanted: dict[str, Any]) -> bool:
    """Whether a recurring run does already what is wanted. Where no account is named, the installation chose one."""
    runs = {
        "params": run.runtime_config.parameters,
        "pipeline_root": run.runtime_config.pipeline_root,
        "service_account": run.service_account if wanted["service_account"] else None,
        **_trigger_of(run),
    }
    return _revision(run) == revision and run.no_catchup and run.status != "DISABLED" and runs == wanted


def _of_name(connection: Connection, name: str) -> Iterator[Any]:
    """Ours alone: another pipeline's schedule may have the same name, and nobody asked to end that."""
    found = _listed(connection, _equal("display_name", name))
    yield from sorted(
        (run for run in found if run.display_name == name and submission.is_ours(run)),
        key=lambda run: run.created_at,
        reverse=True,
    )


def _to_go(connection: Connection, name: str, new: Any, before: list[Any]) -> list[Any]:
    """Those that were there before, and of those that others made in the same moment the ones that are older."""
    known = {run.recurring_run_id for run in before}
    now = list(_of_name(connection, name))
    return [run for run in now if run.recurring_run_id in known or run.created_at < new.created_at]


def _listed(connection: Connection, filter_: str | None = None) -> Iterator[Any]:
    token = ""
    while True:
        given = {"page_token": token, "page_size": PAGE, "namespace": connection.namespace, "filter": filter_}
        page = connection.read("list recurring runs", lambda: connection.client.list_recurring_runs(**given))  # noqa: B023
        yield from page.recurring_runs or []
        if not (token := page.next_page_token or ""):
            return


def _delete(connection: Connection, run: Any) -> None:
    try:
        connection.write("delete recurring runs", lambda: connection.client.delete_recurring_run(run.recurring_run_id))
    except UserError as error:
        if not _is_missing(error):  # somebody else may have been faster
            raise


def _is_missing(error: UserError) -> bool:
    return getattr(error.__cause__, "status", None) == HTTPStatus.NOT_FOUND


def _revision(run: Any) -> str | None:
    """Number of the version that a recurring run names; one that somebody else made may have brought its own YAML."""
    reference = run.pipeline_version_reference
    return reference.pipeline_version_id if reference else None


def _label(connection: Connection, run: Any) -> str:
    """Name of the version that a recurring run names. Versions can be deleted while they are in use."""
    pipeline, revision = getattr(run.pipeline_version_reference, "pipeline_id", None), _revision(run)
    if not revision:
        return UNNAMED
    try:
        found = connection.read(
            "read pipeline versions", lambda: connection.client.get_pipeline_version(pipeline, revision)
        )
    except UserError as error:
        if _is_missing(error):
            return DELETED
        raise
    return str(found.display_name)


def _trigger(cron: str, every: str) -> dict[str, Any]:
    """The client's words for a time."""
    if bool(cron) == bool(every):
        raise UserError("say when: either --cron '0 3 * * *' or --every 1d")
    if every:
        found = EVERY.fullmatch(every)
        if not found:
            raise UserError(f"--every {every} should be a number and a unit: 30m, 12h, 1d or 1w")
        return {"interval_second": int(found[1]) * UNITS[found[2]]}
    fields = cron.split()
    if len(fields) not in {5, 6}:
        raise UserError(f"--cron {cron!r} has {len(fields)} fields, not minute, hour, day, month and weekday")
    return {"cron_expression": " ".join(fields if len(fields) == 6 else ["0", *fields])}


def _trigger_of(run: Any) -> dict[str, Any]:
    if run.trigger.cron_schedule:
        return {"cron_expression": run.trigger.cron_schedule.cron}
    return {"interval_second": int(run.trigger.periodic_schedule.interval_second)}


def _when(run: Any) -> str:
    trigger = _trigger_of(run)
    return trigger.get("cron_expression") or f"every {trigger['interval_second']:,} s"


def _equal(key: str, value: str) -> str:
    return json.dumps({"predicates": [{"operation": "EQUALS", "key": key, "stringValue": value}]})
