"""Pods pass the Pod Security Standard `restricted`: servers, steps, and whatever those start."""

import copy

import pytest
import yaml
from kustomized import FOLDERS, MANIFESTS, SETTINGS
from pod_security import containers, violations

from lookalike.backends.kubeflow.dress import compiled
from lookalike.cluster import ClusterConfig
from lookalike.config import FinetuneConfig
from lookalike_components.deploy.config import DeployConfig
from lookalike_components.deploy.render import predictor
from lookalike_components.deploy.served import Served

RESTRICTED = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "main",
            "ports": [{"containerPort": 8080}],
            "readinessProbe": {"httpGet": {"path": "/", "port": 8080}},
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
    "volumes": [{"name": "cache", "emptyDir": {}}],
}
SERVED = Served(release="a" * 64, encoder="e" * 64, storage_uri="gs://bucket/release")


def changed(path, value):
    """A restricted pod with one field set to something else."""
    pod = copy.deepcopy(RESTRICTED)
    *way, last = path
    place = pod
    for step in way:
        place = place[step] if isinstance(step, int) else place.setdefault(step, {})
    place[last] = value
    return pod


MAIN = ("containers", 0)
CONTEXT = (*MAIN, "securityContext")


def test_the_check_finds_nothing_in_a_restricted_pod():
    assert violations(RESTRICTED) == []


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("hostNetwork",), True, "the pod has hostNetwork"),
        (("hostPID",), True, "the pod has hostPID"),
        (("hostIPC",), True, "the pod has hostIPC"),
        (
            ("volumes",),
            [{"name": "disk", "hostPath": {"path": "/"}}],
            "the pod has the volume disk of the kind hostPath",
        ),
        (("volumes",), [{"name": "disk", "nfs": {}}], "the pod has the volume disk of the kind nfs"),
        (("securityContext", "sysctls"), [{"name": "kernel.msgmax"}], "the pod sets kernel.msgmax"),
        (("securityContext", "runAsUser"), 0, "the pod runs as user 0"),
        (("securityContext", "runAsNonRoot"), False, "the pod may run as root"),
        (("securityContext", "seccompProfile"), {"type": "Unconfined"}, "the pod has no seccomp profile"),
        (("securityContext", "seccompProfile"), None, "main has no seccomp profile"),
        (("securityContext", "runAsNonRoot"), None, "main is not bound to run as somebody else than root"),
        (("securityContext", "seLinuxOptions"), {"type": "spc_t"}, "the pod has SELinux options of its own"),
        (("securityContext", "windowsOptions"), {"hostProcess": True}, "the pod is a host process"),
        ((*CONTEXT, "privileged"), True, "main is privileged"),
        ((*CONTEXT, "allowPrivilegeEscalation"), None, "main may gain privileges"),
        ((*CONTEXT, "capabilities"), {"drop": ["NET_RAW"]}, "main keeps capabilities"),
        ((*CONTEXT, "capabilities"), {"drop": ["ALL"], "add": ["SYS_ADMIN"]}, "main adds SYS_ADMIN"),
        ((*CONTEXT, "procMount"), "Unmasked", "main sees all of /proc"),
        ((*CONTEXT, "runAsUser"), 0, "main runs as user 0"),
        ((*CONTEXT, "appArmorProfile"), {"type": "Unconfined"}, "main has no AppArmor profile"),
        ((*MAIN, "ports"), [{"containerPort": 80, "hostPort": 80}], "main has a host port"),
        (
            (*MAIN, "livenessProbe"),
            {"tcpSocket": {"host": "10.0.0.1"}},
            "main is probed at a host of its own choice",
        ),
        (("initContainers",), [{"name": "first"}], "first may gain privileges"),
    ],
)
def test_the_check_finds_each_fault(path, value, fault):
    assert fault in violations(changed(path, value))


# What KServe 0.20 puts into a server's pod to fetch the release: its ClusterStorageContainer `default`, as installed.
INITIALIZER = {"name": "storage-initializer", "args": [SERVED.storage_uri, "/mnt/models"]}


def server(manifests, folder, initializer):
    """A server's pod, as KServe puts it together from the runtime and the predictor of a service."""
    mode = "Knative" if folder == "overlays/scale-to-zero" else "Standard"
    asked = predictor(SERVED, DeployConfig(service_account="lookalike-serve"), mode)
    return {
        "securityContext": asked.get("securityContext"),
        "containers": manifests.one(folder, "ServingRuntime")["spec"]["containers"],
        "initContainers": [initializer],
        "volumes": [{"name": "kserve-provision-location", "emptyDir": {}}],
    }


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_server_is_restricted_where_kserves_initializer_is(manifests, folder):
    patch = yaml.safe_load((MANIFESTS / "kserve-settings" / "storage-initializer.yaml").read_text())
    assert violations(server(manifests, folder, {**INITIALIZER, **patch["spec"]["container"]})) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_initializer_as_kserve_installs_it_is_all_that_is_not_restricted(manifests, folder):
    faults = violations(server(manifests, folder, INITIALIZER))
    assert faults
    assert {fault.partition(" ")[0] for fault in faults} == {"storage-initializer"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_server_writes_to_no_disk(manifests, folder):
    (container,) = manifests.one(folder, "ServingRuntime")["spec"]["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True


# What KFP 2.17 gives the container of every step (`applySecurityContextToExecutorTemplate` in its argocompiler). That
# the image must not run as root is not among it.
KFP_CONTAINER = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def steps(cluster):
    """The pods of the steps: the part of KFP, and what the compiled pipeline asks for beside it."""
    pipeline, platform = yaml.safe_load_all(compiled(cluster))
    asked = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    for name in pipeline["deploymentSpec"]["executors"]:
        own = asked.get(name, {})
        identity = own.get("securityContext", {})
        volumes = [{"name": volume["volumeName"], "emptyDir": {}} for volume in own.get("emptyDirMounts", [])]
        known = {
            "securityContext",
            "emptyDirMounts",
            "nodeSelector",
            "tolerations",
            "secretAsEnv",
            "activeDeadlineSeconds",
        }
        assert set(own) <= known, f"{name} asks for something that this test does not judge"
        yield {"containers": [{"name": name, "securityContext": {**KFP_CONTAINER, **identity}}], "volumes": volumes}


def test_every_step_is_restricted():
    pods = list(steps(ClusterConfig(defaults={"shared_memory": "1Gi"})))
    assert len(pods) > 10
    assert [fault for pod in pods for fault in violations(pod)] == []


@pytest.mark.parametrize("file", SETTINGS, ids=lambda path: path.parent.name)
def test_the_settings_beside_an_overlay_leave_every_step_restricted(file):
    cluster = FinetuneConfig.resolve(file=file, overrides={"source": "gs://bucket/pictures"}).cluster
    assert [fault for pod in steps(cluster) for fault in violations(pod)] == []


def test_a_step_whose_image_may_be_roots_is_not():
    pods = list(steps(ClusterConfig(defaults={"non_root": False})))
    assert all("is not bound to run as somebody else than root" in violations(pod)[0] for pod in pods)
    assert all(len(containers(pod)) == 1 for pod in pods)
