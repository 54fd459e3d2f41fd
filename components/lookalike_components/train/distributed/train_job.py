"""The TrainJob of Kubeflow Trainer v2 that trains on several nodes: how it reads, and how it fares."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kubernetes.client import ApiException, CustomObjectsApi
from tenacity import RetryCallState, Retrying, retry_if_exception, retry_if_result, wait_fixed
from urllib3.exceptions import HTTPError

from lookalike_components import containers
from lookalike_components.encoder.process import ENVIRONMENT
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.progress import say
from lookalike_components.train.config import TrainConfig

GROUP, VERSION, PLURAL = "trainer.kubeflow.org", "v1alpha1", "trainjobs"
ENDED = ("Complete", "Failed")
SECONDS_BETWEEN_LOOKS = 5.0
NOT_FOUND = 404

CHANGE = "change the settings that it names, such as train.runtime"
LOG_IN = "give this process a token or a kubeconfig that the cluster accepts"
GRANT = "bind a Role with create, get and delete of trainjobs.trainer.kubeflow.org to it"
INSTALL = "install Kubeflow Trainer v2 in the cluster, or set train.nodes to 1"
GONE = "somebody has deleted it; run the step again"

Manifest = dict[str, Any]


def render(name: str, namespace: str, arguments: list[str], config: TrainConfig) -> Manifest:
    """The TrainJob as it is created.

    Args:
        name: Its name, a DNS label.
        namespace: Where it is created.
        arguments: Command line of each process, see `lookalike_components.train.distributed.order.Order`.
        config: How many nodes and processes, made by which runtime, with which resources.
    """
    labels = {"app.kubernetes.io/name": "lookalike", "app.kubernetes.io/component": "train"}
    trainer: Manifest = {
        "image": os.environ.get("LOOKALIKE_IMAGE") or containers.GPU,
        "command": ["python", "-m", "torch.distributed.run", "-m", "lookalike_components.train"],
        "args": arguments,
        "env": [{"name": name, "value": value} for name, value in ENVIRONMENT.items()],
        "numNodes": config.nodes,
        "numProcPerNode": config.processes,
    }
    if resources := {name: _quantity(value) for name, value in config.node_resources.items()}:
        trainer["resourcesPerNode"] = {"limits": resources, "requests": resources}
    kind, _, runtime = config.runtime.rpartition("/")
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "TrainJob",
        "metadata": {"name": name, "namespace": namespace, "labels": labels, **_owner(os.environ)},
        "spec": {
            "runtimeRef": {"apiGroup": GROUP, "kind": kind or "ClusterTrainingRuntime", "name": runtime},
            "trainer": trainer,
        },
    }


def _quantity(value: Any) -> str:
    """KFP hands every number inside a dictionary over as a float."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _owner(environment: Mapping[str, str]) -> Manifest:
    """Makes the TrainJob go with the pod of the step, whose name and uid Kubeflow Pipelines tells it."""
    name, uid = environment.get("KFP_POD_NAME"), environment.get("KFP_POD_UID")
    if not (name and uid):
        return {}
    return {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": name, "uid": uid}]}


@dataclass(frozen=True)
class TrainJob:
    """A TrainJob in a cluster."""

    api: CustomObjectsApi
    manifest: Manifest

    def __str__(self) -> str:
        return f"TrainJob {self._metadata['namespace']}/{self._metadata['name']}"

    @property
    def _metadata(self) -> Manifest:
        metadata: Manifest = self.manifest["metadata"]
        return metadata

    @contextmanager
    def created(self) -> Iterator[None]:
        """Creates it for as long as the block lasts; one that failed is left, for whoever wants to read its logs."""
        with _explained(f"{self} could not be created", INSTALL):
            self.api.create_namespaced_custom_object(*self._place, self.manifest)
        say(f"created {self}")
        try:
            yield
        except TrainJobError:
            raise
        except BaseException:
            self._delete()
            raise
        self._delete()

    def wait(self) -> None:
        """Returns when it is complete.

        Raises:
            TrainJobError: It failed; the message is the cluster's own.
            LookalikeError: The cluster does not tell.
        """
        until_it_ended = Retrying(
            wait=wait_fixed(SECONDS_BETWEEN_LOOKS),
            retry=retry_if_result(lambda job: _ending(job) is None) | retry_if_exception(_may_pass),
            before_sleep=_News(),
        )
        with _explained(f"{self} cannot be watched", GONE):
            ending = _ending(until_it_ended(self._read)) or {}
        if ending["type"] == "Failed":
            raise TrainJobError(
                f"{self} failed ({ending['reason']}: {ending['message']}); "
                "`kubectl describe trainjob` and the logs of its pods tell more"
            )

    def _read(self) -> Manifest:
        job: Manifest = self.api.get_namespaced_custom_object(*self._place, self._metadata["name"])
        return job

    def _delete(self) -> None:
        """Deletes it; what came of the training does not hang on that."""
        try:
            self.api.delete_namespaced_custom_object(*self._place, self._metadata["name"])
        except (ApiException, HTTPError) as error:
            if getattr(error, "status", None) != NOT_FOUND:
                say(f"{self} could not be deleted ({_reason(error)}); delete it with kubectl")

    @property
    def _place(self) -> tuple[str, str, str, str]:
        return GROUP, VERSION, self._metadata["namespace"], PLURAL


class TrainJobError(LookalikeError):
    """The cluster has given a TrainJob up."""


class _News:
    """Says how a TrainJob fares, whenever that has changed."""

    def __init__(self) -> None:
        self._said = ""

    def __call__(self, look: RetryCallState) -> None:
        outcome = look.outcome
        news = "" if outcome is None else _trouble(outcome.exception()) or _fares(outcome.result())
        if news != self._said:
            say(news)
        self._said = news


def _trouble(error: BaseException | None) -> str:
    return f"the cluster does not answer ({_reason(error)}); trying on" if error else ""


def _fares(job: Manifest) -> str:
    """Such as ``jobs of the TrainJob: node active 1, ready 1``."""
    status = job.get("status") or {}
    counts = ("active", "ready", "succeeded", "failed")
    jobs = [
        f"{part['name']} " + ", ".join(f"{count} {part[count]}" for count in counts if part.get(count))
        for part in status.get("jobsStatus", [])
    ]
    suspended = any(has["type"] == "Suspended" and has["status"] == "True" for has in status.get("conditions", []))
    if suspended:
        return "the TrainJob is suspended, as a queue does until there is room"
    return f"jobs of the TrainJob: {'; '.join(jobs)}" if jobs else "the TrainJob waits for the controller"


def _ending(job: Manifest) -> Manifest | None:
    """The condition that says how it ended; None as long as it has not."""
    conditions = (job.get("status") or {}).get("conditions", [])
    return next((has for has in conditions if has["type"] in ENDED and has["status"] == "True"), None)


def _may_pass(error: BaseException) -> bool:
    """Whether to look again: the network or the API server is away, or has too much to do."""
    return isinstance(error, HTTPError) or (
        isinstance(error, ApiException) and (error.status in (0, 429) or error.status >= 500)
    )


@contextmanager
def _explained(what: str, missing: str) -> Iterator[None]:
    """Turns the client's errors into one sentence each; ``missing`` says what helps where something is not there."""
    try:
        yield
    except (ApiException, HTTPError) as error:
        helps = _help(error, missing)
        kind = UserError if helps else LookalikeError
        raise kind(f"{what} ({_reason(error)}); {helps or 'see that the cluster answers, and try again'}") from error


def _help(error: ApiException | HTTPError, missing: str) -> str:
    """What has to change before a retry can help; empty where nothing has to."""
    if "denied the request" in _reason(error):  # an admission webhook's no comes with the status of a lacking right
        return CHANGE
    by_status = {400: CHANGE, 401: LOG_IN, 403: GRANT, NOT_FOUND: missing, 422: CHANGE}
    return by_status.get(getattr(error, "status", 0), "")


def _reason(error: BaseException) -> str:
    """The API server's message where it gave one."""
    try:
        return str(json.loads(getattr(error, "body", None) or "")["message"])
    except (TypeError, ValueError, KeyError):
        return str(getattr(error, "reason", None) or error)
