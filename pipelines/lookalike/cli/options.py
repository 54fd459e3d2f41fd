"""Arguments and options that several commands share."""

import inspect
import json
import math
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from lookalike.client.service import Client

Source = Annotated[
    str,
    typer.Argument(
        help="Folder of pictures (one subfolder a label), gs:// prefix, .tar or .zip; CSV, JSON Lines, Parquet or "
        "text file of paths and URLs; or shards-{000..012}.tar."
    ),
]
Name = Annotated[str, typer.Option(help="Name of the run; the source's name and a number unless given.")]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="Name of the run; `lookalike runs list` shows them.")]
Runs = Annotated[
    str | None,
    typer.Option(
        "--runs",
        metavar="PLACE",
        envvar="LOOKALIKE_RUNS",
        help="Folder of the runs, or https://... or `kubeflow` for a cluster; ./runs unless given.",
        show_default=False,
    ),
]
Url = Annotated[
    str, typer.Option(metavar="URL", help="A server to ask, http://HOST:PORT or https://HOST.", show_default=False)
]
ServerToken = Annotated[
    Path | None,
    typer.Option(
        "--token-file", metavar="FILE", help="Token for the server; or set LOOKALIKE_TOKEN.", show_default=False
    ),
]
CaFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        envvar="LOOKALIKE_CA_FILE",
        help="PEM of whom the server's certificate is from.",
        show_default=False,
        show_envvar=False,
    ),
]
WITH_A_PLACE_OF_THEIR_OWN = {"source": "the argument SOURCE", "artifacts": "--artifacts"}
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def note(message: str) -> None:
    """One line on stderr."""
    sys.stderr.write(message + "\n")


def say(message: object) -> None:
    """One line of the result, on stdout."""
    sys.stdout.write(f"{message}\n")


def client_of(url: str, token_file: Path | None, ca_file: Path | None) -> "Client":
    """A client of the server that the options name."""
    from lookalike.client.service import Client

    return Client(url, token_file=token_file, ca_file=ca_file)


def parsed_column(option: str, text: str) -> tuple[str, str | int | float | bool | None]:
    """``COLUMN=VALUE`` as a server compares it: YAML's numbers, true, false and null are such, and all else is text.

    A label is text in any case.

    Raises:
        UserError: There is no column, or no value.
    """
    from yaml import YAMLError

    from lookalike.yaml_settings import parsed_value
    from lookalike_components.errors import UserError

    column, equals, value = text.partition("=")
    if not column or not equals:
        raise UserError(f"{option} {text} has no value; write {option} COLUMN=VALUE")
    try:
        parsed = parsed_value(value) if value and column != "label" else value
    except YAMLError:
        return column, value
    is_plain = isinstance(parsed, str | int | None) or (isinstance(parsed, float) and math.isfinite(parsed))
    return column, parsed if is_plain else value


def parsed_settings(settings: list[str]) -> dict[str, Any]:
    """Values of ``--set`` are YAML, so that numbers, lists and mappings can be given; nothing is an empty text."""
    from lookalike.config import path_of
    from lookalike.yaml_settings import parsed_value
    from lookalike_components.errors import UserError

    pairs = [setting.partition("=") for setting in settings]
    if wrong := [field for field, equals, _ in pairs if not equals]:
        raise UserError(f"--set {wrong[0]} has no value; write --set SECTION.FIELD=VALUE")
    if own := {field for field, _, _ in pairs} & WITH_A_PLACE_OF_THEIR_OWN.keys():
        raise UserError(f"--set {min(own)} has a place of its own: give it as {WITH_A_PLACE_OF_THEIR_OWN[min(own)]}")
    return {".".join(path_of(field)): parsed_value(value) if value else "" for field, _, value in pairs}


def _settings_of_the_pipeline(
    model: Annotated[
        str | None, typer.Option(help="Backbone to start from; see `lookalike models`. auto tries some.")
    ] = None,
    weights: Annotated[str | None, typer.Option(help="File with the backbone's weights (.pth, .safetensors).")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training pictures.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Learning rate of the optimizer.")] = None,
    loss: Annotated[str | None, typer.Option(help="Loss of pytorch-metric-learning, by its class's name.")] = None,
    label_rule: Annotated[
        str | None, typer.Option(help="Where labels come from: folder, column, table, pattern, position, pairs, none.")
    ] = None,
    singletons: Annotated[
        str | None, typer.Option(help="What happens to a label with one picture: refuse, drop, keep.")
    ] = None,
    leaks: Annotated[
        str | None, typer.Option(help="What happens to a training picture that the test has too: refuse, drop, ignore.")
    ] = None,
    k: Annotated[int | None, typer.Option("-k", help="How many neighbours of a query count in the metrics.")] = None,
    seed: Annotated[int | None, typer.Option(help="Fixes split, batches and bootstrap.")] = None,
    challenge: Annotated[
        bool | None,
        typer.Option(
            "--challenge/--no-challenge",
            help="Beat the champion of --artifacts, and take its place.",
            show_default=False,
        ),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="SECTION.FIELD=VALUE", help="Any other setting; repeatable.")
    ] = None,
    preset: Annotated[str, typer.Option(help="Packaged settings: best (the default), quick, walkthrough.")] = "",
    config: Annotated[Path | None, typer.Option(help="YAML file with settings.")] = None,
    artifacts: Annotated[str, typer.Option(help="Where shards and artifacts go: a folder or gs://bucket/prefix.")] = "",
) -> dict[str, Any]:
    """What `lookalike.fit` and its siblings take; a flag that was not given is left out."""
    flags: dict[str, Any] = {"encoder.model": model, "encoder.weights": weights, "label.rule": label_rule}
    flags |= {"label.singletons": singletons, "split.leaks": leaks, "k": k, "seed": seed, "challenge": challenge}
    flags |= {"train.epochs": epochs, "train.learning_rate": learning_rate, "train.loss": loss}
    given = {field: value for field, value in flags.items() if value is not None}
    files = {"preset": preset, "config": config, "artifacts": artifacts}
    return {**files, **given, **parsed_settings(settings or [])}


def _reach_the_cluster(
    namespace: Annotated[
        str, typer.Option(metavar="NAME", envvar="LOOKALIKE_NAMESPACE", help="Kubeflow profile.", show_default=False)
    ] = "",
    token_file: Annotated[
        str,
        typer.Option(metavar="FILE", envvar="LOOKALIKE_TOKEN_FILE", help="Token for Kubeflow.", show_default=False),
    ] = "",
) -> dict[str, Any]:
    """The SDK reads who asks from the environment, at each use."""
    given = {"LOOKALIKE_NAMESPACE": namespace, "LOOKALIKE_TOKEN_FILE": token_file}
    os.environ.update({variable: value for variable, value in given.items() if value})
    return {}


def _with_options(shared: Callable[..., dict[str, Any]]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command the options of ``shared`` beside its own; what that makes of them arrives as keywords."""
    theirs = inspect.signature(shared).parameters

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command).parameters.values()
        ours = [parameter for parameter in own if parameter.kind is not inspect.Parameter.VAR_KEYWORD]
        both = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in (*ours, *theirs.values())]

        @wraps(command)
        def with_both(**given: Any) -> None:
            made = shared(**{name: given.pop(name) for name in theirs})
            command(**given, **made)

        with_both.__signature__ = inspect.Signature(both)  # type: ignore[attr-defined]
        with_both.__annotations__ = {parameter.name: parameter.annotation for parameter in both}
        return with_both

    return decorate


takes_settings = _with_options(_settings_of_the_pipeline)
reaches_the_cluster = _with_options(_reach_the_cluster)
