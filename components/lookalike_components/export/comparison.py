"""What *compare* found out about the encoder, for the model card."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lookalike_components.errors import UserError


@dataclass(frozen=True, slots=True)
class Comparison:
    """The encoder against the one before it, on the test.

    Attributes:
        metrics: ``metrics.json``: queries, labels, the means before and after, differences with intervals, slices.
        verdict: ``verdict.json``: the headline, reasons and cautions.
    """

    metrics: dict[str, Any] = field(default_factory=dict)
    verdict: dict[str, Any] = field(default_factory=dict)


def read_comparison(folder: str | Path | None) -> Comparison | None:
    """Reads the folder of a comparison; None where there is none.

    Raises:
        UserError: It is no such folder.
    """
    if folder is None:
        return None
    missing = [name for name in ("metrics.json", "verdict.json") if not Path(folder, name).is_file()]
    if missing:
        raise UserError(f"{folder} is no comparison (it has no {missing[0]}); pass the folder that compare wrote")
    metrics, verdict = (
        json.loads(Path(folder, name).read_text(encoding="utf-8")) for name in ("metrics.json", "verdict.json")
    )
    return Comparison(metrics, verdict)
