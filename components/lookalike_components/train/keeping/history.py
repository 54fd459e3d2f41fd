"""The rows of history, one an epoch, and what they come to."""

import json
from pathlib import Path

from lookalike_components.progress import Facts


def read_history(path: str | Path) -> list[Facts]:
    """The rows that a training wrote, in their order."""
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def line_of(row: Facts) -> str:
    """A row of history for people: ``step 80 of 400: loss 0.412, validation R@1 0.731, MAP@R 0.520, 128 images/s``."""
    parts = [] if row["loss"] is None else [f"loss {row['loss']:.3f}"]
    if row["validation"]:
        parts.append("validation R@1 {recall_at_1:.3f}, MAP@R {map_at_r:.3f}".format_map(row["validation"]))
    parts += [f"{row['images_per_second']:.0f} images/s"] if row["step"] else []
    trial = f"trial {row['trial'] + 1}, " if "trial" in row else ""
    return f"{trial}step {row['step']:,} of {row['steps']:,}: {', '.join(parts) or 'no validation labels'}"


def facts_of(history: list[Facts]) -> Facts:
    """What a step tells at its end: the way from before training to after."""
    first, last = history[0], history[-1]
    facts = {"steps": last["step"], "loss": last["loss"]}
    for name in ("recall_at_1", "map_at_r"):
        if name in last["validation"]:
            facts |= {f"{name}_before": first["validation"][name], f"{name}_after": last["validation"][name]}
    return facts
