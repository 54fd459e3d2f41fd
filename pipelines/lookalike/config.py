"""One frozen model holds every setting of a run; the command line, the SDK, YAML files and the pipeline share it.

The defaults are written once, in the steps' own configs; this module arranges those fields into sections:

- ``encoder``: the backbone to start from, which *train* and the reference's *evaluate* both need;
- one section a step, with what only that step needs;
- ``source``, ``artifacts``, ``challenge``, ``k``, ``seed``, ``false_match_rate`` and ``index_size`` at the top, because
  several steps share them;
- ``cluster``: how Kubeflow runs it (`lookalike.cluster`), which no step is told of.
"""

from collections.abc import Mapping
from functools import reduce
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, create_model, field_validator
from pydantic.fields import FieldInfo

from lookalike.cluster import ClusterConfig
from lookalike.yaml_settings import Settings, parsed_mapping, read_yaml
from lookalike_components.champion.config import ChampionConfig
from lookalike_components.choose.config import ChooseConfig
from lookalike_components.compare.config import CompareConfig
from lookalike_components.deploy.config import DeployConfig
from lookalike_components.encoder.choice import EncoderChoice
from lookalike_components.encoder.shape import EncoderShape
from lookalike_components.errors import UserError, listed
from lookalike_components.evaluate.config import EvaluateConfig
from lookalike_components.export.config import ExportConfig
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.label.config import LabelConfig
from lookalike_components.notify.config import NotifyConfig
from lookalike_components.promote.config import PromoteConfig
from lookalike_components.split.config import SplitConfig
from lookalike_components.step_config import StepConfig, explain
from lookalike_components.threshold_choice import ThresholdChoice
from lookalike_components.train.config import OBJECTIVE, TrainConfig

STEP_CONFIGS: dict[str, type[StepConfig]] = {
    "champion": ChampionConfig,
    "ingest": IngestConfig,
    "label": LabelConfig,
    "split": SplitConfig,
    "choose": ChooseConfig,
    "train": TrainConfig,
    "evaluate": EvaluateConfig,
    "compare": CompareConfig,
    "export": ExportConfig,
    "promote": PromoteConfig,
    "deploy": DeployConfig,
    "notify": NotifyConfig,
}
SET_BY_THE_PIPELINE = {
    "ingest": {"store"},
    "split": {"test_set"},
    "choose": set(EncoderShape.model_fields),  # those of the training
    "train": {"start_from", "checkpoints"},
    "evaluate": {"role", "encoder_uri"},
    "export": {"champion", "metric"},
    "promote": {"run", "version", "storage_uri"},
    "notify": {"run", "run_id"},
}
TOP = {"source", "artifacts", "challenge", "k", "seed", *ThresholdChoice.model_fields}


def _section(name: str, step: type[StepConfig]) -> type[StepConfig]:
    """The fields that belong to one step alone, with the step's own types, bounds, defaults and descriptions."""
    elsewhere = TOP | SET_BY_THE_PIPELINE.get(name, set()) | set(EncoderChoice.model_fields)
    own = {name: (field.annotation, field) for name, field in step.model_fields.items() if name not in elsewhere}
    return create_model(step.__name__.replace("Config", "Section"), __base__=StepConfig, **own)  # type: ignore[call-overload, no-any-return]


SECTIONS: dict[str, type[StepConfig]] = {
    "encoder": EncoderChoice,
    **{name: section for name, step in STEP_CONFIGS.items() if (section := _section(name, step)).model_fields},
}


class _Shared(ThresholdChoice):
    source: str = Field(
        min_length=1, description="Folder, gs:// prefix, archive, spreadsheet or shards of the pictures"
    )
    artifacts: str = Field(
        "",
        description="Where shards and a copy of the run go: a folder or gs://bucket/prefix; empty for the runs folder",
    )
    challenge: bool = Field(
        False,
        description="Whether the champion of artifacts is the encoder to beat, on its own test set, and a better one "
        "takes its place",
    )
    k: int = Field(3, ge=1, description="Cut-off of the metrics: how many neighbours of a query count")
    seed: int = Field(0, ge=0, description="Fixes the split, the batches and the bootstrap")

    @field_validator("artifacts")
    @classmethod
    def _without_a_slash_at_its_end(cls, artifacts: str) -> str:
        """In a bucket ``runs//shards`` is another place than ``runs/shards``."""
        return artifacts.rstrip("/") or artifacts


_Sections = create_model(  # type: ignore[call-overload]
    "_Sections",
    __base__=_Shared,
    **{name: (section, Field(default_factory=section)) for name, section in SECTIONS.items()},
)


