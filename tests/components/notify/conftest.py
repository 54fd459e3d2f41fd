"""A webhook on this machine, named by the environment."""

from collections.abc import Iterator

import pytest
from web_server import Answer, Site, serving

PATH = "/services/T0/B0/s3cr3t"


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Takes whatever is posted to it."""
    with serving() as site:
        site[PATH] = Answer(200, b"ok")
        monkeypatch.setenv("LOOKALIKE_WEBHOOK", site.url + PATH)
        yield site
