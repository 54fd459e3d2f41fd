"""The manifests on a real API server.

It is of version 1.20: PodDisruptionBudgets go there as policy/v1beta1, and namespaces enforce no Pod Security Standard.
"""

import pytest
import yaml
from kustomized import FOLDERS, MANIFESTS, for_an_old_server, in_namespace


@pytest.mark.parametrize("folder", FOLDERS)
def test_kubectl_applies_every_object_and_a_second_time_changes_nothing(api, apply, manifests, folder):
    namespace = apply(folder)
    documents = in_namespace(manifests.documents[folder], namespace)
    again = api.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(map(for_an_old_server, documents)))
    lines = again.stdout.splitlines()
    assert len(lines) == len(documents)
    assert [line for line in lines if not line.endswith(" unchanged")] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_api_server_keeps_every_field(api, apply, manifests, folder):
    namespace = apply(folder)
    for document in map(for_an_old_server, in_namespace(manifests.documents[folder], namespace)):
        kind, name = document["kind"], document["metadata"]["name"]
        kept = yaml.safe_load(api.kubectl("get", kind, name, "-n", namespace, "-o", "yaml").stdout)
        assert lost(document, kept) == []


def lost(wanted, kept, where=""):
    """Where something that was applied is not in what the server has kept."""
    if isinstance(wanted, dict):
        return [path for key in wanted for path in lost(wanted[key], (kept or {}).get(key), f"{where}.{key}")]
    if isinstance(wanted, list):
        pairs = zip(wanted, kept or [None] * len(wanted), strict=True)
        return [path for position, pair in enumerate(pairs) for path in lost(*pair, f"{where}[{position}]")]
    return [] if wanted == kept else [where]


def test_the_namespace_of_dev_is_made_by_the_overlay_itself(api):
    api.kubectl("apply", "-f", MANIFESTS / "overlays" / "dev" / "namespace.yaml")
    assert "lookalike-dev" in api.kubectl("get", "namespaces").stdout


def test_kserves_settings_are_opened_in_kserves_own_namespace(api, installation):
    api.kubectl("create", "namespace", "kserve", check=False)
    api.kubectl("apply", "-k", MANIFESTS / "kserve-settings")
    for name in ("inferenceservice-config", "another"):
        api.kubectl("create", "configmap", name, "-n", "kserve", check=False)
    patch = yaml.safe_dump({"subjects": [subject(installation.namespace)]})
    api.kubectl("patch", "rolebinding", "lookalike-kserve-settings", "-n", "kserve", "--patch", patch)
    token = api.service_account_token(installation.namespace, "lookalike-pipeline")
    read = api.kubectl("get", "configmap", "inferenceservice-config", "-n", "kserve", token=token, check=False)
    refused = api.kubectl("get", "configmap", "another", "-n", "kserve", token=token, check=False)
    assert read.returncode == 0
    assert "forbidden" in refused.stderr


def subject(namespace):
    return {"kind": "ServiceAccount", "name": "lookalike-pipeline", "namespace": namespace}
