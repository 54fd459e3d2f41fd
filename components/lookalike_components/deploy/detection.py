"""How KServe runs services on a cluster, and whether it would heed a canary there."""

from typing import Any, get_args

from lookalike_components.deploy.cluster import Cluster, Document
from lookalike_components.deploy.config import DeployConfig, Mode
from lookalike_components.deploy.refusals import UndeclaredError
from lookalike_components.deploy.render import DEPLOYMENT_MODE
from lookalike_components.errors import UserError
from lookalike_components.progress import say

KNATIVE = "serving.knative.dev"
MODES: dict[str, Mode] = {
    "Standard": "Standard",
    "RawDeployment": "Standard",  # its name before KServe 0.16
    "Knative": "Knative",
    "Serverless": "Knative",
}


def mode_of_service(service: Document) -> Mode | None:
    """The deployment mode that a service has been given; None where nothing says."""
    written = service.get("status", {}).get("deploymentMode") or service["metadata"].get("annotations", {}).get(
        DEPLOYMENT_MODE
    )
    return _known(written, "the service") if written else None


def choose_mode(cluster: Cluster, service: Document | None, config: DeployConfig) -> Mode:
    """The mode to deploy in: that of the service, else the settings', else the cluster's default, else Standard.

    Raises:
        UserError: KServe would refuse the mode or leave the service waiting for ever.
    """
    now = mode_of_service(service) if service else None
    wanted: Mode | None = None if config.mode == "auto" else config.mode
    if now and wanted and now != wanted:
        raise UserError(
            f"{config.namespace}/{config.name} runs in {now} mode, which KServe lets nobody change; delete it first, "
            f"or leave deploy.mode at auto"
        )
    mode = now or wanted or default_mode(cluster)
    if mode == "Knative" and not cluster.serves(KNATIVE):
        raise UserError(f"{cluster.host} has no Knative ({KNATIVE}); install it, or choose deploy.mode=Standard")
    if mode == "Standard" and config.min_replicas == 0:
        raise UserError(
            "min_replicas is 0: in Standard mode nothing starts a server when a request comes; use 1 or more"
        )
    return mode


def default_mode(cluster: Cluster) -> Mode:
    """The cluster's own default, where it may be read."""
    settings = cluster.kserve_settings()
    if settings is None:
        say("KServe's settings may not be read here (configmap inferenceservice-config); taking Standard mode")
        return "Standard"
    return _known(settings.get("deploy", {}).get("defaultDeploymentMode", "Standard"), "the cluster's default")


def refuse_what_is_ignored(cluster: Cluster, document: Document, mode: Mode) -> None:
    """Makes sure, before anything changes, that a canary will get its share and no more.

    Raises:
        UserError: KServe here knows no canary in Standard mode, or routes requests without weights.
    """
    if mode == "Knative":
        return
    settings = cluster.kserve_settings()
    if settings is None:
        say(
            "KServe's settings may not be read here; unless it routes through the Gateway API, a canary gets no request"
        )
    ingress: dict[str, Any] = (settings or {}).get("ingress", {})
    if ingress.get("enableGatewayApi") is False:
        raise UserError(
            "KServe here routes through Ingress, which gives a canary in Standard mode no share of the requests; "
            "set enableGatewayApi in its inferenceservice-config, or deploy without a canary"
        )
    if not _declares_canaries(cluster, document):
        raise UserError(
            "KServe here is older than 0.20, which knows no canary in Standard mode; "
            "upgrade KServe, deploy on Knative, or deploy without a canary"
        )


def _declares_canaries(cluster: Cluster, document: Document) -> bool:
    try:
        answer = cluster.apply(document, force=True, dry_run=True)
    except UndeclaredError:
        return False
    return bool(answer["spec"].get("canary"))


def _known(written: str, whose: str) -> Mode:
    if written in MODES:
        return MODES[written]
    raise UserError(
        f"{whose} has deployment mode {written}, in which no release can be served; use {' or '.join(get_args(Mode))}"
    )
