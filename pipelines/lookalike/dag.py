"""The pipeline ``finetune``: one definition for the laptop and for Kubeflow.

    champion -> ingest -> label -> split -> choose -+-> train ----> evaluate --+-> compare -> (better?)
                                                    +-> evaluate (reference) --+       -> export -> promote -> deploy

However that ends, *notify* tells of it.
A large source is brought to the store by parallel tasks before *ingest*, which then finds its work done. *champion*
names the encoder to beat and the test set to beat it on; without a challenge that is the pretrained one, and a new
split. *choose* names the backbone: the one that was asked for, or that of the encoder that training goes on from, or
for auto the best.

Its parameters, their defaults and their descriptions come from `FinetuneConfig`, so that none is written twice.
"""

import inspect
from collections.abc import Callable
from itertools import dropwhile
from pathlib import Path
from typing import Any

from kfp import compiler, dsl
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from lookalike.config import SECTIONS, STEP_CONFIGS, TOP, FinetuneConfig, meaning
from lookalike_components import (
    champion,
    choose,
    compare,
    deploy,
    evaluate,
    export,
    ingest,
    label,
    notify,
    promote,
    split,
    train,
)
from lookalike_components.encoder.choice import EncoderChoice
from lookalike_components.encoder.shape import EncoderShape
from lookalike_components.ingest.fan_out.component import define as define_parallel_moves
from lookalike_components.ingest.fan_out.plan.component import plan

KFP_TYPES = (str, int, float, bool, dict, list)

Dress = Callable[[str, dsl.PipelineTask], object]
"""Is given a step's name and its task, to say what the place where it runs should know of it."""


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
        else f"train_{field}"
        if field in EncoderShape.model_fields
        else f"{step}_{field}"
        for field in STEP_CONFIGS[step].model_fields
    }
    return {field: given[name] for field, name in names.items() if name in given}


class _Tasks:
    """Makes the tasks of the steps, each dressed for where it runs."""

    def __init__(self, given: dict[str, Any], dress: Dress, move_in_parallel: Any) -> None:
        self.given = given
        self.dress = dress
        self.move_in_parallel = move_in_parallel

    def make(self, step: str, component: Any, name: str = "", **inputs: Any) -> Any:
        """The task of a step.

        Args:
            step: Name of the step, whose settings the task takes out of the pipeline's parameters.
            component: Its component.
            name: Of the task, where it is another than the step's.
            inputs: What other tasks give it, and what the pipeline sets.
        """
        task = component(**{**_of(step, self.given), **inputs})
        self.dress(name or step, task)
        return task

    def afresh(self, step: str, component: Any, **inputs: Any) -> Any:
        """The task of a step that looks at the world or changes it, so that what it once gave says nothing of now."""
        return self.make(step, component, **inputs).set_caching_options(False)

    def ingest(self, after: Any) -> Any:
        """The task `ingest`, after parallel ones that do most of its work where the source is large.

        Args:
            after: A task that is to end well before anything is moved.
        """
        place = {"store": f"{self.given['artifacts']}/shards"}
        planned = self.make("ingest", plan, name="plan", **place).after(after)
        parts = {"files": planned.outputs["files"], "partitions": planned.outputs["Output"]}
        moved = self.move_in_parallel(**place, **parts, **_of("ingest", self.given))
        return self.make("ingest", ingest, **place).after(moved)


def define(dress: Dress = lambda _step, _task: None) -> Any:
    """Makes the pipeline.

    Args:
        dress: Is given each task with its name: champion, plan, examine, pack, ingest, label, split, choose,
            evaluate-reference, train, evaluate-candidate, compare, export, promote, deploy, notify.
    """
    move_in_parallel = define_parallel_moves(dress)  # KFP lets no pipeline begin while it is making another

    def finetune(given: dict[str, Any]) -> None:
        """Fine-tune an image encoder, prove that it got better, and release it.

        Pictures go in once; the new encoder is compared with the pretrained one, or with the champion, on labels that
        training never saw, and only a better one is exported and deployed.
        """
        tasks = _Tasks(given, dress, move_in_parallel)
        run = {"run": dsl.PIPELINE_JOB_NAME_PLACEHOLDER, "run_id": dsl.PIPELINE_JOB_ID_PLACEHOLDER}
        with dsl.ExitHandler(tasks.afresh("notify", notify, **run), name="run"):
            _body(tasks)

    return dsl.pipeline(name="finetune")(_with_parameters_of_the_config(finetune))


def _body(tasks: _Tasks) -> None:
    looked_up = tasks.afresh("champion", champion)
    to_beat = looked_up.outputs
    ingested = tasks.ingest(after=looked_up)
    labelled = tasks.make("label", label, images=ingested.outputs["images"]).outputs["labelled"]
    divided = tasks.make("split", split, labelled=labelled, test_set=to_beat["test_set"]).outputs
    table = divided["table"]
    model = tasks.make("choose", choose, table=table, start_from=to_beat["start_from"]).outputs["Output"]

    role = {"name": "evaluate-reference", "role": "reference", "encoder_uri": to_beat["encoder"]}
    reference = tasks.make("evaluate", evaluate, table=table, model=model, **role)
    place = {"checkpoints": f"{tasks.given['artifacts']}/checkpoints"}
    trained = tasks.make("train", train, table=table, model=model, start_from=to_beat["start_from"], **place)
    encoder = trained.outputs["encoder"]
    role = {"name": "evaluate-candidate", "role": "candidate"}
    candidate = tasks.make("evaluate", evaluate, table=table, encoder=encoder, **role)

    compared = tasks.make(
        "compare",
        compare,
        table=table,
        reference=reference.outputs["evaluation"],
        candidate=candidate.outputs["evaluation"],
        history=trained.outputs["history"],
        leaks=divided["leaks_found"],
        label_doubts=divided["label_doubts"],
    )
    with dsl.If(compared.outputs["Output"] == True, name="better"):  # noqa: E712 (KFP compares, it does not test)
        _release(tasks, to_beat, encoder, table, compared.outputs)


def _release(tasks: _Tasks, to_beat: dict[str, Any], encoder: Any, table: Any, compared: dict[str, Any]) -> None:
    judged = {"comparison": compared["comparison"], "compared": compared["report"]}
    rules = {"champion": to_beat["release"], "metric": tasks.given["compare_metric"]}
    exported = tasks.make("export", export, encoder=encoder, table=table, **judged, **rules)
    release = exported.outputs["release"]
    promoted = tasks.afresh(
        "promote",
        promote,
        release=release,
        encoder=encoder,
        table=table,
        run=dsl.PIPELINE_JOB_NAME_PLACEHOLDER,
        version=to_beat["version"],
        storage_uri=tasks.given["deploy_storage_uri"],
    )
    tasks.afresh("deploy", deploy, release=release, storage_uri=promoted.output)


finetune = define()


def compile_to(path: Path, dress: Dress = lambda _step, _task: None) -> None:
    """Writes the pipeline's YAML, ready for the Kubeflow UI or `kfp.Client`."""
    compiler.Compiler().compile(define(dress), str(path))
    # KFP's heading repeats the defaults in an order that no two compilations share, and a schedule would see a change.
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(dropwhile(lambda line: line.startswith("#"), lines)), encoding="utf-8")
