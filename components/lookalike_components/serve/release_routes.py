"""HTTP routes that tell of the release in service and switch to another one: ``/release``."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from pydantic import Field

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.release.manifest import Manifest
from lookalike_components.serve.access.origin import from_here
from lookalike_components.serve.collection.refusals import Damaged
from lookalike_components.serve.collection.requests import Part, openapi, read
from lookalike_components.serve.current import Current
from lookalike_components.serve.refusals import NotAllowed, NotFound


def install(app: FastAPI, current: Current, releases: str | Path | None) -> None:
    """Adds the routes.

    Args:
        app: The server's application.
        current: The release in service.
        releases: Folder beneath which releases may be switched to; None where none may.
    """
    routes = _ReleaseRoutes(current, Path(releases) if releases else None)
    app.add_api_route("/release", routes.manifest, methods=["GET"])
    app.add_api_route(
        "/release",
        routes.switch,
        methods=["POST"],
        dependencies=[Depends(from_here)],
        openapi_extra=openapi(SwitchRequest),
    )


class SwitchRequest(Part):
    """The release to put in service."""

    folder: Annotated[str, Field(min_length=1, max_length=1_024)] = Field(
        description="Its folder, beneath the server's folder of releases."
    )


@dataclass(frozen=True, slots=True)
class _ReleaseRoutes:
    current: Current
    releases: Path | None

    async def manifest(self) -> Manifest:
        """The manifest of the release in service."""
        return self.current.release.release.manifest

    async def switch(self, request: Request) -> dict[str, Any]:
        """Loads another release beside the one in service and puts it in its place."""
        folder = self._folder(read(SwitchRequest, await request.body()).folder)
        before = self.current.release
        try:
            served = await asyncio.to_thread(self.current.switch, folder)
        except UserError:
            raise
        except LookalikeError as error:
            raise Damaged(f"{error}; the release in service stays") from error
        return {**served.digests, "name": served.release.manifest.name, "previous": before.digests["release"]}

    def _folder(self, name: str) -> Path:
        if self.releases is None:
            raise NotAllowed("the release of this server cannot be switched; start it with --releases FOLDER")
        # One sentence for all: what lies elsewhere is nobody's business.
        missing = NotFound("there is no such folder beneath the server's --releases; name one that is there")
        try:
            root = self.releases.resolve()
            folder = (root / name).resolve()
            if root in folder.parents and folder.is_dir():
                return folder
        except (OSError, ValueError, RuntimeError) as error:  # a zero byte, a circle of links, a name that is too long
            raise missing from error
        raise missing
