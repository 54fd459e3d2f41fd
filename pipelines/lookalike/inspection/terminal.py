"""An inspection as a table for a terminal of 80 columns."""

from collections.abc import Iterable, Iterator
from itertools import islice

import pandas as pd
from rich.table import Table
from rich.text import Text

from lookalike.inspection.copies import Group
from lookalike.inspection.findings import Inspection, common_folder, short_names, surplus

NAMED = 3
Line = tuple[str, int | None, str]


def inspection_table(inspection: Inspection) -> Table:
    """One row a finding: what, how many, and the first of them."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    table.add_column("Images", justify="right", no_wrap=True)
    table.add_column("")
    for what, images, words in _lines(inspection):
        style = "" if what.startswith(" ") else "bold"
        table.add_row(Text(what, style), "" if images is None else f"{images:,}", _one_line(words))
    return table


def _one_line(words: str) -> Text:
    return Text(" ".join(words.split()), "dim", no_wrap=True, overflow="ellipsis")


def _lines(inspection: Inspection) -> Iterator[Line]:
    root = common_folder(pd.concat([inspection.images["uri"], inspection.refused["uri"]]))
    yield "accepted", len(inspection.images), _kinds(inspection)
    yield "refused", len(inspection.refused), ""
    for reason, rows in inspection.refusals():
        yield f"  {reason}", len(rows), _named(rows["uri"], root)
    yield from _copies(inspection, root)
    yield from _labels(inspection, root)
    yield "suspected", inspection.suspects, ""
    for suspicion, rows in inspection.suspected():
        if len(rows):
            yield f"  {suspicion.name}", len(rows), _named(rows["uri"], root)


def _kinds(inspection: Inspection) -> str:
    counts = inspection.images["format"].value_counts()
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
    return f"{inspection.megabytes:,.1f} MB: {kinds}" if kinds else ""


def _copies(inspection: Inspection, root: str) -> Iterator[Line]:
    yield "copies", surplus(inspection.groups), ""
    for words, exact in (("the same file", True), ("nearly the same", False)):
        groups = inspection.copies(exact)
        if groups:
            yield f"  {words}", surplus(groups), _pair(inspection, groups[0], root)
    across = [group for group in inspection.groups if group.across_labels]
    if across:
        yield "  under two labels", surplus(across), _pair(inspection, across[0], root)


def _pair(inspection: Inspection, group: Group, root: str) -> str:
    return " = ".join(short_names(inspection.images["uri"].iloc[group.rows[:2]], root))


def _labels(inspection: Inspection, root: str) -> Iterator[Line]:
    sizes = inspection.label_sizes
    if sizes.empty:
        return
    each = f"{sizes.min():,}" if sizes.min() == sizes.max() else f"{sizes.min():,} to {sizes.max():,}"
    words = f"{len(sizes):,} label{'s' * (len(sizes) > 1)} by the rule {inspection.label_rule}, {each} images each"
    unlabelled = inspection.images["label"].isna()
    yield "labelled", int((~unlabelled).sum()), words
    if unlabelled.any():
        yield "  without a label", int(unlabelled.sum()), _named(inspection.images["uri"][unlabelled], root)
    alone = sizes.index[sizes == 1]
    if len(alone):
        yield "  alone in a label", len(alone), _some(alone)
    smallest = sizes[sizes > 1].nsmallest(NAMED)
    if len(smallest) and smallest.iloc[0] < sizes.median() / 2:
        yield "  fewest in a label", int(smallest.iloc[0]), _some(smallest.index)


def _named(uris: "pd.Series[str]", root: str) -> str:
    return _some(short_names(uris.head(NAMED), root))


def _some(names: Iterable[str]) -> str:
    return ", ".join(islice(names, NAMED))
