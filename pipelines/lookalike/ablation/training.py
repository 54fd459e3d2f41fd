"""One training and its measurement, in a process of its own: ``python -m lookalike.ablation.training ORDER``.

A process of its own starts with the environment that suits torch, and takes its memory with it when it ends.
"""

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from os import environ
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lookalike_components.encoder.process import ENVIRONMENT
from lookalike_components.errors import LookalikeError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed.stopping import unwound_when_stopped

METRICS = ("map_at_r", "recall_at_1")

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """What one training came to.

    Attributes:
        labels: [q], of each query.
        values: [q] by metric.
        steps: Steps taken; 0 for the pretrained encoder.
        seconds: Spent in these steps, those of variants that were tried and left included.
        wall: Seconds of the whole training: decoding, steps, looks at the validation labels.
        validation: MAP@R on the validation labels, of the weights that were kept.
        row: The last row of history, which says what was kept.
        left: Steps of variants that were tried and left, which are not in ``steps``.
    """

    labels: list[str]
    values: dict[str, list[float]]
    steps: int
    seconds: float
    wall: float
    validation: float | None
    row: Facts
    left: int = 0


def measured(table: Path, settings: Facts, log: Path) -> Measured:
    """Trains on a table with these settings, and measures the encoder on its queries.

    Args:
        table: Image table with the subsets ``train``, ``validation`` and ``query``.
        settings: Of *train*, and ``trained``: where that is False, the encoder is measured as it is before training.
        log: File that gets what the training says.

    Raises:
        LookalikeError: The training failed; the sentence is the training's own.
    """
    order = json.dumps({"table": str(table), "settings": settings})
    command = [sys.executable, "-m", "lookalike.ablation.training", order]
    own = {**environ, **ENVIRONMENT}
    with log.open("a", encoding="utf-8") as file, unwound_when_stopped():
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=file, env=own, text=True, check=False)
    answer = done.stdout.rpartition("\n{")[2] if "\n{" in done.stdout else done.stdout.removeprefix("{")
    try:
        told = json.loads("{" + answer)
    except ValueError:
        raise LookalikeError(f"a training broke off with exit code {done.returncode}; {log} tells why") from None
    if error := told.get("error"):
        raise LookalikeError(error)
    return Measured(**told)


def main(order: str) -> None:
    """Trains and measures; prints the outcome, or the sentence of a foreseen failure, as JSON."""
    given = json.loads(order)
    try:
        with unwound_when_stopped():
            outcome = asdict(_measured(Path(given["table"]), given["settings"]))
    except LookalikeError as error:
        outcome = {"error": str(error)}
    sys.stdout.write("\n" + json.dumps(outcome) + "\n")


def _measured(table: Path, settings: Facts) -> Measured:
    is_trained = settings.pop("trained")
    config = TrainConfig.from_arguments({**settings, "checkpoint_every": 0, "checkpoints": ""})
    with TemporaryDirectory(prefix="lookalike-ablation-") as scratch:
        started = time.monotonic()
        history = _trained(table, Path(scratch), config) if is_trained else []
        wall = time.monotonic() - started
        labels, values = _evaluated(table, Path(scratch), config, is_trained)
    last = history[-1] if history else {}
    steps = max((row["step"] for row in history), default=0)
    validation = last.get("validation", {}).get("map_at_r")
    return Measured(labels, values, steps, seconds_of(history), wall, validation, last, left_steps(history))


def _trained(table: Path, scratch: Path, config: TrainConfig) -> list[Facts]:
    from lookalike_components.train.fine_tune import fine_tune
    from lookalike_components.train.keeping.history import read_history

    fine_tune(table, scratch / "encoder", scratch / "history.jsonl", config)
    return read_history(scratch / "history.jsonl")


def _evaluated(table: Path, scratch: Path, config: TrainConfig, is_trained: bool) -> tuple[list[str], Facts]:
    import pandas as pd

    from lookalike_components.evaluate.config import EvaluateConfig
    from lookalike_components.evaluate.evaluate import evaluate

    rest = {"encoder_uri": config.start_from, "robustness_queries": 0, "forgetting": False}
    asked = EvaluateConfig.from_arguments({**config.model_dump(), **rest})
    evaluate(table, scratch / "evaluation", asked, scratch / "encoder" if is_trained else None)
    queries = pd.read_parquet(scratch / "evaluation" / "queries.parquet", columns=["label", *METRICS])
    return queries["label"].tolist(), {name: queries[name].round(6).tolist() for name in METRICS}


def seconds_of(history: list[Facts]) -> float:
    """Seconds spent in steps: each stretch once, though the trial that won has two rows, and the last row repeats."""
    stretches = {(row.get("trial", "going on"), row["step"]): row["seconds"] for row in history}
    won = {step for trial, step in stretches if trial != "going on"}
    return float(sum(took for (trial, step), took in stretches.items() if trial != "going on" or step not in won))


def left_steps(history: list[Facts]) -> int:
    """Steps of the variants that were tried, but for those of the one that went on, which no trial surpasses."""
    trials: list[int] = [row["step"] for row in history if "trial" in row]
    return sum(trials) - max(trials, default=0)


if __name__ == "__main__":
    main(sys.argv[1])