class FinetuneConfig(_Sections):
    """Every setting of one run of the pipeline ``finetune``."""

    cluster: ClusterConfig = Field(default_factory=ClusterConfig, description="How Kubeflow runs the pipeline")

    @classmethod
    def resolve(cls, *, preset: str = "", file: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Self:
        """Merges settings: defaults, then the preset, then a YAML file, then single overrides.

        Args:
            preset: Name of a packaged preset (see `preset_names`), or "".
            file: YAML file with the same nested layout as the presets.
            overrides: Values by field (``epochs``) or by section and field (``train.epochs``).

        Raises:
            UserError: A file, a preset, a field or a value is not what it should be.
        """
        packaged = _read_preset(preset) if preset else {}
        layers: list[Settings] = [read_yaml(file)] if file else []
        layers += [_nested(path_of(name), value) for name, value in (overrides or {}).items()]
        try:
            config = cls.model_validate(
                merged(packaged, _in_every_variant(reduce(merged, layers, Settings()), packaged))
            )
        except ValidationError as error:
            raise UserError(explain(error, where=str(file or "settings"))) from error
        for step in STEP_CONFIGS:
            config.step(step)
        return config

    def step(self, name: str) -> StepConfig:
        """The config that one step will be given; raises UserError where its own rules refuse the values."""
        shape = {field: value for field, value in self.section("train").items() if field in EncoderShape.model_fields}
        own = {**self.section("encoder"), **shape, **self.top(), **self.section(name)}
        return STEP_CONFIGS[name].from_arguments({**own, "store": self.artifacts or "shards"})

    def top(self) -> Settings:
        """The settings that stand outside of every section."""
        return {name: getattr(self, name) for name in sorted(TOP)}

    def section(self, name: str) -> Settings:
        """The settings of one section; empty for a step that has none of its own."""
        return dict(getattr(self, name).model_dump()) if name in SECTIONS else {}

    def parameters(self) -> Settings:
        """The pipeline's parameters: the top as it is, a section's fields as ``section_field``."""
        flat = {f"{name}_{field}": value for name in SECTIONS for field, value in self.section(name).items()}
        return {**self.top(), **flat}

    @staticmethod
    def by_section(parameters: Mapping[str, Any]) -> Settings:
        """The pipeline's parameters as the settings they were made from; those that no section knows are left out."""
        flat = {f"{name}_{field}": (name, field) for name, model in SECTIONS.items() for field in model.model_fields}
        places = {**{name: (name,) for name in TOP}, **flat}
        given = [_nested(places[name], value) for name, value in parameters.items() if name in places]
        return reduce(merged, given, Settings())


def path_of(name: str) -> tuple[str, ...]:
    """Where a setting lives: ``epochs`` and ``train.epochs`` are ("train", "epochs"), ``seed`` is itself.

    Raises:
        UserError: No section has such a field, or several have.
    """
    if "." in name or name in FinetuneConfig.model_fields:
        return tuple(name.split("."))
    homes = [section for section, model in SECTIONS.items() if name in model.model_fields]
    if len(homes) == 1:
        return homes[0], name
    if homes:
        raise UserError(f"{name} is ambiguous: say {' or '.join(f'{home}.{name}' for home in homes)}")
    known = sorted({field for model in SECTIONS.values() for field in model.model_fields} | TOP)
    raise UserError(f"there is no setting called {name}; known are {listed(known, most=100)}")


def meaning(field: FieldInfo) -> str:
    """What a setting means, without the full stop."""
    words = (field.description or "").strip().rstrip(".")
    return words[:1].upper() + words[1:]


def preset_names() -> list[str]:
    """Names of the packaged presets."""
    return sorted(Path(entry.name).stem for entry in files("lookalike").joinpath("presets").iterdir())


def _in_every_variant(own: Settings, packaged: Settings) -> Settings:
    """One's own settings, which no variant of a packaged recipe takes back, unless the variants are one's own too."""
    said = own.get("train", {})
    if not isinstance(said, dict) or not said or "variants" in said:
        return own
    tried = packaged.get("train", {}).get("variants", TrainConfig.model_fields["variants"].default)
    settled = said.keys() | (OBJECTIVE if said.keys() & OBJECTIVE else set())
    left = [{name: value for name, value in variant.items() if name not in settled} for variant in tried]
    different = [variant for place, variant in enumerate(left) if variant not in left[:place]]
    return merged(own, {"train": {"variants": [] if different == [{}] else different}})


def _read_preset(name: str) -> Settings:
    if name not in preset_names():
        raise UserError(f"there is no preset called {name}; known are {listed(preset_names())}")
    return parsed_mapping(
        files("lookalike").joinpath("presets", f"{name}.yaml").read_text(encoding="utf-8"), f"preset {name}"
    )


def _nested(path: tuple[str, ...], value: Any) -> Settings:
    return reduce(lambda inner, name: {name: inner}, reversed(path), value)


def merged(lower: Settings, upper: Settings) -> Settings:
    """Lays ``upper`` over ``lower``, section by section."""
    both = {
        name: merged(lower[name], value)
        for name, value in upper.items()
        if isinstance(value, dict) and isinstance(lower.get(name), dict)
    }
    return {**lower, **upper, **both}
