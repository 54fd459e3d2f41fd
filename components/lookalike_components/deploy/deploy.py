"""What the step does: writes the InferenceService of a release, and puts it on the cluster where that is asked for."""

from pathlib import Path
from typing import Any

from lookalike_components.deploy.config import DeployConfig, Mode
from lookalike_components.deploy.render import inference_service, predictor, write_yaml
from lookalike_components.deploy.served import Served, read_release, stored_at
from lookalike_components.deploy.traffic import Traffic
from lookalike_components.progress import say


def deploy(
    release_path: str | Path, release_uri: str, inference_service_path: str | Path, config: DeployConfig
) -> dict[str, Any]:
    """Writes the InferenceService that serves a release, and with ``config.apply`` puts it on the cluster.

    Args:
        release_path: The sealed release folder; only its manifest is read.
        release_uri: Where that folder is stored; what the cluster reads unless ``config.storage_uri`` says otherwise.
        inference_service_path: The YAML file to write.
        config: Name, size and scale of the service, and how it gets to the cluster.

    Returns:
        Facts for people: the service, the release's digest, and where it was applied its mode and shares.

    Raises:
        UserError: The folder holds no release, KServe cannot read from where it is stored, or the cluster refuses it.
        LookalikeError: The cluster cannot be reached, or the service did not get ready.
    """
    served = read_release(release_path, config.storage_uri or stored_at(release_uri))
    place, path = f"{config.namespace}/{config.name}", Path(inference_service_path)
    if config.apply:
        return {"service": place, **_applied(served, path, config)}
    if served.storage_uri.startswith("file://"):
        say(f"{served.storage_uri} is on this machine; a cluster needs the release in a bucket: pass its storage_uri")
    mode: Mode = "Standard" if config.mode == "auto" else config.mode
    write_yaml(path, inference_service(config.name, config.namespace, mode, Traffic(predictor(served, config, mode))))
    return {"service": place, "release": served.release[:12]}


def _applied(served: Served, path: Path, config: DeployConfig) -> dict[str, Any]:
    from lookalike_components.deploy.cluster import connect
    from lookalike_components.deploy.service import Service

    service = Service(connect(), config.namespace, config.name)
    applied = service.deploy(served, config)
    write_yaml(path, applied.document)
    if config.timeout:
        service.wait(applied, config.timeout)
    return applied.facts
