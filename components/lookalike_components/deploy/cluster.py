"""The Kubernetes API server, as far as an InferenceService needs it; every refusal is told in one sentence."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kubernetes import client, config
from urllib3.exceptions import HTTPError

from lookalike_components.deploy.config import Mode
from lookalike_components.deploy.refusals import UnreachableError, explained, is_missing
from lookalike_components.errors import UserError

Document = dict[str, Any]

GROUP, VERSION, PLURAL = "serving.kserve.io", "v1beta1", "inferenceservices"
FIELD_MANAGER = "lookalike"
OF_SERVICE = "serving.kserve.io/inferenceservice"
"""The label that KServe gives to what it makes for a service; its value is the service's name."""
KSERVE = "kserve"
"""The namespace that KServe is installed in, and that its ConfigMap lies in."""
SECONDS = (10, 60)
"""How long a connection and an answer may take."""


def connect(kubeconfig: str = "", context: str = "") -> "Cluster":
    """Speaks with the API server that the environment names.

    Args:
        kubeconfig: A kubeconfig file. By default ``$KUBECONFIG``, else the ServiceAccount of the pod that this runs in,
            else ``~/.kube/config``.
        context: A context of that file; by default its current one.

    Raises:
        UserError: There is no such file or context.
    """
    in_cluster = "KUBERNETES_SERVICE_HOST" in os.environ and not (kubeconfig or context or os.environ.get("KUBECONFIG"))
    settings = client.Configuration()
    with _configured():
        if in_cluster:
            config.load_incluster_config(client_configuration=settings)
        else:
            files = kubeconfig or os.environ.get("KUBECONFIG")  # the client reads it once, when it is imported
            config.load_kube_config(files or None, context or None, client_configuration=settings)
    settings.retries = 0  # urllib3 would write of every attempt to the terminal
    return Cluster(client.ApiClient(settings))


@contextmanager
def _configured() -> Iterator[None]:
    try:
        yield
    except config.ConfigException as error:
        raise UserError(
            f"no cluster to speak with: {error}; set KUBECONFIG, or pass --kubeconfig and --context"
        ) from error


class Cluster:
    """What `deploy` asks of the API server."""

    def __init__(self, api: client.ApiClient) -> None:
        self._api = api
        self.host: str = api.configuration.host

    def get(self, namespace: str, name: str) -> Document | None:
        """The InferenceService, or None where there is none of this name."""
        with self._explaining():
            try:
                return self._call("GET", _path(namespace, name))
            except client.ApiException as error:
                if is_missing(error, PLURAL):
                    return None
                raise

    def apply(self, document: Document, *, force: bool, dry_run: bool = False) -> Document:
        """Creates or updates the InferenceService by a server-side apply; with ``dry_run`` nothing is kept.

        Raises:
            StaleError: It is no longer the version that the document names.
            UserError: The API server or KServe refuses it, or others own what it would change.
        """
        place = document["metadata"]
        query = [("fieldManager", FIELD_MANAGER), ("force", str(force).lower())]
        query += [("dryRun", "All")] if dry_run else []
        with self._explaining():
            return self._call("PATCH", _path(place["namespace"], place["name"]), query, document)

    def delete(self, namespace: str, name: str) -> bool:
        """Deletes the InferenceService and what KServe made for it; says whether there was one."""
        with self._explaining():
            try:
                self._call("DELETE", _path(namespace, name))
            except client.ApiException as error:
                if is_missing(error, PLURAL):
                    return False
                raise
        return True

    def workloads(self, namespace: str, name: str, mode: Mode) -> list[Document] | None:
        """The Deployments or Knative Services that KServe made for a service; None where they may not be seen."""
        group = "apps" if mode == "Standard" else "serving.knative.dev"
        plural = "deployments" if mode == "Standard" else "services"
        path = f"/apis/{group}/v1/namespaces/{namespace}/{plural}"
        answer = self._if_allowed(path, [("labelSelector", f"{OF_SERVICE}={name}")])
        return None if answer is None else list(answer["items"])

    def kserve_settings(self) -> dict[str, Any] | None:
        """What KServe's administrator has set, by section; None where that may not be seen."""
        answer = self._if_allowed(f"/api/v1/namespaces/{KSERVE}/configmaps/inferenceservice-config")
        if answer is None:
            return None
        data = answer.get("data", {})  # a ConfigMap without any has no such field
        return {section: json.loads(data[section]) for section in ("deploy", "ingress") if section in data}

    def serves(self, group: str) -> bool:
        """Whether the API server knows a group, such as ``serving.knative.dev``."""
        with self._explaining():
            return group in {known["name"] for known in self._call("GET", "/apis")["groups"]}

    def _if_allowed(self, path: str, query: list[tuple[str, str]] | None = None) -> Document | None:
        with self._explaining():
            try:
                return self._call("GET", path, query)
            except client.ApiException as error:
                if error.status in {403, 404}:
                    return None
                raise

    def _call(
        self, method: str, path: str, query: list[tuple[str, str]] | None = None, body: Document | None = None
    ) -> Document:
        kind = "application/apply-patch+yaml" if body else "application/json"  # JSON is YAML
        answer: Document = self._api.call_api(
            path,
            method,
            query_params=query,
            header_params={"Content-Type": kind, "Accept": "application/json"},
            body=body,
            response_type="object",
            auth_settings=["BearerToken"],
            _return_http_data_only=True,
            _request_timeout=SECONDS,
        )
        return answer

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except client.ApiException as error:
            raise explained(error, self.host) from error
        except HTTPError as error:
            raise UnreachableError(
                f"{self.host} cannot be reached ({_reason(error)}); is it the right cluster, and is it up?"
            ) from error


def _path(namespace: str, name: str) -> str:
    return f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURAL}/{name}"


def _reason(error: HTTPError) -> str:
    words = str(getattr(error, "reason", "") or error)
    return words.rpartition(": ")[2].rpartition("] ")[2]  # the last cause, without its number
