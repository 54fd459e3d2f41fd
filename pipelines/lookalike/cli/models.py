"""``lookalike models``: the backbones that an encoder can start from."""

import typer

from lookalike.cli.options import AsJson, note, print_json


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog="**Example**: `lookalike models`, then `lookalike fit ./photos --model mobilenet_v2`")(models)


def models(as_json: AsJson = False) -> None:
    """List the pretrained backbones: what they give and take, their licences, and whether the weights are here."""
    from dataclasses import asdict

    from lookalike.display.tables import models_table, show
    from lookalike_components.encoder.backbones import BACKBONES
    from lookalike_components.encoder.cache import kept

    here = {name: any(kept(name)) for name in BACKBONES}
    if as_json:
        known = {name: {"poolings": row.poolings, "permissive": row.is_permissive} for name, row in BACKBONES.items()}
        print_json([{**asdict(row), **known[name], "here": here[name]} for name, row in BACKBONES.items()])
        return
    show(models_table([*BACKBONES.values()], here))
    bound = ", ".join(name for name, row in BACKBONES.items() if not row.is_permissive)
    note(f"the licences of {bound} do not permit every use; the others are {_permissive()}")
    note("timm publishes no sha256 of its weights; they are taken as they come, unless encoder.weights_sha256 is set")
    note("weights that are not here are fetched when they are needed; --json tells from where")


def _permissive() -> str:
    from lookalike_components.encoder.backbones import BACKBONES

    return " or ".join(sorted({row.licence for row in BACKBONES.values() if row.is_permissive}))
