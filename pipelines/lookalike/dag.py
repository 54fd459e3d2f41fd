"""The pipeline ``finetune``: one definition for the laptop and for Kubeflow.

    ingest -> label -> split -+-> train ----> evaluate --+-> compare -> (better?) -> export -> deploy
                              +-> evaluate (reference) --+

A large source is brought to the store by parallel tasks before *ingest*, which then finds its work done.

Its parameters, their defaults and their descriptions come from `FinetuneConfig`, so that none is written twice.
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kfp import compiler, dsl
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from lookalike.config import SECTIONS, STEP_CONFIGS, TOP, FinetuneConfig, meaning
from lookalike_components import compare, deploy, evaluate, export, ingest, label, split, train
from lookalike_components.encoder.choice import EncoderChoice
from lookalike_components.ingest.fan_out.component import move_in_parallel
from lookalike_components.ingest.fan_out.plan.component import plan

KFP_TYPES = (str, int, float, bool, dict, list)


def _fields() -> dict[str, FieldInfo]:
    """Every parameter of the pipeline with the field that describes it; what has no default comes first."""
    top = {name: FinetuneConfig.model_fields[name] for name in sorted(TOP)}
    sections = {
        f"{name}_{field}": info for name, model in SECTIONS.items() for field, info in model.model_fields.items()
    }
    return dict(sorted({**top, **sections}.items(), key=lambda item: not item[1].is_required()))


def _parameter(name: str, field: FieldInfo) -> inspect.Parameter:
    default = field.get_default(call_default_factory=True)
    kind = field.annotation if field.annotation in KFP_TYPES else type(default)
    default = inspect.Parameter.empty if default is PydanticUndefined else default
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=kind)


def _with_parameters_of_the_config(body: Callable[[dict[str, Any]], None]) -> Callable[..., None]:
    """Gives the pipeline function the signature that KFP reads its inputs from."""
    signature = inspect.Signature([_parameter(name, field) for name, field in _fields().items()])

    def pipeline(*arguments: Any) -> None:
        body(signature.bind(*arguments).arguments)

    described = "".join(f"\n    {name}: {meaning(field)}." for name, field in _fields().items())
    pipeline.__name__ = body.__name__
    pipeline.__doc__ = f"{inspect.getdoc(body)}\n\nArgs:{described}\n"
    pipeline.__signature__ = signature  # type: ignore[attr-defined]
    return pipeline


def _of(step: str, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of one step's component, picked out of the pipeline's parameters."""
    names = {
        field: f"encoder_{field}"
        if field in EncoderChoice.model_fields
        else field
        if field in TOP
        else f"{step}_{field}"
        for field in STEP_CONFIGS[step].model_fields
    }
    return {field: given[name] for field, name in names.items() if name in given}


def _ingested(store: str, settings: dict[str, Any]) -> Any:
    """The task `ingest`, after parallel ones that do most of its work where the source is large."""
    planned = plan(store=store, **settings)
    parts = {"files": planned.outputs["files"], "partitions": planned.outputs["Output"]}
    moved = move_in_parallel(store=store, **parts, **settings)
    return ingest(store=store, **settings).after(moved)


@dsl.pipeline(name="finetune")
@_with_parameters_of_the_config
def finetune(given: dict[str, Any]) -> None:
    """Fine-tune an image encoder, prove that it got better, and release it.

    Pictures go in once; the new encoder is compared with the pretrained one on labels that training never saw, and
    only a better one is exported and deployed.
    """
    ingested = _ingested(f"{given['artifacts']}/shards", _of("ingest", given))
    labelled = label(images=ingested.outputs["images"], **_of("label", given))
    table = split(labelled=labelled.outputs["labelled"], **_of("split", given)).outputs["table"]

    reference = evaluate(table=table, role="reference", **_of("evaluate", given))
    trained = train(table=table, **_of("train", given))
    encoder = trained.outputs["encoder"]
    candidate = evaluate(table=table, encoder=encoder, role="candidate", **_of("evaluate", given))

    compared = compare(
        table=table,
        reference=reference.outputs["evaluation"],
        candidate=candidate.outputs["evaluation"],
        history=trained.outputs["history"],
        **_of("compare", given),
    )
    with dsl.If(compared.outputs["Output"] == True, name="better"):  # noqa: E712 (KFP compares, it does not test)
        released = export(encoder=encoder, table=table, **_of("export", given))
        deploy(release=released.outputs["release"], **_of("deploy", given))


def compile_to(path: Path) -> None:
    """Writes the pipeline's YAML, ready for the Kubeflow UI or `kfp.Client`."""
    compiler.Compiler().compile(finetune, str(path))
