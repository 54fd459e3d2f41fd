"""The manifests on a real API server."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from kubernetes_api import KubernetesApi, create_definitions
from kustomized import Manifests, for_an_old_server, in_namespace

DEFINITIONS = Path(__file__).with_name("definitions")


@pytest.fixture(scope="session")
def manifests() -> Manifests:
    """Every kustomization, built."""
    return Manifests()


@pytest.fixture(scope="session")
def api(kubernetes_api: KubernetesApi) -> KubernetesApi:
    """The API server, with what a cluster's monitoring adds to it."""
    create_definitions(kubernetes_api, sorted(DEFINITIONS.glob("*.yaml")))
    return kubernetes_api


@pytest.fixture(scope="session")
def apply(api: KubernetesApi, manifests: Manifests) -> Callable[[str], str]:
    """Applies a folder's manifests, as kubectl does, to a new namespace, and gives its name."""

    def apply(folder: str) -> str:
        namespace = api.new_namespace("lookalike")
        documents = map(for_an_old_server, in_namespace(manifests.documents[folder], namespace))
        api.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(documents))
        return namespace

    return apply


class Installation(NamedTuple):
    """A namespace with the base in it, and one without."""

    namespace: str
    elsewhere: str


@pytest.fixture(scope="session")
def installation(api: KubernetesApi, apply: Callable[[str], str]) -> Installation:
    """The base, applied."""
    return Installation(apply("base"), api.new_namespace("elsewhere"))
