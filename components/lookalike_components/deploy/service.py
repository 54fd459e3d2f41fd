"""One InferenceService on a cluster: deploy a release to it, try a canary, promote it, roll back, delete."""

from collections.abc import Callable
from typing import Any, NamedTuple

from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from lookalike_components.deploy.cluster import Cluster, Document
from lookalike_components.deploy.config import DeployConfig, Mode
from lookalike_components.deploy.detection import choose_mode, mode_of_service, refuse_what_is_ignored
from lookalike_components.deploy.refusals import StaleError
from lookalike_components.deploy.render import inference_service, predictor
from lookalike_components.deploy.rollout import Look, Rollout, unmet, wait
from lookalike_components.deploy.served import Served, is_ours, served_before, served_by
from lookalike_components.deploy.traffic import Traffic
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.progress import say

again_where_stale = retry(
    retry=retry_if_exception_type(StaleError),
    wait=wait_random_exponential(multiplier=0.1, max=2),
    stop=stop_after_attempt(8),
    reraise=True,
)
"""Reads and writes anew when somebody else, such as KServe, wrote in between."""


class Applied(NamedTuple):
    """What was sent to the API server, and what became of it."""

    document: Document
    mode: Mode
    traffic: Traffic
    rollout: Rollout

    @property
    def facts(self) -> dict[str, Any]:
        """Facts for people: who serves now, and which share a canary has."""
        facts: dict[str, Any] = {"mode": self.mode, "release": served_by(self.traffic.stable).release[:12]}
        if self.traffic.canary is not None:
            facts |= {"canary": served_by(self.traffic.canary).release[:12], "percent": self.traffic.percent}
        return facts


