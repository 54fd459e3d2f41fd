"""How a cluster runs the pipeline: images, resources, identities. A step is never told of these settings.

``defaults`` hold for every step; what ``steps`` says of one goes before.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from lookalike_components import containers
from lookalike_components.step_config import StepConfig, one_of

STEPS = (
    "champion",
    "plan",
    "examine",
    "pack",
    "ingest",
    "label",
    "split",
    "choose",
    "evaluate-reference",
    "train",
    "evaluate-candidate",
    "compare",
    "export",
    "promote",
    "deploy",
    "notify",
)
QUANTITY = r"|[0-9]+(\.[0-9]+)?(m|[kMGTPE]|[KMGTPE]i)?"
DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
SECRET_KEY = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?/[A-Za-z0-9._-]+")


def _names_a_secrets_key(value: str) -> str:
    if value and not SECRET_KEY.fullmatch(value):
        raise ValueError("write the name of the secret and its key, such as lookalike-webhook/url")
    return value


SecretKey = Annotated[str, AfterValidator(_names_a_secrets_key)]


class Images(StepConfig):
    """Where the images of the steps come from."""

    registry: str = Field("", description="Registry and folder of the images, in place of `lookalike`")
    tag: str = Field("", description="Tag of the images, in place of this version's")
    cpu: str = Field("", description="Whole reference of the image `cpu`, best pinned: HOST/PATH@sha256:DIGEST")
    gpu: str = Field("", description="Whole reference of the image `gpu`")

    def reference(self, image: str) -> str:
        """What a cluster pulls for one of the images in `lookalike_components.containers`."""
        folder, _, rest = image.rpartition("/")
        kind, _, tag = rest.partition(":")
        return getattr(self, kind, "") or f"{self.registry.rstrip('/') or folder}/{kind}:{self.tag or tag}"

    def unpinned(self) -> list[str]:
        """References that may name other bytes tomorrow; KFP's cache would not notice."""
        used = (self.reference(image) for image in (containers.CPU, containers.GPU))
        return [reference for reference in used if not DIGEST.search(reference)]


class Toleration(StepConfig):
    """A taint of a node that a step puts up with."""

    key: str = Field("", description="Key of the taint; every key where it is empty and the operator is Exists")
    operator: Literal["Equal", "Exists"] = Field("Equal", description="How the value is compared")
    value: str = Field("", description="Value of the taint")
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = Field("", description="All where empty")


class PodConfig(StepConfig):
    """What the pod of a step asks for."""

    cpu: str = Field("", pattern=f"^({QUANTITY})$", description="Request and limit, such as 4 or 500m")
    memory: str = Field("", pattern=f"^({QUANTITY})$", description="Request and limit, such as 16Gi")
    accelerator: str = Field("nvidia.com/gpu", description="Name of the resource, of which there may be several")
    accelerators: int = Field(0, ge=0, description="How many; 0 for a step that runs on processors alone")
    node_selector: dict[str, str] = Field({}, description="Labels that the node has to have")
    tolerations: list[Toleration] = Field([], description="Taints of nodes that the step puts up with")
    shared_memory: str = Field("", pattern=f"^({QUANTITY})$", description="Size of /dev/shm, such as 8Gi")
    retries: int = Field(0, ge=0, description="How often a step that failed is tried again")
    backoff_seconds: int = Field(
        60, ge=1, description="Pause before the first retry; each further one is twice as long"
    )
    timeout_seconds: int = Field(0, ge=0, description="After how long the pod is stopped; 0 for never")
    secrets: dict[str, SecretKey] = Field({}, description="Environment variables from secrets: VARIABLE: SECRET/KEY")
    non_root: bool = Field(True, description="Whether the pod is refused where its image would run as root")


class ClusterConfig(StepConfig):
    """Settings of Kubeflow."""

    images: Images = Field(default_factory=Images, description="Where the images come from")
    service_account: str = Field("", description="Service account of the pods; the installation's own where empty")
    experiment: str = Field(
        "lookalike", min_length=1, description="Experiment of Kubeflow that the runs are listed under"
    )
    namespace: str = Field("", description="Profile of a multi-user installation, unless --namespace names one")
    webhook: SecretKey = Field(
        "lookalike-webhook/url", description="Secret and key with the address that notify posts to"
    )
    defaults: PodConfig = Field(default_factory=PodConfig, description="What holds for every step")
    steps: dict[Annotated[str, one_of("step", STEPS)], PodConfig] = Field(
        {}, description="What holds for single steps, by name"
    )

    def pod(self, step: str) -> PodConfig:
        """What the pod of one step asks for."""
        own = self.steps.get(step, PodConfig())
        said: dict[str, Any] = {name: getattr(own, name) for name in own.model_fields_set}
        return self.defaults.model_copy(update=said)
