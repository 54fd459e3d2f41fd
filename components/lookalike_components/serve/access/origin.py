"""Whether a browser asks for a change on behalf of a page of another place.

Every page can have its visitor's browser send requests to servers that only the visitor reaches, such as those on
loopback. It cannot read the answers, but a change would be done. Browsers say where a request comes from, and ask first
before they send JSON elsewhere; this server never agrees.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.requests import Request

from lookalike_components.serve.refusals import Refused

JSON = "application/json"
_OWN = {"same-origin", "none"}
"""What ``Sec-Fetch-Site`` says of this server's own page, and of what a person does in the browser itself."""


class OtherOrigin(Refused):
    """A page of another place asks for a change."""

    status = 403
    code = "PERMISSION_DENIED"


class NotJson(Refused):
    """The body is not said to be JSON."""

    status = 415


def check_change(headers: Mapping[str, str]) -> None:
    """Refuses a change that a page of another place can have a browser ask for.

    Args:
        headers: Of the request, by lower-case names.

    Raises:
        OtherOrigin: The browser says that it comes from elsewhere.
        NotJson: Its content type is none that browsers ask about first.
    """
    if not _is_own(headers):
        raise OtherOrigin("a web page of another place asks for this change; send it from this server's own page")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise NotJson(f"the content type of this request is not {JSON}; send the header Content-Type: {JSON}")


async def from_here(request: Request) -> None:
    """`check_change`, as routes depend on it."""
    check_change(request.headers)


def _is_own(headers: Mapping[str, str]) -> bool:
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:  # newer browsers; true behind a proxy, too, where Host may be another one
        return site in _OWN
    return origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
