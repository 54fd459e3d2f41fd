"""Picks the backbone that finds most without training, on labels that training does not see.

Where the backbone is named, or is that of an encoder to go on from, there is nothing to measure, and neither torch nor
a picture is loaded.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from lookalike_components.choose.config import ChooseConfig
from lookalike_components.encoder.backbones import AUTO
from lookalike_components.encoder.config import read_config
from lookalike_components.errors import LookalikeError
from lookalike_components.progress import Facts


class Chosen(NamedTuple):
    """The backbone that the later steps start from.

    Attributes:
        model: Its name.
        facts: What is worth telling; nothing where the name was given.
    """

    model: str
    facts: Facts


def choose(table_path: str | Path, scores_path: str | Path, config: ChooseConfig) -> Chosen:
    """Measures the candidates on the validation pictures, each searched among all the others, and takes the best.

    A candidate whose weights cannot be had, or that cannot be trained as the settings say, is left out, which the log
    tells.
    The test subset is never looked at.

    Args:
        table_path: Image table with labels and subsets; rows ``validation`` are read, or ``train`` where there are too
            few.
        scores_path: JSON file to write: the model, what it was chosen on, and every candidate's score.
        config: The model, where it is named, or the candidates.

    Raises:
        UserError: No label has two pictures, so that nothing can be measured; or there is no encoder to go on from.
        LookalikeError: No candidate's weights could be had.
    """
    named = config.model if config.gives("model") or not config.start_from else read_config(config.start_from).model
    if named != AUTO:
        _write(scores_path, {"model": named, "images": 0, "scores": []})
        return Chosen(named, {})
    from lookalike_components.choose.measuring import METRIC, pictures, scores
    from lookalike_components.dataset import read_table

    rows = pictures(read_table(table_path), config, table_path)
    found = list(scores(rows, config))
    measured = [score for score in found if METRIC in score]
    if not measured:
        reasons = "; ".join(score["left_out"] for score in found)
        raise LookalikeError(
            f"model is auto, but no candidate could be measured ({reasons}); name a model, or its weights"
        )
    best = max(measured, key=lambda score: score[METRIC])
    said = {"model": best["model"], "images": len(rows), "labels": rows["label"].nunique(), "scores": found}
    _write(scores_path, said)
    return Chosen(best["model"], {"model": best["model"], "candidates": len(measured), METRIC: best[METRIC]})


def _write(path: str | Path, said: dict[str, Any]) -> None:
    Path(path).write_text(json.dumps({"schema_version": 1, **said}, indent=2) + "\n", encoding="utf-8")
