"""Requests a second and latency of lookalike's server, beside the speed of the same work without a server, and peers.

    python benchmarks/serve.py [--picture photo.jpg] [--rounds 3] [--json results.json]

One run measures everything, in turns. The limit is a loop in one process that decodes and encodes the same 640 x 480
JPEG with each runtime that the release has; the fastest counts. Then each server gets one picture a request over 1, 8
and 32 connections, each with one request under way: lookalike's (v1, v2 binary, gRPC), a plain custom model of KServe
and LitServe with batching, both with eager torch. LitServe takes part where it is installed
(`pip install litserve`).

Servers and the loop run on the same cores, all but the last; the last one asks, so that asking takes nothing from who
is asked. All get a thread of computation for each of their cores, and the same settings of the allocator. How busy the
asking core was is shown, and how many requests it can make of a server that does nothing but answer. Printed are
medians over the rounds; ratios are taken within a round.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from machine import machine
from serving.prepare import PICTURE, RELEASE
from serving.processes import Cores, Server, serving, told

from lookalike_components.release.sealing import INDEX

CONNECTIONS = (1, 8, 32)
LIVE_OF_KSERVE = "/v2/models/encoder/ready"
Facts = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """What is measured, and for how long."""

    folder: Path
    cores: Cores
    seconds: float
    model: str
    weights: str
    size: int
    runtimes: dict[str, str]
    """What the release can be run with: the names to ask for, and those for people."""

    @property
    def release(self) -> str:
        """The release that lookalike serves."""
        return str(self.folder / RELEASE)


@dataclass(frozen=True)
class Contestant:
    """A server, how it is started, and the requests that it understands."""

    name: str
    module: str
    ready: str
    requests: tuple[str, ...]
    needs: str = ""
    """A package that may not be there."""

    def command(self, setting: Setting) -> list[str]:
        """What to start."""
        command = [sys.executable, "-m", self.module]
        if self.module.startswith("lookalike"):
            return [*command, "--release", setting.release, "--http-port", "{port}", "--grpc-port", "{grpc_port}"]
        if self.module == "serving.nothing":
            return [*command, "--http-port", "{port}", "--grpc-port", "{grpc_port}"]
        network = ["--model", setting.model, "--weights", setting.weights, "--size", str(setting.size)]
        return [*command, *network, "--port", "{port}"]


LOOKALIKE = Contestant("lookalike", "lookalike_components.serve", LIVE_OF_KSERVE, ("v2 binary", "gRPC", "v1"))
KSERVE = Contestant("KServe + torch", "serving.kserve_torch", LIVE_OF_KSERVE, ("v1",))
LITSERVE = Contestant("LitServe + torch", "serving.litserve_torch", "/health", ("litserve",), needs="litserve")
NOTHING = Contestant("nothing but answers", "serving.nothing", "/", ("v2 binary", "gRPC", "v1"))
CONTESTANTS = (LOOKALIKE, KSERVE, LITSERVE, NOTHING)


def main() -> None:
    """Measures and prints."""
    given = parser().parse_args()
    with TemporaryDirectory() as scratch:
        setting = prepared(given, Path(scratch))
        print(about(setting), flush=True)
        present = [one for one in CONTESTANTS if not one.needs or find_spec(one.needs)]
        rounds = [one_round(number, setting, present) for number in range(given.rounds)]
    print("\n".join(tables(rounds)))
    for absent in set(CONTESTANTS) - set(present):
        print(f"\n{absent.name} did not take part: {absent.needs} is not installed.")
    if given.json:
        given.json.write_text(json.dumps(rounds, indent=2) + "\n", encoding="utf-8")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", type=Path, help="picture to send, brought to 640 x 480; a drawn one without it")
    parser.add_argument("--model", default="mobilenet_v2", help="a network of torchvision's (%(default)s)")
    parser.add_argument("--weights", default="", help="its weights; empty for the published ones")
    parser.add_argument("--size", type=int, default=224, help="side of the input in pixels (%(default)s)")
    parser.add_argument("--resize", default="exact", help="the release's way to resize (%(default)s)")
    parser.add_argument("--index-images", type=int, default=1_000, help="vectors in the index (%(default)s)")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--server-cores", help="comma-separated; all but the last without it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures of every round")
    return parser


def prepared(given: argparse.Namespace, folder: Path) -> Setting:
    """Makes release, picture and requests, in a process of its own: this one stays small."""
    from lookalike_components.encoder.weights import resolve

    cores = Cores.divided([int(core) for core in given.server_cores.split(",")] if given.server_cores else None)
    wanted = {"--model": given.model, "--weights": given.weights, "--size": str(given.size), "--resize": given.resize}
    wanted["--index-images"] = str(given.index_images)
    if given.picture:
        wanted["--picture"] = str(given.picture.resolve())
    options = [part for pair in wanted.items() for part in pair]
    shipped = told([sys.executable, "-m", "serving.prepare", str(folder), *options], cores.servers)
    weights = str(resolve(given.model, given.weights))
    return Setting(folder, cores, given.seconds, given.model, weights, given.size, shipped)


def about(setting: Setting) -> str:
    """What was measured, and where."""
    picture = (setting.folder / PICTURE).stat().st_size
    servers, asking = (",".join(map(str, sorted(cores))) for cores in (setting.cores.servers, setting.cores.asking))
    index = Path(setting.release, INDEX).stat().st_size
    what = f"{setting.model} at {setting.size} px, an index of {index / 2**20:.0f} MiB"
    what += f"; a JPEG of 640 x 480 and {picture / 1000:.0f} kB"
    return f"{what}; servers on core {servers}, asked from core {asking}; {machine()}."


def one_round(number: int, setting: Setting, contestants: Sequence[Contestant]) -> Facts:
    """Measures everybody once."""
    loops = {title: limit(runtime, setting) for runtime, title in setting.runtimes.items()}
    facts: Facts = {"limit": loops, "servers": {}}
    for contestant in contestants:
        sys.stderr.write(f"round {number + 1}: {contestant.name}\n")
        with serving(contestant.command(setting), contestant.ready, setting.cores) as server:
            own = measured(contestant, server, setting)
            own["cosine"] = cosine(contestant, server, setting, best(facts)[1]["embedding"])
            facts["servers"][contestant.name] = own
    for loop in loops.values():
        del loop["embedding"]
    return facts


def cosine(contestant: Contestant, server: Server, setting: Setting, embedding: Sequence[float]) -> float | None:
    """How near a server's embedding of the picture comes to the loop's: whether it did the same work."""
    if contestant is NOTHING:
        return None
    answer = json.loads(server.answer((setting.folder / f"{contestant.requests[-1]}.request").read_bytes()))
    told = answer["predictions"][0] if "predictions" in answer else answer
    own = told["embedding"] if isinstance(told, dict) else told
    return float(sum(a * b for a, b in zip(own, embedding, strict=True)))


def limit(runtime: str, setting: Setting) -> Facts:
    """The loop without a server."""
    command = [sys.executable, "-m", "serving.limit", setting.release, str(setting.folder / PICTURE)]
    command += ["--runtime", runtime, "--threads", str(len(setting.cores.servers)), "--seconds", str(setting.seconds)]
    facts: Facts = told(command, setting.cores.servers)
    return facts


def measured(contestant: Contestant, server: Server, setting: Setting) -> Facts:
    """What one server does with each of its requests and numbers of connections."""
    facts: Facts = {"seconds_to_ready": server.seconds_to_ready, "resident_ready": server.resident(), "load": {}}
    for request in contestant.requests:
        for connections in CONNECTIONS:
            facts["load"][f"{request}, {connections}"] = asked(request, connections, server, setting)
    return facts | {"resident_after": server.resident()}


def asked(request: str, connections: int, server: Server, setting: Setting) -> Facts:
    """Asks with so many connections."""
    protocol, port = ("grpc", server.grpc_port) if request == "gRPC" else ("http", server.port)
    command = [sys.executable, "-m", "serving.load", protocol, f"127.0.0.1:{port}"]
    command += [str(setting.folder / f"{request}.request"), "--connections", str(connections)]
    facts: Facts = told([*command, "--seconds", str(setting.seconds)], setting.cores.asking)
    return facts


def tables(rounds: Sequence[Facts]) -> Iterator[str]:
    """Everything, in Markdown."""
    yield from limits(rounds)
    yield from speeds(rounds)
    yield from costs(rounds)
    yield from aims(rounds)


def best(facts: Facts) -> tuple[float, Facts]:
    """Images a second of the fastest loop in a round, and all of that runtime."""
    runtime = max(facts["limit"].values(), key=lambda one: max(one["per_second"].values()))
    return max(runtime["per_second"].values()), runtime


def limits(rounds: Sequence[Facts]) -> Iterator[str]:
    """The table of the loop without a server."""
    sizes = list(next(iter(rounds[0]["limit"].values()))["per_second"])
    yield "\n| Without a server | " + " | ".join(f"images/s, batch {size}" for size in sizes) + " | p50 ms | p99 ms |"
    yield "|---|" + "--:|" * (len(sizes) + 2)
    for runtime in rounds[0]["limit"]:
        own = [facts["limit"][runtime] for facts in rounds]
        cells = [f"{middle(one['per_second'][size] for one in own):.0f}" for size in sizes]
        cells += [f"{1000 * middle(one[name] for one in own):.2f}" for name in ("p50", "p99")]
        yield f"| {runtime} | {' | '.join(cells)} |"


def speeds(rounds: Sequence[Facts]) -> Iterator[str]:
    """The table of requests a second and latencies."""
    yield "\n| Server | Request | Connections | Requests/s | Range | To the limit | p50 ms | p99 ms | Asking busy |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|--:|"
    for server, facts in rounds[0]["servers"].items():
        for key in facts["load"]:
            own = [one["servers"][server]["load"][key] for one in rounds]
            ratios = [seen["per_second"] / best(one)[0] for seen, one in zip(own, rounds, strict=True)]
            rates = [seen["per_second"] for seen in own]
            request, connections = key.rsplit(", ", 1)
            cells = [server, "v1-like JSON" if request == "litserve" else request, connections]
            cells += [f"{middle(rates):.0f}", f"{min(rates):.0f} to {max(rates):.0f}", f"{middle(ratios):.2f}"]
            cells += [f"{1000 * middle(seen[name] for seen in own):.1f}" for name in ("p50", "p99")]
            cells.append(f"{middle(seen['busy'] for seen in own):.0%}")
            yield f"| {' | '.join(cells)} |"


def costs(rounds: Sequence[Facts]) -> Iterator[str]:
    """The table of start and memory."""
    yield "\n| Server | Seconds from start to ready | MiB when ready | After the load | Cosine with the loop's |"
    yield "|---|--:|--:|--:|--:|"
    for server in rounds[0]["servers"]:
        own = [facts["servers"][server] for facts in rounds]
        ready, small, large = (
            middle(one[name] for one in own) for name in ("seconds_to_ready", "resident_ready", "resident_after")
        )
        near = own[0]["cosine"]
        yield f"| {server} | {ready:.2f} | {small:.0f} | {large:.0f} | {'' if near is None else f'{near:.4f}'} |"


def aims(rounds: Sequence[Facts]) -> Iterator[str]:
    """The three figures that the rest is for: each protocol at 8 connections, and the wait at one."""
    yield "\n| lookalike | To the limit, 8 connections | To KServe + torch | p99 over the loop's, 1 connection, ms |"
    yield "|---|--:|--:|--:|"
    for request in LOOKALIKE.requests:
        limits, peers, waits = [], [], []
        for facts in rounds:
            own, peer = (facts["servers"][server.name]["load"] for server in (LOOKALIKE, KSERVE))
            rate = own[f"{request}, 8"]["per_second"]
            limits.append(rate / best(facts)[0])
            peers.append(rate / peer["v1, 8"]["per_second"])
            waits.append(1000 * (own[f"{request}, 1"]["p99"] - best(facts)[1]["p99"]))
        yield f"| {request} | {middle(limits):.2f} | {middle(peers):.1f} | {middle(waits):+.1f} |"


def middle(values: Iterator[float] | Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


if __name__ == "__main__":
    main()
