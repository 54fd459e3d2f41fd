"""Good and bad load together: every good request is answered, and memory, threads and open files stay where they were.

`pytest -m soak` goes on for 15 minutes (`LOOKALIKE_SOAK_SECONDS` sets another time); the tests of every day for 20
seconds.
"""

import json
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from itertools import count

import grpc
import numpy as np
import pytest
from malformed import b64
from protobuf import element, request, tensor
from server_process import Server, until
from spoilt_files import MUTATIONS, spoilt

LONG = float(os.environ.get("LOOKALIKE_SOAK_SECONDS", "900"))
SHORT = 20.0
WARM = 0.25
"""Share of the time after which the server has what it keeps."""
MOST_GROWTH_MIB = 16.0
MOST_MORE_THREADS = 2
MOST_MORE_FILES = 8
PAUSE_SECONDS = 0.005
"""Between two requests of one client: the load is to be mixed, not as heavy as can be."""
INFER = "/inference.GRPCInferenceService/ModelInfer"
Client = Callable[[int], str]


class Clients:
    """What the load is made of. Each takes its turn's number and tells what it was answered."""

    def __init__(self, server: Server, pictures: Sequence[bytes]) -> None:
        self._server, self._pictures = server, pictures
        self._spoilt = [picture for mutation in MUTATIONS for picture in spoilt(mutation, 25)]
        self._channel = grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}")
        self._infer = self._channel.unary_unary(INFER)

    def good(self) -> list[Client]:
        """Those that must be answered with success."""
        return [self.searches, self.encodes_over_grpc, self.changes_the_index]

    def bad(self) -> list[Client]:
        """Those that must be refused, or that nobody misses."""
        return [
            self.sends_a_spoilt_picture,
            self.sends_no_json,
            self.leaves,
            self.sends_no_protobuf,
            self.sends_too_much,
        ]

    def searches(self, turn: int) -> str:
        picture = self._pictures[turn % len(self._pictures)]
        asked = {"instances": [{"b64": b64(picture)}] * (1 + turn % 8), "parameters": {"k": 3}}
        return str(self._server.post("/v1/models/search:predict", asked).status)

    def encodes_over_grpc(self, turn: int) -> str:
        picture = self._pictures[turn % len(self._pictures)]
        return self._called(request("encoder", [tensor("image", "BYTES", [1])], [element(picture)]))

    def changes_the_index(self, turn: int) -> str:
        entry = f"soak-{turn % 20}"
        if turn % 2:
            return str(self._server.post("/index/remove", {"ids": [entry]}).status)
        picture = self._pictures[turn % len(self._pictures)]
        return str(self._server.post("/index", {"entries": [{"id": entry, "b64": b64(picture)}]}).status)

    def sends_a_spoilt_picture(self, turn: int) -> str:
        picture = self._spoilt[turn % len(self._spoilt)]
        return str(self._server.post("/v1/models/encoder:predict", {"instances": [{"b64": b64(picture)}]}).status)

    def sends_no_json(self, turn: int) -> str:
        body = json.dumps({"inputs": [{"name": "x" * (turn % 1_000)}]}).encode()[: turn % 50]
        return str(
            self._server.ask("POST", "/v2/models/search/infer", body, {"Content-Type": "application/json"}).status
        )

    def leaves(self, turn: int) -> str:
        with self._server.connect() as connection:
            connection.sendall(b"POST /v1/models/search:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
            if turn % 2:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        return "left"

    def sends_no_protobuf(self, turn: int) -> str:
        return self._called(b"\x0a\xff" + bytes(turn % 100))

    def sends_too_much(self, turn: int) -> str:
        asked = {"instances": [{"b64": b64(self._pictures[0])}], "parameters": {"k": 10**6 + turn}}
        return str(self._server.post("/v1/models/search:predict", asked).status)

    def _called(self, message: bytes) -> str:
        try:
            self._infer(message, timeout=60)
        except grpc.RpcError as error:
            return str(error.code().name)
        return "200"

    def close(self) -> None:
        self._channel.close()


class Load:
    """Clients at work, each in a thread of its own."""

    def __init__(self, clients: Sequence[Client]) -> None:
        self._clients, self._over = clients, threading.Event()
        self.answers: Counter[tuple[str, str]] = Counter()
        self.faults: list[str] = []

    def run(self, watch: Callable[[], None]) -> None:
        """Works until ``watch`` returns."""
        with ThreadPoolExecutor(len(self._clients)) as executor:
            working = [executor.submit(self._work, client) for client in self._clients]
            try:
                watch()
            finally:
                self._over.set()
            for one in working:
                one.result()

    def _work(self, client: Client) -> None:
        name = client.__name__
        for turn in count():
            if self._over.wait(PAUSE_SECONDS):
                return
            try:
                self.answers[name, client(turn)] += 1
            except (OSError, HTTPException) as error:
                self.faults.append(f"{name}, turn {turn}: {error!r}")


def samples(server: Server, seconds: float) -> Iterator[tuple[float, float, int, int]]:
    """Now and then: the time, MiB resident, threads, open files."""
    started = time.monotonic()
    while (passed := time.monotonic() - started) < seconds:
        yield passed, server.resident(), server.threads(), server.open_files()
        time.sleep(seconds / 200)


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(SHORT, marks=pytest.mark.slow, id="20-seconds"),
        pytest.param(LONG, marks=pytest.mark.soak, id="long"),
    ],
)
def test_mixed_load_leaves_the_server_as_it_was(server, pictures, tally, record_property, seconds):
    clients = Clients(server, pictures)
    load, seen = Load([*clients.good(), *clients.bad()]), []
    files = server.open_files()
    load.run(lambda: seen.extend(samples(server, seconds)))
    clients.close()
    tally.update({f"{name} {answer}": number for (name, answer), number in load.answers.items()})
    judge_answers(load, {client.__name__ for client in clients.good()})
    record_property("resident", judge_memory(np.array(seen), seconds))
    until(lambda: server.open_files() <= files + MOST_MORE_FILES)
    assert server.faults_in_log() == []


def judge_answers(load: Load, good: set[str]) -> None:
    assert load.faults == []
    for (name, answer), number in load.answers.items():
        assert (answer == "200") == (name in good) or answer == "left" or name == "sends_a_spoilt_picture", (
            f"{name} was answered {answer} {number} times"
        )
        assert not answer.startswith("5"), f"{name} was answered {answer}"


def judge_memory(seen: np.ndarray, seconds: float) -> str:
    """After the warm-up, the last quarter of the time must look as the first does; tells what was seen."""
    settled = seen[seen[:, 0] > WARM * seconds]
    early, late = np.array_split(settled, 4)[0], np.array_split(settled, 4)[-1]
    growth = float(np.median(late[:, 1]) - np.median(early[:, 1]))
    assert growth < MOST_GROWTH_MIB, f"memory rose by {growth:.0f} MiB"
    assert late[:, 2].max() <= early[:, 2].max() + MOST_MORE_THREADS
    return f"{np.median(early[:, 1]):.0f} MiB after the warm-up, {np.median(late[:, 1]):.0f} in the end"
