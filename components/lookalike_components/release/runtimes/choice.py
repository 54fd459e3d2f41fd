"""Which runtime encodes: the one that was asked for, or the fastest that the release ships and this machine can run."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from lookalike_components.errors import UserError, listed
from lookalike_components.progress import say
from lookalike_components.release.candidates import RUNTIMES, Candidate
from lookalike_components.release.manifest import Manifest
from lookalike_components.release.runtimes.graph import Graph

AUTO = "auto"


def choose(manifest: Manifest, runtime: str = AUTO) -> Candidate:
    """Chooses among the candidates of a release.

    Args:
        manifest: Of the release.
        runtime: ``auto``, or the name of a runtime.

    Raises:
        UserError: There is no such runtime, or the release or this machine does not have it.
    """
    if runtime not in (AUTO, *RUNTIMES):
        raise UserError(f"there is no runtime called {runtime}; choose one of {listed([AUTO, *RUNTIMES])}")
    shipped = _fastest_first(manifest)
    wanted = [candidate for candidate in shipped if runtime in (AUTO, candidate.runtime)]
    if not wanted:
        raise UserError(f"the release {manifest.name} does not ship the runtime {runtime}{_why_not(manifest, runtime)}")
    obstacles = {candidate: obstacle(candidate) for candidate in wanted}
    able = [candidate for candidate in wanted if not obstacles[candidate]]
    if not able:
        raise UserError(f"this machine cannot run the runtime {runtime}: {obstacles[wanted[0]]}")
    _tell(able[0], obstacles)
    return able[0]


def obstacle(candidate: Candidate) -> str:
    """Why this machine cannot run a candidate, and what to do; empty where it can."""
    if candidate.runtime == "onnx":
        needed = "onnxruntime"
        return "" if find_spec(needed) else _install(needed)
    if not find_spec("openvino"):
        return _install("openvino")
    from lookalike_components.release.runtimes.openvino import processor_has

    if processor_has(candidate.precision):
        return ""
    return f"its processor does not compute in {candidate.precision}; pass --runtime onnx"


def load(folder: str | Path, candidate: Candidate, threads: int = 0) -> Graph:
    """Makes a candidate ready to run. Only its own library is imported.

    Args:
        folder: Of the release.
        candidate: Which of its candidates.
        threads: Threads that share one batch; 0 for one on each core.
    """
    path = Path(folder, candidate.files[0])
    if candidate.runtime == "onnx":
        from lookalike_components.release.runtimes.onnx import OnnxGraph

        return OnnxGraph(path, threads)
    from lookalike_components.release.runtimes.openvino import OpenVinoGraph

    return OpenVinoGraph(path, candidate.precision, threads)


def _fastest_first(manifest: Manifest) -> list[Candidate]:
    return sorted(manifest.shipped, key=lambda candidate: -(candidate.images_per_second or 0))


def _why_not(manifest: Manifest, runtime: str) -> str:
    reasons = [candidate.reason for candidate in manifest.candidates if candidate.runtime == runtime]
    told = f": {'; '.join(reasons)}" if reasons else ""
    ships = listed(sorted({candidate.runtime for candidate in _fastest_first(manifest)}))
    return f"{told}; choose one of {AUTO}, {ships}"


def _install(package: str) -> str:
    return f"the package {package} is missing; install lookalike[serve]"


def _tell(chosen: Candidate, obstacles: dict[Candidate, str]) -> None:
    passed_over = [f"{faster.title} cannot: {why}" for faster, why in _before(chosen, obstacles) if why]
    if passed_over:
        say(f"the encoder runs with {chosen.title}, since {'; '.join(passed_over)}")


def _before(chosen: Candidate, obstacles: dict[Candidate, str]) -> Sequence[tuple[Candidate, str]]:
    return list(obstacles.items())[: list(obstacles).index(chosen)]
