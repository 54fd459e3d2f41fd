"""The rows of history, one a look at the validation labels, and what they come to."""

import json
from pathlib import Path

from lookalike_components.progress import Facts


def read_history(path: str | Path) -> list[Facts]:
    """The rows that a training wrote, in their order."""
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def line_of(row: Facts) -> str:
    """A row of history for people: ``step 80 of 400: loss 0.412, validation R@1 0.731, MAP@R 0.520, 128 images/s``."""
    if "diverged" in row:
        return f"trial {row['trial'] + 1} is given up after step {row['step']:,} and loses: {row['diverged']}"
    measured = "validation R@1 {recall_at_1:.3f}, MAP@R {map_at_r:.3f}"
    found = [measured.format_map(row["validation"])] if row["validation"] else []
    if "kept" in row:
        return ": ".join([f"kept step {row['kept']:,}{_share(row)}", *found])
    loss = [] if row["loss"] is None else [f"loss {row['loss']:.3f}"]
    pace = [f"{row['images_per_second']:.0f} images/s"] if row["step"] else []
    trial = f"trial {row['trial'] + 1}, " if "trial" in row else ""
    words = ", ".join([*loss, *found, *pace]) or "no validation labels"
    return f"{trial}step {row['step']:,} of {row['steps']:,}: {words}"


def _share(row: Facts) -> str:
    return "" if row["share"] == 1 else f", {row['share']:.0%} of it mixed with the weights before training"


def numbers_of(row: Facts) -> dict[str, float]:
    """A row's numbers by name, ``validation/map_at_r`` among them; for what draws curves."""
    names = ("kept", "share") if "kept" in row else ("loss", "learning_rate", "images_per_second", "waiting")
    prefix = "kept/" if "kept" in row else ""
    numbers = {f"{prefix}{name}": float(row[name]) for name in names if row[name] is not None}
    return numbers | {f"{prefix}validation/{name}": float(value) for name, value in row["validation"].items()}


def facts_of(history: list[Facts]) -> Facts:
    """What a step tells at its end: the way from before training to after."""
    first, last = history[0], history[-1]
    facts = {"steps": last["step"], "loss": last["loss"], "best_step": last["kept"]}
    facts |= {"share_of_trained": last["share"]} if last["share"] != 1 else {}
    for name in ("recall_at_1", "map_at_r"):
        if name in last["validation"]:
            facts |= {f"{name}_before": first["validation"][name], f"{name}_after": last["validation"][name]}
    return facts
