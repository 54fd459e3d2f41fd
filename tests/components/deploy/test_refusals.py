"""What a cluster refuses, or would ignore, is told in one sentence before anything changes."""

import json

import pytest
import yaml
from kubernetes import client
from kubernetes_api import api_server, assets, create_definitions

from lookalike_components.deploy.cluster import Cluster, connect
from lookalike_components.deploy.config import DeployConfig
from lookalike_components.deploy.refusals import UnreachableError
from lookalike_components.deploy.service import Service
from lookalike_components.errors import UserError

SETTINGS = {
    "deploy": {"defaultDeploymentMode": "Serverless"},
    "ingress": {"enableGatewayApi": False, "ingressDomain": "example.com"},
}


def service_of(api, namespace, token=""):
    return Service(connect(str(api.kubeconfig_for(token or api.tokens["admin"]))), namespace, "shoes")


@pytest.fixture(scope="module")
def old_api(tmp_path_factory):
    """A cluster whose KServe is older than `spec.canary`, with Knative missing."""
    folder = tmp_path_factory.mktemp("old")
    with api_server(assets(), folder) as api:
        document = yaml.load((api.crds / "serving.kserve.io_inferenceservices.yaml").read_text(), yaml.CSafeLoader)
        del document["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["canary"]
        (folder / "inferenceservices.yaml").write_text(json.dumps(document))
        create_definitions(api, [folder / "inferenceservices.yaml"])
        yield api


@pytest.fixture
def settings_of_kserve(old_api):
    """What KServe's administrator has written."""
    core = client.CoreV1Api(old_api.client())
    core.create_namespace({"metadata": {"name": "kserve"}})
    data = {section: json.dumps(values) for section, values in SETTINGS.items()}
    core.create_namespaced_config_map("kserve", {"metadata": {"name": "inferenceservice-config"}, "data": data})
    yield
    core.delete_namespaced_config_map("inferenceservice-config", "kserve")


@pytest.fixture(scope="module")
def bare_api(tmp_path_factory):
    """A cluster without KServe."""
    with api_server(assets(), tmp_path_factory.mktemp("bare")) as api:
        yield api


def test_a_cluster_without_kserve(bare_api, served):
    with pytest.raises(UserError) as error:
        service_of(bare_api, "default").deploy(served("a"), DeployConfig(name="shoes"))
    assert str(error.value) == (
        f"{bare_api.url} knows no InferenceService; install KServe on the cluster, or pass the right --context"
    )


def test_a_canary_that_kserve_is_too_old_for(old_api, served):
    namespace = old_api.new_namespace()
    service = service_of(old_api, namespace)
    service.deploy(served("a"), DeployConfig(name="shoes", namespace=namespace))
    before = client.CustomObjectsApi(old_api.client()).get_namespaced_custom_object(
        "serving.kserve.io", "v1beta1", namespace, "inferenceservices", "shoes"
    )
    with pytest.raises(UserError) as error:
        service.deploy(served("b"), DeployConfig(name="shoes", namespace=namespace, canary=10))
    assert str(error.value) == (
        "KServe here is older than 0.20, which knows no canary in Standard mode; "
        "upgrade KServe, deploy on Knative, or deploy without a canary"
    )
    after = client.CustomObjectsApi(old_api.client()).get_namespaced_custom_object(
        "serving.kserve.io", "v1beta1", namespace, "inferenceservices", "shoes"
    )
    assert after == before


def test_knative_where_there_is_none(old_api, served):
    with pytest.raises(UserError) as error:
        service_of(old_api, "default").deploy(served("a"), DeployConfig(name="shoes", mode="Knative"))
    assert str(error.value) == (
        f"{old_api.url} has no Knative (serving.knative.dev); install it, or choose deploy.mode=Standard"
    )


@pytest.mark.usefixtures("settings_of_kserve")
def test_kserves_own_settings_decide_mode_and_canary(old_api, served):
    namespace = old_api.new_namespace()
    service = service_of(old_api, namespace)
    with pytest.raises(UserError, match="has no Knative"):
        service.deploy(served("a"), DeployConfig(name="shoes", namespace=namespace))
    service.deploy(served("a"), DeployConfig(name="shoes", namespace=namespace, mode="Standard"))
    with pytest.raises(UserError) as error:
        service.deploy(served("b"), DeployConfig(name="shoes", namespace=namespace, canary=10))
    assert str(error.value) == (
        "KServe here routes through Ingress, which gives a canary in Standard mode no share of the requests; "
        "set enableGatewayApi in its inferenceservice-config, or deploy without a canary"
    )
    assert service.show()["canary"] is None


def test_no_replicas_in_standard_mode(kubernetes_api, served):
    with pytest.raises(UserError, match="min_replicas is 0: in Standard mode nothing starts a server"):
        service_of(kubernetes_api, "default").deploy(served("a"), DeployConfig(name="shoes", min_replicas=0))


def test_a_namespace_that_does_not_exist(kubernetes_api, served):
    with pytest.raises(UserError) as error:
        service_of(kubernetes_api, "nowhere").deploy(served("a"), DeployConfig(name="shoes", namespace="nowhere"))
    assert str(error.value) == 'namespaces "nowhere" not found; create it first, or choose another namespace'


def test_an_identity_that_nobody_knows(kubernetes_api, served):
    with pytest.raises(UserError, match=r"does not know who is asking \(401: Unauthorized\); log in again"):
        service_of(kubernetes_api, "default", token="made-up").deploy(  # noqa: S106
            served("a"), DeployConfig(name="shoes")
        )


def test_an_identity_without_rights(kubernetes_api, served):
    with pytest.raises(UserError) as error:
        service_of(kubernetes_api, "default", kubernetes_api.tokens["stranger"]).deploy(
            served("a"), DeployConfig(name="shoes")
        )
    assert str(error.value) == (
        'inferenceservices.serving.kserve.io "shoes" is forbidden: User "stranger" cannot get resource '
        '"inferenceservices" in API group "serving.kserve.io" in the namespace "default"; '
        "bind the Role of manifests/base to it"
    )


def test_a_server_that_does_not_answer(kubernetes_api, served, tmp_path):
    kubeconfig = yaml.safe_load(kubernetes_api.kubeconfig.read_text())
    kubeconfig["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(kubeconfig))
    service = Service(connect(str(tmp_path / "kubeconfig")), "default", "shoes")
    with pytest.raises(UnreachableError) as error:
        service.deploy(served("a"), DeployConfig(name="shoes"))
    assert str(error.value) == (
        "https://127.0.0.1:1 cannot be reached (Connection refused); is it the right cluster, and is it up?"
    )


def test_what_the_schema_does_not_allow(kubernetes_api):
    namespace = kubernetes_api.new_namespace()
    service = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "shoes", "namespace": namespace},
        "spec": {"predictor": {"minReplicas": 1, "canaryTrafficPercent": "ten"}},
    }
    with pytest.raises(UserError, match=r"refuses it: .*canaryTrafficPercent"):
        Cluster(kubernetes_api.client()).apply(service, force=False)


def test_no_cluster_at_all(tmp_path):
    with pytest.raises(UserError, match=r"no cluster to speak with: .*; set KUBECONFIG, or pass --kubeconfig"):
        connect(str(tmp_path / "kubeconfig"))
