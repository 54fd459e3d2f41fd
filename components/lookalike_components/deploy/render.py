"""Turns a release and its settings into an InferenceService."""

import os
from pathlib import Path
from typing import Any

import yaml

from lookalike_components.deploy.config import DeployConfig, Mode
from lookalike_components.deploy.served import Predictor, Served, with_release
from lookalike_components.deploy.traffic import Traffic

RUNTIME = "lookalike"
"""Name of the ServingRuntime in ``manifests/``, and of the model format that it reads."""
DEPLOYMENT_MODE = "serving.kserve.io/deploymentMode"


def predictor(served: Served, config: DeployConfig, mode: Mode) -> Predictor:
    """The predictor of one release in the size that the settings ask for."""
    size = {"cpu": config.cpu, "memory": config.memory}
    account = {"serviceAccountName": config.service_account} if config.service_account else {}
    model = {
        "modelFormat": {"name": RUNTIME},
        "protocolVersion": "v2",
        "runtime": RUNTIME,
        "resources": {"requests": size, "limits": dict(size)},
    }
    replicas = {"minReplicas": config.min_replicas, "maxReplicas": config.max_replicas}
    return with_release({**replicas, **account, **_restricted(mode), "model": model}, served, [])


def _restricted(mode: Mode) -> dict[str, Any]:
    """What the Pod Security Standard `restricted` asks of a pod; Knative takes it of the runtime's container alone."""
    if mode == "Knative":
        return {}
    context = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    return {"automountServiceAccountToken": False, "securityContext": context}


def inference_service(name: str, namespace: str, mode: Mode, traffic: Traffic) -> dict[str, Any]:
    """The InferenceService (``serving.kserve.io/v1beta1``) as a dictionary, ready for YAML and for the API server."""
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"app.kubernetes.io/part-of": "lookalike"},
            "annotations": {DEPLOYMENT_MODE: mode},
        },
        "spec": traffic.spec(mode),
    }


def write_yaml(path: Path, document: dict[str, Any]) -> None:
    """Writes a document whole, or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    draft.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    draft.replace(path)
