"""Where the page and what it shows are found on the server."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from lookalike_components.serve.current import Current
from lookalike_components.serve.page.about import about

STATIC = Path(__file__).with_name("static")
PAGE_HEADERS = {
    # Scripts and styles from this server's files alone, pictures from there or from the visitor's own disk.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Pictures may be private, so proxies keep none. One of a release never changes under its id, which is the digest of its
# bytes; an entry that is added may have any id, and another may take its place.
SEALED_HEADERS = {"Cache-Control": "private, max-age=86400, immutable", "X-Content-Type-Options": "nosniff"}
ADDED_HEADERS = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}


def install(app: FastAPI, current: Current, most_k: int) -> None:
    """Adds the page at ``/``, its files at ``/page/``, and what it shows of the release: ``/about``, ``/thumbnails``.

    Only browsers get the page: whoever does not ask for HTML at ``/`` still hears from KServe that the server lives.

    Args:
        app: The server's application.
        current: The release in service.
        most_k: How many neighbours the server finds at the most.
    """

    async def root(request: Request) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return FileResponse(STATIC / "index.html", headers=PAGE_HEADERS | {"Vary": "Accept"})
        return JSONResponse({"status": "alive"}, headers={"Vary": "Accept"})

    async def describe(_: Request) -> Response:
        return JSONResponse(about(current, most_k).model_dump(), headers={"Cache-Control": "no-store"})

    def thumbnail(request: Request) -> Response:
        found = current.thumbnail(request.path_params["image_id"])
        if found is None:
            return JSONResponse({"error": "there is no thumbnail of this picture"}, status_code=404)
        headers = SEALED_HEADERS if found.is_sealed else ADDED_HEADERS
        return Response(found.webp, media_type="image/webp", headers=headers)

    routes = [
        Route("/", root),
        Mount("/page", _Static(directory=STATIC)),
        Route("/about", describe),
        Route("/thumbnails/{image_id:path}", thumbnail),
    ]
    app.router.routes[:0] = routes  # before KServe's own answer at `/`


class _Static(StaticFiles):
    """The page's files, with the page's headers."""

    def file_response(self, *arguments: Any, **named: Any) -> Response:
        """One file, or word that the visitor's copy is still good."""
        response = super().file_response(*arguments, **named)
        response.headers.update(PAGE_HEADERS)
        return response
