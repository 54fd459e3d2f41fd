import hashlib
import json

import pytest

from lookalike_components.deploy.cluster import connect
from lookalike_components.deploy.config import DeployConfig
from lookalike_components.deploy.served import Served
from lookalike_components.deploy.service import Service


def release_called(name, storage="gs://bucket/releases"):
    """A release that is called by a letter in the tests."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return Served(release=digest, encoder="e" * 64, storage_uri=f"{storage}/{name}")


class Shop:
    """A service in the test's namespace, and what the tests ask about it."""

    def __init__(self, kserve):
        self.kserve, self.namespace = kserve, kserve.namespace
        self.cluster = connect(str(kserve.api.kubeconfig))
        self.service = Service(self.cluster, self.namespace, "shoes")

    def config(self, **settings):
        return DeployConfig(name="shoes", namespace=self.namespace, **settings)

    def deploy(self, name, timeout=20, **settings):
        applied = self.service.deploy(release_called(name), self.config(**settings))
        self.service.wait(applied, timeout)
        return applied

    @property
    def live(self):
        return self.cluster.get(self.namespace, "shoes")

    @property
    def predictor(self):
        return self.live["spec"]["predictor"]

    def change(self, token="", **predictor):
        """What somebody else does with kubectl."""
        patch = json.dumps({"spec": {"predictor": predictor}})
        arguments = ["patch", "inferenceservice", "shoes", "-n", self.namespace, "--type=merge", "-p", patch]
        self.kserve.api.kubectl(*arguments, token=token)


@pytest.fixture
def served():
    return release_called


@pytest.fixture
def digest(served):
    return lambda name: served(name).release


@pytest.fixture
def shop(kserve):
    return Shop(kserve)