class Service:
    """An InferenceService by its name; it may not be there yet."""

    def __init__(self, cluster: Cluster, namespace: str, name: str) -> None:
        self._cluster, self._namespace, self._name = cluster, namespace, name
        self.where = f"{namespace}/{name}"

    @again_where_stale
    def deploy(self, served: Served, config: DeployConfig) -> Applied:
        """Lets a release serve: all requests, or ``config.canary`` percent of them.

        The first release of a service serves everything, since there is nothing that it could stand beside. The same
        release with the same settings changes nothing.

        Raises:
            UserError: The cluster refuses it, would ignore a part of it, or others changed what it would overwrite.
            LookalikeError: The cluster cannot be reached, or does not know what to say.
        """
        _refuse_local_storage(served)
        found = self._cluster.get(self._namespace, self._name)
        live = found and self._checked(found)
        mode = choose_mode(self._cluster, live, config)
        rendered = predictor(served, config, mode)
        if live is None:
            if config.canary:
                say(f"{self.where} is new: the release gets every request, there is none to stand beside")
            return self._apply(None, mode, Traffic(rendered), config.force)
        traffic = Traffic.read(live["spec"], mode)
        if config.canary:
            return self._apply(live, mode, traffic.tried(served, rendered, config.canary), config.force)
        return self._apply(live, mode, traffic.deployed(served, rendered), config.force)

    def promote(self, *, force: bool = False) -> Applied:
        """Lets the canary serve everything.

        Raises:
            UserError: There is no canary, it is not ready, or there is no service.
        """
        return self._change(self._ready_one_promoted, force)

    def rollback(self, *, force: bool = False) -> Applied:
        """Takes the canary away; where there is none, lets the release before serve everything again.

        Raises:
            UserError: No release was served before, or there is no service.
        """
        return self._change(lambda traffic: traffic.rolled_back(self.where), force)

    def delete(self) -> None:
        """Takes the service off the cluster.

        Raises:
            UserError: There is none.
        """
        self._existing()
        self._cluster.delete(self._namespace, self._name)

    def wait_until_gone(self, timeout: float) -> None:
        """Waits for KServe to take away what it made for a deleted service.

        Raises:
            LookalikeError: That took longer than ``timeout`` seconds.
        """

        def look() -> Look:
            live = self._cluster.get(self._namespace, self._name)
            return Look(waits_for="KServe to take away what it made" if live else "")

        wait(look, self.where, timeout)

    def show(self) -> dict[str, Any]:
        """What the service serves, to whom, where, and what it waits for.

        Raises:
            UserError: There is none.
        """
        live = self._existing()
        mode = self._mode(live)
        traffic, status = Traffic.read(live["spec"], mode), live.get("status", {})
        return {
            "name": self._name,
            "namespace": self._namespace,
            "mode": mode,
            "url": status.get("url", ""),
            "ready": not unmet(status),
            "waits_for": unmet(status),
            "stable": served_by(traffic.stable).model_dump(),
            "canary": served_by(traffic.canary).model_dump() if traffic.canary else None,
            "canary_percent": traffic.percent,
            "before": [served.model_dump() for served in served_before(traffic.stable)],
        }

    def wait(self, applied: Applied, timeout: float) -> None:
        """Waits until what was applied is ready; tells on the way what is missing.

        Raises:
            LookalikeError: It failed, or took longer than ``timeout`` seconds; the sentence names the condition.
        """

        def look() -> Look:
            live = self._existing()
            return applied.rollout.look(live, self._cluster.workloads(self._namespace, self._name, applied.mode))

        if self._cluster.workloads(self._namespace, self._name, applied.mode) is None:
            say("the pods' state may not be read here (deployments); taking KServe's word for it")
        wait(look, self.where, timeout)

    @again_where_stale
    def _change(self, change: Callable[[Traffic], Traffic], force: bool) -> Applied:
        live = self._existing()
        mode = self._mode(live)
        return self._apply(live, mode, change(Traffic.read(live["spec"], mode)), force)

    def _ready_one_promoted(self, traffic: Traffic) -> Traffic:
        # In Standard mode KServe deletes the stable Deployment at once, whether or not the other one can serve.
        promoted = traffic.promoted(self.where)
        found = self._existing()
        mode = self._mode(found)
        now = Rollout(mode, _releases(traffic, mode), {}, changed=False)
        look = now.look(found, self._cluster.workloads(self._namespace, self._name, mode))
        if missing := look.failure or look.waits_for:
            raise UserError(f"the canary of {self.where} is not ready: {missing}; wait for it, or roll back")
        return promoted

    def _apply(self, live: Document | None, mode: Mode, traffic: Traffic, force: bool) -> Applied:
        if live and "deletionTimestamp" in live["metadata"]:
            raise LookalikeError(f"{self.where} is being deleted; try again when it is gone")
        document = inference_service(self._name, self._namespace, mode, traffic)
        sent = _expecting(document, live)
        if traffic.canary is not None:
            refuse_what_is_ignored(self._cluster, sent, mode)
        answer = self._cluster.apply(sent, force=force)
        changed = live is None or live["metadata"].get("generation") != answer["metadata"].get("generation")
        rollout = Rollout(mode, _releases(traffic, mode), answer.get("status", {}), changed)
        return Applied(document, mode, traffic, rollout)

    def _existing(self) -> Document:
        live = self._cluster.get(self._namespace, self._name)
        if live is None:
            raise UserError(
                f"there is no InferenceService {self.where} on {self._cluster.host}; deploy a release first"
            )
        return self._checked(live)

    def _checked(self, live: Document) -> Document:
        if is_ours(live["spec"]["predictor"]):
            return live
        raise UserError(f"{self.where} was not made by lookalike; choose another name, or delete it first")

    def _mode(self, live: Document) -> Mode:
        return mode_of_service(live) or "Standard"  # this step never leaves it unsaid


def _expecting(document: Document, live: Document | None) -> Document:
    """The document with the version that it was made from, so that the API server refuses it once that has changed."""
    if live is None:
        return document
    version = {"resourceVersion": live["metadata"]["resourceVersion"]}
    return {**document, "metadata": {**document["metadata"], **version}}


def _releases(traffic: Traffic, mode: Mode) -> tuple[str, ...]:
    """The releases that pods are to be seen of."""
    predictors = [traffic.stable, traffic.canary] if traffic.canary else [traffic.stable]
    # A Knative Service describes its newest revision only; those before it do not change any more.
    seen = predictors[-1:] if mode == "Knative" else predictors
    return tuple(served_by(predictor).release for predictor in seen)


def _refuse_local_storage(served: Served) -> None:
    if served.storage_uri.startswith("file://"):
        raise UserError(
            f"{served.storage_uri} is on this machine, where no cluster can read it; "
            "pass the storage_uri of a release in a bucket"
        )
