"""Settings of step `deploy`, checked by the rules that Kubernetes and KServe will apply later."""

import re

from pydantic import Field, ValidationInfo, field_validator

from lookalike_components.step_config import StepConfig

# KServe's own rule for the name of an InferenceService, short enough that "-predictor" still makes a DNS label.
_SERVICE_NAME = re.compile(r"[a-z]([-a-z0-9]{0,51}[a-z0-9])?")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_CPU = re.compile(r"[1-9]\d*m?|\d+\.\d+")
_MEMORY = re.compile(r"[1-9]\d*(Ki|Mi|Gi|Ti|k|M|G|T)?")
_SCHEMES = ("gs", "s3", "pvc", "https", "http", "hdfs", "webhdfs", "hf", "oci", "file")


class DeployConfig(StepConfig):
    """What the InferenceService asks the cluster for."""

    name: str = Field("lookalike", description="Name of the InferenceService.")
    namespace: str = Field("default", description="Kubernetes namespace that it lives in.")
    storage_uri: str = Field("", description="Where the cluster reads the release (empty: the artifact's URI).")
    min_replicas: int = Field(1, ge=1, description="Servers that are always there.")
    max_replicas: int = Field(3, ge=1, validate_default=True, description="Servers under full load.")
    cpu: str = Field("2", description="CPU cores that one server asks for and may use, such as `2` or `500m`.")
    memory: str = Field("2Gi", description="Memory that one server asks for and may use, such as `2Gi`.")

    @field_validator("name")
    @classmethod
    def _is_a_service_name(cls, name: str) -> str:
        rule = "use at most 53 lower-case letters, digits and hyphens, a letter first and no hyphen last"
        return _matching(_SERVICE_NAME, name, rule)

    @field_validator("namespace")
    @classmethod
    def _is_a_namespace(cls, namespace: str) -> str:
        rule = "use at most 63 lower-case letters, digits and hyphens, and no hyphen at either end"
        return _matching(_NAMESPACE, namespace, rule)

    @field_validator("storage_uri")
    @classmethod
    def _is_storage(cls, uri: str) -> str:
        return checked_storage(uri) if uri else uri

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
