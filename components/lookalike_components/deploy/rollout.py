"""Whether a service has come to serve what was asked for: KServe's word, and that of the pods beneath.

``status.observedGeneration`` of an InferenceService tells nothing: KServe copies it from the Deployment or Knative
Service beneath. So a condition may be the one of the release before. What is certain is read one level lower, where
each object counts its own generations and carries the release in the annotations of its pods.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    retry_if_result,
    stop_after_delay,
    wait_exponential,
)

from lookalike_components.deploy.cluster import Document
from lookalike_components.deploy.config import Mode
from lookalike_components.deploy.detection import MODES
from lookalike_components.deploy.refusals import UnreachableError
from lookalike_components.deploy.served import RELEASE
from lookalike_components.errors import LookalikeError
from lookalike_components.progress import say

SECONDS_TO_THE_FIRST_LOOK = 0.1
MOST_SECONDS_BETWEEN_LOOKS = 2.0


@dataclass(frozen=True)
class Look:
    """What one look at a service found."""

    waits_for: str = ""
    """What is not there yet; empty once the service is ready."""
    failure: str = ""
    """Why it will not get ready by waiting."""


@dataclass(frozen=True)
class Rollout:
    """What is waited for: releases on their pods, in a mode, on a service that was just changed."""

    mode: Mode
    releases: tuple[str, ...]
    status_before: Document
    changed: bool

    def look(self, service: Document, workloads: list[Document] | None) -> Look:
        """Judges a service by its status and by the Deployments or Knative Services beneath it."""
        status = service.get("status", {})
        if failure := self._failure(status, workloads or []):
            return Look(failure=failure)
        waits = [] if workloads is None else self._pods_awaited(workloads)
        return Look(waits_for="; ".join([*waits, *unmet(status)]))

    def _failure(self, status: Document, workloads: list[Document]) -> str:
        if (mode := status.get("deploymentMode")) and MODES.get(mode) != self.mode:
            return f"KServe runs it in {mode} mode, not in {self.mode} mode as asked"
        if stuck := [words for item in self._ours(workloads) for words in _given_up(item)]:
            return stuck[0]
        is_news = not self.changed or status != self.status_before
        return _model_failure(status.get("modelStatus", {})) if is_news else ""

    def _pods_awaited(self, workloads: list[Document]) -> list[str]:
        ready = {_release(item) for item in workloads if _is_rolled_out(item, self.mode)}
        missing = [f"pods of release {release[:12]}" for release in self.releases if release not in ready]
        leaving = {_release(item) for item in workloads} - {*self.releases}
        return [*missing, *(f"pods of release {release[:12]} to go" for release in sorted(leaving) if not missing)]

    def _ours(self, workloads: list[Document]) -> list[Document]:
        return [item for item in workloads if _release(item) in self.releases]


def unmet(status: Document) -> list[str]:
    """The conditions that are not met, the cause before the consequence."""
    conditions = {condition["type"]: condition for condition in status.get("conditions", [])}
    if "Ready" not in conditions:
        return ["a first word from KServe"]
    names = sorted(conditions, key=lambda name: name == "Ready")
    return [_told(conditions[name]) for name in names if _counts(conditions[name])]


def _counts(condition: Document) -> bool:
    # Info is said of what is no part of being ready: of `Stopped: False`, but of canaries too.
    told = not condition.get("severity") or condition["type"].startswith("Canary")
    return bool(condition["status"] != "True" and told)


def _told(condition: Document) -> str:
    why = ": ".join(filter(None, [condition.get("reason", ""), condition.get("message", "")]))
    return f"{condition['type']} is {condition['status']}" + (f" ({why})" if why else "")


def _model_failure(model: dict[str, Any]) -> str:
    if model.get("transitionStatus") not in {"BlockedByFailedLoad", "InvalidSpec"}:
        return ""
    told = model.get("lastFailureInfo", {})
    return ": ".join(filter(None, [told.get("reason") or model["transitionStatus"], told.get("message", "")]))


def _release(workload: Document) -> str:
    notes = workload["spec"]["template"]["metadata"].get("annotations") or {}
    return str(notes.get(RELEASE, ""))


def _is_rolled_out(workload: Document, mode: Mode) -> bool:
    status = workload.get("status", {})
    if status.get("observedGeneration", 0) < workload["metadata"]["generation"]:
        return False
    if mode == "Knative":
        return any(said["type"] == "Ready" and said["status"] == "True" for said in status.get("conditions", []))
    wanted, updated = workload["spec"].get("replicas", 1), status.get("updatedReplicas", 0)
    return bool(wanted <= updated == status.get("replicas", 0) and wanted <= status.get("availableReplicas", 0))


def _given_up(workload: Document) -> list[str]:
    """A Deployment says once that it has stopped making progress, by default after ten minutes."""
    conditions = workload.get("status", {}).get("conditions", [])
    return [_told(said) for said in conditions if said["type"] == "Progressing" and said["status"] == "False"]


def wait(look: Callable[[], Look], where: str, timeout: float) -> None:
    """Looks again and again until the service is ready, and says what is waited for whenever that changes.

    Raises:
        LookalikeError: It failed, or was not ready in time; the sentence names the conditions that are not met.
    """
    told = ""

    def telling_look() -> Look:
        nonlocal told
        found = look()
        if found.waits_for and found.waits_for != told:
            told = found.waits_for
            say(f"{where} waits for {told}")
        return found

    patience = Retrying(
        retry=retry_if_result(lambda found: bool(found.waits_for)) | retry_if_exception_type(UnreachableError),
        wait=wait_exponential(multiplier=SECONDS_TO_THE_FIRST_LOOK, max=MOST_SECONDS_BETWEEN_LOOKS),
        stop=stop_after_delay(timeout),
        retry_error_callback=_last,
    )
    found: Look = patience(telling_look)
    if found.failure:
        raise LookalikeError(f"{where} failed: {found.failure}; `lookalike rollback` brings back the release before")
    if found.waits_for:
        raise LookalikeError(
            f"{where} is not ready after {timeout:g} s: it waits for {found.waits_for}; "
            f"`lookalike service show` tells how it goes on, `lookalike rollback` brings back what was before"
        )


def _last(state: RetryCallState) -> Any:
    return state.outcome.result() if state.outcome else Look()
