"""Writes every page and file that follows from the code, or with ``--check`` tells which of them is out of date.

python docs/generate.py            rewrite
python docs/generate.py --check    exit 1 and name the files that differ
"""

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ROOT / "components" / "lookalike_components"
GENERATED = re.compile(r"<!-- generated -->.*?<!-- end -->", re.DOTALL)
SDK_VERSION = re.compile(r"^sdkVersion: .*$", re.MULTILINE)


def main(arguments: list[str]) -> int:
    """Compares or rewrites; returns the exit code."""
    pages = dict(generated())
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            sys.stderr.write(f"{path.relative_to(ROOT)} is out of date; run `make fix`\n")
        return 1 if stale else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages[path], encoding="utf-8")
        sys.stderr.write(f"wrote {path.relative_to(ROOT)}\n")
    return 0


def generated() -> Iterator[tuple[Path, str]]:
    """Every generated file with the text that it should have."""
    yield ROOT / "manifests" / "finetune.yaml", compiled_pipeline()
    yield ROOT / "docs" / "configuration.md", configuration_page()
    yield ROOT / "docs" / "cli.md", cli_page()
    training = ROOT / "docs" / "training.md"
    yield training, GENERATED.sub(lambda _: parts_table(), training.read_text(encoding="utf-8"))
    for step in steps():
        path = ROOMS / step / "README.md"
        yield path, GENERATED.sub(lambda _, step=step: step_table(step), path.read_text(encoding="utf-8"))


def steps() -> tuple[str, ...]:
    """The rooms that hold a component."""
    import lookalike_components

    return lookalike_components.STEPS


def compiled_pipeline() -> str:
    """The pipeline's YAML, without the version of the SDK that wrote it."""
    from lookalike.dag import compile_to

    with TemporaryDirectory() as folder:
        path = Path(folder) / "finetune.yaml"
        compile_to(path)
        return SDK_VERSION.sub("sdkVersion: kfp", path.read_text(encoding="utf-8"))


def step_table(step: str) -> str:
    """Inputs and outputs of a component, as a README shows them."""
    import lookalike_components

    component = getattr(lookalike_components, step)
    spec = component.component_spec
    inputs = [
        f"| `{name}` | {_type(what.type)} | {_default(what)} | {_cell(what.description)} |"
        for name, what in spec.inputs.items()
    ]
    outputs = [f"| `{name}` | {_type(what.type)} | {_cell(what.description)} |" for name, what in spec.outputs.items()]
    return "\n".join(
        [
            "<!-- generated -->",
            "| Input | Type | Default | |\n|---|---|---|---|",
            *inputs,
            "",
            "| Output | Type | |\n|---|---|---|",
            *outputs,
            "<!-- end -->",
        ]
    )


def _type(name: str) -> str:
    return name.split("@")[0].removeprefix("system.")


def _default(what: Any) -> str:
    if what.default is None:
        return "optional" if what.optional else "required"
    return f"`{what.default!r}`"


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def configuration_page() -> str:
    """Every setting with its type, default and meaning."""
    from lookalike.config import SECTIONS, TOP, FinetuneConfig

    top = {name: FinetuneConfig.model_fields[name] for name in sorted(TOP)}
    defaults = FinetuneConfig(source="./photos").model_dump()
    parts = [
        "# Configuration\n\nWritten by `make fix` from the code; do not edit.\n\n"
        "A YAML file holds the settings by section (`lookalike fit ./photos --config FILE`). Single ones are given as\n"
        '`--set SECTION.FIELD=VALUE` on the command line and as `section={"field": value}` in Python; a field that\n'
        "only one section has needs no section: `--set epochs=8`. What a file leaves out keeps its default.",
        _settings("Shared by several steps", top),
        *[_settings(f"`{name}`", dict(model.model_fields)) for name, model in SECTIONS.items()],
        *cluster_settings(),
        f"## All defaults as a file\n\n```yaml\n{yaml.safe_dump(defaults, sort_keys=False)}```",
    ]
    return "\n\n".join(parts) + "\n"


def cluster_settings() -> Iterator[str]:
    """The section `cluster`, and what lies within it."""
    from lookalike.cluster import ClusterConfig, Images, PodConfig, Toleration

    yield _settings("`cluster`", ClusterConfig.model_fields)
    yield _settings("`cluster.images`", Images.model_fields)
    yield _settings("`cluster.defaults`, and `cluster.steps` by name of the step", PodConfig.model_fields)
    yield _settings("`tolerations` of a pod", Toleration.model_fields)


def _settings(title: str, fields: dict[str, FieldInfo]) -> str:
    from lookalike.config import meaning

    rows = [
        f"| `{name}` | {_kind(field)} | {_preset(field)} | {_cell(meaning(field))} |" for name, field in fields.items()
    ]
    return "\n".join([f"## {title}\n", "| Setting | Type | Default | |", "|---|---|---|---|", *rows])


def _kind(field: FieldInfo) -> str:
    kind = field.annotation
    if get_origin(kind) in {dict, list}:
        return str(get_origin(kind).__name__)
    name = kind.__name__ if inspect.isclass(kind) and not getattr(kind, "__args__", ()) else str(kind)
    return (
        name.removeprefix("typing.").replace("Literal", "one of ").replace("[", "").replace("]", "").replace("|", "\\|")
    )


def _preset(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    return "below" if isinstance(default, BaseModel) else f"`{default!r}`"


def parts_table() -> str:
    """The parts that `lookalike ablate` switches, by their groups."""
    from lookalike.ablation.parts import read_parts

    rows = [f"| {part.group} | `{part.name}` | {part.switches} | {_changes(part.settings)} |" for part in read_parts()]
    return "\n".join(
        ["<!-- generated -->", "| Group | Part | Switched to | Settings |\n|---|---|---|---|", *rows, "<!-- end -->"]
    )


def _changes(settings: dict[str, Any]) -> str:
    return ", ".join(
        f"`{name}: {yaml.safe_dump(value, default_flow_style=True).split(chr(10))[0]}`"
        for name, value in settings.items()
    )


def cli_page() -> str:
    """The help of every command."""
    import click
    import typer

    from lookalike.cli.app import app

    commands = list(_commands(typer.main.get_command(app), ("lookalike",), click))
    return "# Command line\n\nWritten by `make fix` from the code; do not edit.\n\n" + "\n\n".join(commands) + "\n"


def _commands(command: Any, path: tuple[str, ...], click: Any) -> Iterator[str]:
    if children := getattr(command, "commands", None):
        for name in sorted(children):
            yield from _commands(children[name], (*path, name), click)
        return
    rows = [
        f"| `{' '.join(parameter.opts)}` | {_cell(getattr(parameter, 'help', ''))} |" for parameter in command.params
    ]
    epilog = f"\n\n{inspect.cleandoc(command.epilog)}" if command.epilog else ""
    table = "\n".join(["| | |", "|---|---|", *rows])
    yield f"## `{' '.join(path)}`\n\n{inspect.cleandoc(command.help or '')}\n\n{table}{epilog}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
