"""What each overlay makes of the base."""

import pytest
from kustomized import FOLDERS, MANIFESTS, SETTINGS, built_upon

from lookalike.config import FinetuneConfig
from lookalike_components import containers

PREDICTOR = {"app.kubernetes.io/part-of": "lookalike", "app.kubernetes.io/component": "predictor"}


def kinds(manifests, folder):
    return sorted(document["kind"] for document in manifests.documents[folder])


@pytest.mark.parametrize("folder", FOLDERS)
def test_everything_is_in_one_namespace_and_known_as_part_of_lookalike(manifests, folder):
    documents = [document for document in manifests.documents[folder] if document["kind"] != "Namespace"]
    assert len({document["metadata"]["namespace"] for document in documents}) == 1
    assert {document["metadata"]["labels"]["app.kubernetes.io/part-of"] for document in documents} == {"lookalike"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_role_is_bound_to_the_pipelines_account_of_its_own_namespace(manifests, folder):
    account = manifests.one(folder, "ServiceAccount", "lookalike-pipeline")["metadata"]
    for binding in manifests.of(folder, "RoleBinding"):
        (subject,) = binding["subjects"]
        assert (subject["name"], subject["namespace"]) == (account["name"], account["namespace"])
        assert manifests.one(folder, "Role", binding["roleRef"]["name"])


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_server_gets_no_token(manifests, folder):
    assert manifests.one(folder, "ServiceAccount", "lookalike-serve")["automountServiceAccountToken"] is False


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_selects_servers_selects_the_pods_of_the_runtime(manifests, folder):
    assert manifests.one(folder, "ServingRuntime")["spec"]["labels"] == PREDICTOR
    selectors = [budget["spec"]["selector"] for budget in manifests.of(folder, "PodDisruptionBudget")]
    selectors += [policy["spec"]["podSelector"] for policy in manifests.of(folder, "NetworkPolicy")]
    monitors = manifests.of(folder, "PodMonitor") + manifests.of(folder, "PodMonitoring")
    selectors += [monitor["spec"]["selector"] for monitor in monitors]
    assert selectors
    assert all(selector == {"matchLabels": PREDICTOR} for selector in selectors)


def test_a_node_with_a_single_server_can_be_drained(manifests):
    budget = manifests.one("base", "PodDisruptionBudget")["spec"]
    assert (budget["maxUnavailable"], "minAvailable" in budget) == (1, False)


def test_metrics_are_read_at_the_servers_port(manifests):
    (container,) = manifests.one("base", "ServingRuntime")["spec"]["containers"]
    ports = {port.get("name"): port["containerPort"] for port in container["ports"]}
    (endpoint,) = manifests.one("base", "PodMonitor")["spec"]["podMetricsEndpoints"]
    assert (ports[endpoint["port"]], endpoint["path"]) == (8080, "/metrics")


def test_minimal_has_neither_monitors_nor_network_policies(manifests):
    left_out = {"PodMonitor", "NetworkPolicy"}
    assert kinds(manifests, "overlays/minimal") == [kind for kind in kinds(manifests, "base") if kind not in left_out]


def test_on_gke_both_accounts_have_an_identity_of_google_each(manifests):
    accounts = manifests.of("overlays/gke", "ServiceAccount")
    identities = [account["metadata"]["annotations"]["iam.gke.io/gcp-service-account"] for account in accounts]
    assert identities == [f"{account['metadata']['name']}@my-project.iam.gserviceaccount.com" for account in accounts]


def test_on_gke_the_image_comes_from_a_registry_and_googles_collectors_read_the_metrics(manifests):
    (container,) = manifests.one("overlays/gke", "ServingRuntime")["spec"]["containers"]
    assert container["image"] == "europe-docker.pkg.dev/my-project/" + containers.SERVE
    assert manifests.of("overlays/gke", "PodMonitor") == []
    assert manifests.one("overlays/gke", "PodMonitoring")["spec"]["endpoints"][0]["port"] == "http1"


def test_on_knative_the_server_has_one_port_since_knative_takes_no_more(manifests):
    (container,) = manifests.one("overlays/scale-to-zero", "ServingRuntime")["spec"]["containers"]
    assert container["ports"] == [{"containerPort": 8080, "protocol": "TCP"}]
    (endpoint,) = manifests.one("overlays/scale-to-zero", "PodMonitor")["spec"]["podMetricsEndpoints"]
    assert endpoint["port"] == "user-port"


def test_dev_pulls_no_image_and_lets_none_but_restricted_pods_in(manifests):
    (container,) = manifests.one("overlays/dev", "ServingRuntime")["spec"]["containers"]
    assert (container["image"], container["imagePullPolicy"]) == (containers.SERVE, "Never")
    labels = manifests.one("overlays/dev", "Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_of_ones_own_sets_namespace_and_image(manifests, tmp_path, folder):
    (container,) = manifests.one(folder, "ServingRuntime")["spec"]["containers"]
    name, _, _ = container["image"].partition(":")
    image = {"name": name, "newName": "registry.example/serve", "digest": f"sha256:{'a' * 64}"}
    documents = built_upon(folder, tmp_path / "own", namespace="shop", images=[image])
    (runtime,) = [document for document in documents if document["kind"] == "ServingRuntime"]
    assert runtime["spec"]["containers"][0]["image"] == f"registry.example/serve@sha256:{'a' * 64}"
    assert {document["metadata"].get("namespace", "shop") for document in documents} == {"shop"}
    subjects = [subject for document in documents for subject in document.get("subjects", [])]
    assert {subject["namespace"] for subject in subjects} == {"shop"}


@pytest.mark.parametrize("file", SETTINGS, ids=lambda path: path.parent.name)
def test_the_settings_beside_an_overlay_name_what_the_overlay_makes(manifests, file):
    folder = f"overlays/{file.parent.name}"
    config = FinetuneConfig.resolve(file=file, overrides={"source": "gs://my-bucket/pictures"})
    names = {account["metadata"]["name"] for account in manifests.of(folder, "ServiceAccount")}
    namespace = manifests.one(folder, "ServingRuntime")["metadata"]["namespace"]
    assert {config.cluster.service_account, config.deploy.service_account} == names
    assert config.cluster.namespace in ("", namespace)
    assert config.deploy.namespace == namespace


def test_on_gke_training_asks_for_a_node_with_a_gpu_and_stands_its_taint():
    file = MANIFESTS / "overlays" / "gke" / "finetune.yaml"
    pod = FinetuneConfig.resolve(file=file, overrides={"source": "gs://b/p"}).cluster.pod("train")
    assert (pod.accelerator, pod.accelerators) == ("nvidia.com/gpu", 1)
    assert "cloud.google.com/gke-accelerator" in pod.node_selector
    assert [(taint.key, taint.operator) for taint in pod.tolerations] == [("nvidia.com/gpu", "Exists")]


def test_scale_to_zero_leaves_no_server_behind():
    file = MANIFESTS / "overlays" / "scale-to-zero" / "finetune.yaml"
    deploy = FinetuneConfig.resolve(file=file, overrides={"source": "gs://b/p"}).deploy
    assert (deploy.mode, deploy.min_replicas) == ("Knative", 0)
