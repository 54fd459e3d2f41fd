"""Settings of step `deploy`, checked by the rules that Kubernetes and KServe will apply later."""

import re
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from lookalike_components.step_config import StepConfig

Mode = Literal["Standard", "Knative"]

# KServe's own rule for the name of an InferenceService, short enough that "-predictor" still makes a DNS label.
_SERVICE_NAME = re.compile(r"[a-z]([-a-z0-9]{0,51}[a-z0-9])?")
_LONGEST_WITH_CANARY = 43  # a canary's Deployment is called NAME-r12345678-predictor
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_CPU = re.compile(r"[1-9]\d*m?|\d+\.\d+")
_MEMORY = re.compile(r"[1-9]\d*(Ki|Mi|Gi|Ti|k|M|G|T)?")
_SCHEMES = ("gs", "s3", "pvc", "https", "http", "hdfs", "webhdfs", "hf", "oci", "file")


class DeployConfig(StepConfig):
    """What the InferenceService asks the cluster for, and how it gets there."""

    name: str = Field("lookalike", description="Name of the InferenceService.")
    namespace: str = Field("default", description="Kubernetes namespace that it lives in.")
    storage_uri: str = Field("", description="Where the cluster reads the release (empty: the artifact's URI).")
    mode: Literal["auto", "Standard", "Knative"] = Field(
        "auto",
        description="Deployment mode of KServe; auto keeps that of the service, or takes the cluster's default.",
    )
    min_replicas: int = Field(1, ge=0, description="Servers that are always there; 0 on Knative only.")
    max_replicas: int = Field(3, ge=1, validate_default=True, description="Servers under full load.")
    cpu: str = Field("2", description="CPU cores that one server asks for and may use, such as `2` or `500m`.")
    memory: str = Field("2Gi", description="Memory that one server asks for and may use, such as `2Gi`.")
    service_account: str = Field("", description="ServiceAccount of the servers; empty for the namespace's default.")
    apply: bool = Field(False, description="Whether the service is put on the cluster; if not, its YAML is written.")
    canary: int = Field(
        0, ge=0, le=99, description="Percent of the requests that the new release gets at first; 0 for all of them."
    )
    timeout: int = Field(900, ge=0, description="Seconds to wait until the service is ready; 0 does not wait.")
    force: bool = Field(False, description="Whether settings that others changed in the service are overwritten.")

    @field_validator("name")
    @classmethod
    def _is_a_service_name(cls, name: str) -> str:
        rule = "use at most 53 lower-case letters, digits and hyphens, a letter first and no hyphen last"
        return _matching(_SERVICE_NAME, name, rule)

    @field_validator("namespace")
    @classmethod
    def _is_a_namespace(cls, namespace: str) -> str:
        rule = "use at most 63 lower-case letters, digits and hyphens, and no hyphen at either end"
        return _matching(_DNS_LABEL, namespace, rule)

    @field_validator("service_account")
    @classmethod
    def _is_an_account(cls, account: str) -> str:
        rule = "use at most 63 lower-case letters, digits and hyphens, and no hyphen at either end"
        return _matching(_DNS_LABEL, account, rule) if account else account

    @field_validator("storage_uri")
    @classmethod
    def _is_storage(cls, uri: str) -> str:
        return checked_storage(uri).rstrip("/") if uri else uri

    @field_validator("min_replicas")
    @classmethod
    def _is_for_this_mode(cls, least: int, info: ValidationInfo) -> int:
        if least == 0 and info.data.get("mode") == "Standard":
            raise ValueError("in Standard mode nothing starts a server when a request comes; use 1 or more, or Knative")
        return least

    @field_validator("max_replicas")
    @classmethod
    def _is_a_range(cls, most: int, info: ValidationInfo) -> int:
        least = info.data.get("min_replicas", 1)
        if most < least:
            raise ValueError(f"it should be min_replicas ({least}) or more")
        return most

    @field_validator("cpu")
    @classmethod
    def _is_cpu(cls, cpu: str) -> str:
        return _matching(_CPU, cpu, "use cores or thousandths of a core, such as 2, 0.5 or 500m")

    @field_validator("memory")
    @classmethod
    def _is_memory(cls, memory: str) -> str:
        return _matching(_MEMORY, memory, "use a whole number with a unit, such as 512Mi or 2Gi")

    @field_validator("canary")
    @classmethod
    def _leaves_room_in_the_name(cls, canary: int, info: ValidationInfo) -> int:
        if canary and len(info.data.get("name", "")) > _LONGEST_WITH_CANARY:
            raise ValueError(f"a service with a canary has a name of at most {_LONGEST_WITH_CANARY} letters")
        return canary


def checked_storage(uri: str) -> str:
    """Returns ``uri`` when it is one that KServe's storage initializer reads.

    Raises:
        ValueError: Its scheme is unknown to KServe.
    """
    scheme, separator, _ = uri.partition("://")
    if separator and scheme in _SCHEMES:
        return uri
    known = ", ".join(f"{scheme}://" for scheme in _SCHEMES)
    raise ValueError(f"only {known} are read by KServe; pass the release's folder there")


def _matching(pattern: re.Pattern[str], text: str, rule: str) -> str:
    if pattern.fullmatch(text):
        return text
    raise ValueError(rule)
