"""``lookalike releases`` and ``lineage``: what an artifact store has released, and which of it is the champion."""

import getpass
import socket
from pathlib import Path
from typing import Annotated

import typer

from lookalike.cli.options import AsJson, note, print_json, say

Artifacts = Annotated[
    str,
    typer.Option(
        help="Folder or gs://bucket/prefix of the runs that challenged each other; the runs folder unless given.",
        show_default=False,
    ),
]
Release = Annotated[
    str,
    typer.Argument(
        metavar="RELEASE", help="The beginning of its digest, `champion`, or the folder or URI of a release."
    ),
]
Reason = Annotated[str, typer.Option(help="Why, for the history.")]

releases_app = typer.Typer(help="List and show releases, and say which is the champion.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(releases_app, name="releases")
    app.command(epilog="**Example**: `lookalike lineage champion --artifacts gs://bucket/lookalike`")(lineage)


@releases_app.command("list")
def list_releases(artifacts: Artifacts = "", as_json: AsJson = False) -> None:
    """All releases that won a challenge, oldest first, and since when which is the champion."""
    from lookalike.display.tables import releases_table, show
    from lookalike_components import registry

    place = store_of(artifacts)
    champion, _ = registry.read_champion(place)
    releases = registry.list_releases(place)
    if as_json:
        reigns = champion.release if champion else ""
        rows = [one.manifest.model_dump(exclude={"files"}) for one in releases]
        print_json([{**row, "champion": row["digest"] == reigns} for row in rows])
    elif releases:
        show(releases_table(releases, champion))
    else:
        note(f"no releases in {place} yet; `lookalike fit --challenge` keeps the first")


@releases_app.command("show")
def show_release(release: Release = "champion", artifacts: Artifacts = "") -> None:
    """A release's manifest and lineage, and its terms as the champion, as JSON."""
    from lookalike_components import registry

    place = store_of(artifacts)
    uri = uri_of(place, release)
    manifest, champion = registry.read_manifest(uri), registry.read_champion(place)[0]
    terms = [term.model_dump() for term in champion.history if term.release == manifest.digest] if champion else []
    reigns = champion is not None and champion.release == manifest.digest
    known = {"uri": uri, "manifest": manifest.model_dump(), "lineage": registry.read_lineage(uri).model_dump()}
    print_json({**known, "champion": reigns, "terms": terms})


@releases_app.command("promote")
def promote(release: Release, artifacts: Artifacts = "", reason: Reason = "promoted by hand") -> None:
    """Make a release the champion that the next runs have to beat; nothing is deployed."""
    from lookalike_components import registry

    place = store_of(artifacts)
    digest = registry.find_release(place, release)
    say(registry.promote_anyway(place, digest, _me(), reason).release)


@releases_app.command("rollback")
def rollback(artifacts: Artifacts = "", reason: Reason = "rolled back") -> None:
    """Make the release before the champion the champion again; nothing is deployed."""
    from lookalike_components import registry

    say(registry.rollback(store_of(artifacts), _me(), reason).release)


def lineage(release: Release = "champion", artifacts: Artifacts = "", as_json: AsJson = False) -> None:
    """Show what a release is made of: data, code, image, and the champions that it and its ancestors had to beat."""
    from lookalike.display.tables import lineage_table, show
    from lookalike_components import registry

    place = store_of(artifacts)
    ancestors = registry.lineage(place, uri_of(place, release))
    if as_json:
        print_json([{"release": digest, **made_of.model_dump()} for digest, made_of in ancestors])
    else:
        for digest, made_of in ancestors:
            show(lineage_table(digest, made_of))


def store_of(artifacts: str) -> str:
    """The artifact store that is meant: the one given, else the runs folder."""
    from lookalike.client import sdk
    from lookalike_components.errors import UserError

    if artifacts:
        return artifacts
    if not isinstance(place := sdk.place_of_runs(), Path):
        raise UserError(f"runs are at {place}, where no releases lie; pass --artifacts gs://bucket/prefix")
    return str(place)


def uri_of(artifacts: str, release: str) -> str:
    """Where a release is; what has a slash, or is a folder here, is a place already."""
    from lookalike_components import registry

    if "/" in release or Path(release).is_dir():
        return release
    place = store_of(artifacts)
    return registry.release_uri(place, registry.find_release(place, release))


def _me() -> str:
    """Who types, for the history; a container may have no name for its user."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):
        return socket.gethostname()
