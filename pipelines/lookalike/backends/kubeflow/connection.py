"""The way to the API of Kubeflow Pipelines: address, identity, namespace."""

import os
import sys
import warnings
from collections.abc import Callable, Collection
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, TypeVar

import kfp
from kfp.client import KF_PIPELINES_SA_TOKEN_ENV, KF_PIPELINES_SA_TOKEN_PATH
from kfp.client.set_volume_credentials import ServiceAccountTokenVolumeCredentials
from kfp_server_api.exceptions import ApiException
from kubernetes import config as kubernetes_config
from kubernetes.config import ConfigException
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from lookalike.backends.kubeflow import IN_THE_CLUSTER_OR_KUBECONFIG
from lookalike.backends.kubeflow.faults import explained, is_passing
from lookalike_components.errors import UserError

NAMESPACE = "LOOKALIKE_NAMESPACE"
TOKEN_FILE = "LOOKALIKE_TOKEN_FILE"  # noqa: S105 (the name of a variable)
ATTEMPTS = 5

Answer = TypeVar("Answer")


class _Client(kfp.Client):  # type: ignore[misc]
    """The SDK's client, which asks once where it would wait for half a minute, and keeps no file in the home folder."""

    def get_kfp_healthz(self, sleep_duration: int = 0) -> Any:
        return self._healthz_api.healthz_service_get_healthz()

    def set_user_namespace(self, namespace: str) -> None:
        self._context_setting["namespace"] = namespace


class Connection:
    """Asks the API, and answers with its models.

    Args:
        place: ``https://host/...``, or ``kubeflow`` for the cluster that this pod runs in or that kubeconfig names.
        namespace: Profile of a multi-user installation, where ``$LOOKALIKE_NAMESPACE`` names none.

    Raises:
        UserError: There is no way there, or the token is not accepted.
        LookalikeError: The API cannot be reached.
    """

    def __init__(self, place: str, namespace: str = "") -> None:
        self.place = place.rstrip("/")
        self._token_path = _token_path()
        self.client: Any = None
        if place == IN_THE_CLUSTER_OR_KUBECONFIG and not os.environ.get("KF_PIPELINES_ENDPOINT"):
            _check_configuration()
        credentials = ServiceAccountTokenVolumeCredentials(str(self._token_path)) if self._token_path else None
        host = None if place == IN_THE_CLUSTER_OR_KUBECONFIG else self.place
        self.client = self.read("open the API", lambda: _quietly(lambda: _Client(host=host, credentials=credentials)))
        self._check_answer()
        self.namespace = os.environ.get(NAMESPACE) or namespace or self.client.get_user_namespace() or None

    def read(self, what: str, call: Callable[[], Answer]) -> Answer:
        """Asks what changes nothing; where the way there fails for a moment, it asks again."""
        with explained(self.place, what, self._token()):
            for attempt in Retrying(
                stop=stop_after_attempt(ATTEMPTS),
                wait=wait_random_exponential(0.2, max=5),
                retry=retry_if_exception(is_passing),
                reraise=True,
            ):
                with attempt:
                    return call()
        raise AssertionError  # the loop above returns or raises

    def write(self, what: str, call: Callable[[], Answer]) -> Answer:
        """Asks for a change, once: nobody knows what became of a request whose answer was lost."""
        with explained(self.place, what, self._token()):
            return _quietly(call)

    def text(self, what: str, path: str, missing: Collection[int] = ()) -> str | None:
        """What the API answers where it has no model, such as a log; None where it answers a ``missing`` status."""
        api = self.client._run_api.api_client

        def ask() -> str | None:
            try:
                answer = api.call_api(path, "GET", auth_settings=["Bearer"], _preload_content=False)
            except ApiException as error:
                if error.status in missing:
                    return None
                raise
            return bytes(answer.data).decode("utf-8", errors="replace")

        return self.read(what, ask)

    def _token(self) -> str:
        """The token as it is now: those that Kubernetes projects into a pod change while it runs."""
        if not self._token_path:
            return str(self.client._existing_config.api_key.get("authorization", "")) if self.client else ""
        try:
            words = self._token_path.read_text(encoding="utf-8", errors="replace").split()
        except OSError as error:
            raise UserError(f"the token file {self._token_path} cannot be read: {error.strerror}") from error
        if len(words) != 1 or not words[0].isascii():
            raise UserError(f"the token file {self._token_path} holds no token, which is a single word; write it anew")
        return words[0]

    def _check_answer(self) -> None:
        """A login in front of the API answers everything with its page, which the models take for an empty answer."""
        self.read("open the API", self.client.get_kfp_healthz)
        answer = self.client._healthz_api.api_client.last_response
        if "json" not in (answer.getheader("content-type") or ""):
            raise UserError(
                f"{self.place} answers with a page, not as the API of Kubeflow Pipelines; "
                "pass the API's own address, and --token-file where a login stands before it"
            )


def _quietly(call: Callable[[], Answer]) -> Answer:
    """The client prints where a run can be looked at; that is progress, and no result."""
    with redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call()


def _token_path() -> Path | None:
    """The file that was named, else the one that Kubeflow projects into its pods."""
    if named := os.environ.get(TOKEN_FILE):
        return Path(named)
    projected = Path(os.environ.get(KF_PIPELINES_SA_TOKEN_ENV) or KF_PIPELINES_SA_TOKEN_PATH)
    return projected if projected.is_file() else None


def _check_configuration() -> None:
    """The client takes a missing configuration for a cluster on this machine."""
    try:
        kubernetes_config.load_incluster_config()
    except ConfigException:
        try:
            kubernetes_config.list_kube_config_contexts()
        except ConfigException as error:
            raise UserError(
                "--runs kubeflow needs a pod of the cluster or a kubeconfig, and there is neither; "
                "pass the address instead, such as --runs https://kubeflow.example.com/pipeline"
            ) from error
