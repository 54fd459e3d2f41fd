"""Turns a release and its settings into an InferenceService that `kubectl apply -f` takes."""

import os
from pathlib import Path
from typing import Any

import yaml

from lookalike_components.deploy.config import DeployConfig, checked_storage
from lookalike_components.errors import UserError
from lookalike_components.progress import say
from lookalike_components.release.manifest import Manifest

RUNTIME = "lookalike"
"""Name of the ServingRuntime in ``manifests/serving-runtime.yaml``, and of the model format that it reads."""
RELEASE_ANNOTATION = "lookalike/release"
ENCODER_ANNOTATION = "lookalike/encoder"


def deploy(
    release_path: str | Path, release_uri: str, inference_service_path: str | Path, config: DeployConfig
) -> dict[str, str]:
    """Writes the InferenceService that serves a release; nothing is sent to a cluster.

    Args:
        release_path: The sealed release folder; only its manifest is read.
        release_uri: Where that folder is stored; what the cluster reads unless ``config.storage_uri`` says otherwise.
        inference_service_path: The YAML file to write.
        config: Name, size and scale of the service.

    Returns:
        Facts for people: the service and the release's digest.

    Raises:
        UserError: The folder holds no release, or KServe cannot read from where it is stored.
    """
    manifest = Manifest.read(release_path)
    storage = config.storage_uri or _storage_of(release_uri)
    if storage.startswith("file://"):
        say(f"{storage} is on this machine; a cluster needs the release in a bucket: pass its storage_uri")
    _write(Path(inference_service_path), inference_service(manifest, storage, config))
    return {"service": f"{config.namespace}/{config.name}", "release": manifest.digest[:12]}


def inference_service(manifest: Manifest, storage_uri: str, config: DeployConfig) -> dict[str, Any]:
    """The InferenceService (``serving.kserve.io/v1beta1``) for one release, as a dictionary ready for YAML."""
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {
            "name": config.name,
            "namespace": config.namespace,
            "labels": {"app.kubernetes.io/part-of": "lookalike"},
            "annotations": {
                "serving.kserve.io/deploymentMode": "Standard",
                RELEASE_ANNOTATION: manifest.digest,
                ENCODER_ANNOTATION: manifest.encoder.digest,
            },
        },
        "spec": {"predictor": _predictor(storage_uri, config)},
    }


def _predictor(storage_uri: str, config: DeployConfig) -> dict[str, Any]:
    size = {"cpu": config.cpu, "memory": config.memory}
    return {
        "minReplicas": config.min_replicas,
        "maxReplicas": config.max_replicas,
        "model": {
            "modelFormat": {"name": RUNTIME},
            "protocolVersion": "v2",
            "runtime": RUNTIME,
            "storageUri": storage_uri,
            "resources": {"requests": size, "limits": dict(size)},
        },
    }


def _storage_of(release_uri: str) -> str:
    if "://" not in release_uri:
        return Path(release_uri).resolve().as_uri()
    try:
        return checked_storage(release_uri)
    except ValueError as error:
        raise UserError(f"the release is stored at {release_uri} but {error} as storage_uri") from error


def _write(path: Path, document: dict[str, Any]) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    draft.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    draft.replace(path)
