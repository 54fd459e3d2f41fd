"""The routes of the index, by themselves: what a request waits for, and how long."""

import asyncio
import os
import threading
from dataclasses import dataclass, field

import httpx
import pytest
from circles import at, sealed
from fastapi import FastAPI
from tiny_release import ENCODER

from lookalike_components.serve.collection import Journal, routes
from lookalike_components.serve.config import Limits
from lookalike_components.serve.current import Current
from lookalike_components.serve.engine import Deadline
from lookalike_components.serve.refusals import TooLate


@dataclass
class Disk:
    has_begun: threading.Event = field(default_factory=threading.Event)
    goes_on: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def current(tmp_path):
    current = Current(sealed(tmp_path), journal=Journal.open(tmp_path / "journal"))
    yield current
    current.close()


@pytest.fixture
def disk(monkeypatch):
    """Stands still as soon as something is written, until it is told to go on."""
    disk, really = Disk(), os.fsync

    def fsync(descriptor):
        disk.has_begun.set()
        assert disk.goes_on.wait(timeout=30)
        really(descriptor)

    monkeypatch.setattr("os.fsync", fsync)
    yield disk
    disk.goes_on.set()


def test_a_change_that_the_disk_has_not_begun_with_in_time_is_not_made(current, disk):
    app = FastAPI()
    routes.install(app, current, None, Limits())

    async def add(client, name, seconds):
        body = {"entries": [{"id": name, "embedding": at(80)[0].tolist()}], "encoder": ENCODER.digest}
        with Deadline.after(seconds).held():
            return await client.post("/index", json=body)

    async def ask():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            first = asyncio.create_task(add(client, "first", 30))
            assert await asyncio.to_thread(disk.has_begun.wait, 30)
            with pytest.raises(TooLate):
                await add(client, "second", 0.5)
            disk.goes_on.set()
            return await first, await client.get("/index")

    first, facts = asyncio.run(ask())
    assert first.json()["added"] == 1
    assert facts.json()["added"] == 1
