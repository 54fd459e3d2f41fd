"""Which queries the new encoder fixed, which it broke, and which are still wrong."""

from typing import Literal, get_args

import numpy as np
import pandas as pd

from lookalike_components.compare.evaluation import Evaluation

Outcome = Literal["stayed_right", "fixed", "broken", "still_wrong"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
PICTURE = ["image_id", "uri", "label", "shard", "offset", "nbytes"]


def examples(reference: Evaluation, candidate: Evaluation) -> pd.DataFrame:
    """Sorts every query by what became of its first result, the most telling first.

    A query is right when its first result carries its label. Its margin is the score of its best right result minus
    the score of its best wrong one.

    Returns:
        One row a query: the picture, ``outcome``, ``margin_before`` and ``margin_after``, and for each encoder the
        first results: ``found_*`` (positions in the index), ``right_*`` (bool) and ``scores_*`` (cosines). Fixed
        queries come in the order of their gain in margin, broken ones of their loss, those still wrong by how far the
        right picture is behind; but the first of every label comes before the second of any.
    """
    before, after = reference.queries, candidate.queries
    table = after[PICTURE].assign(
        outcome=outcomes(before["recall_at_1"], after["recall_at_1"]),
        margin_before=before["margin"],
        margin_after=after["margin"],
        **_answers(reference, "before"),
        **_answers(candidate, "after"),
    )
    return table.iloc[_most_telling_first(table)].reset_index(drop=True)


def outcomes(before: pd.Series, after: pd.Series) -> list[Outcome]:
    """Names what became of each query's first result, from its Recall@1 before and after (0 or 1)."""
    names: dict[tuple[bool, bool], Outcome] = {
        (True, True): "stayed_right",
        (False, True): "fixed",
        (True, False): "broken",
        (False, False): "still_wrong",
    }
    return [names[was == 1, now == 1] for was, now in zip(before, after, strict=True)]


def _most_telling_first(table: pd.DataFrame) -> np.ndarray:
    gain = table["margin_after"] - table["margin_before"]
    key = np.select([table["outcome"] == "fixed", table["outcome"] == "broken"], [-gain, gain], table["margin_after"])
    place = pd.Series(key, table.index).groupby([table["outcome"], table["label"]]).rank(method="first")
    return np.lexsort((key, place, table["outcome"].map(OUTCOMES.index)))


def _answers(evaluation: Evaluation, when: str) -> dict[str, pd.Series]:
    """The first results of each query, ready to be columns."""
    found = evaluation.queries["neighbours"]
    labels = evaluation.index["label"].to_numpy()
    right = [(labels[positions] == label) for positions, label in zip(found, evaluation.queries["label"], strict=True)]
    return {f"found_{when}": found, f"right_{when}": pd.Series(right), f"scores_{when}": evaluation.queries["scores"]}
