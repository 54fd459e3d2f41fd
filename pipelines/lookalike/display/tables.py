"""Tables for people, on stdout; numbers carry three digits, because more would not survive another split."""

import re
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lookalike.backends.record import RunRecord, Status

if TYPE_CHECKING:
    from lookalike_components.encoder.backbones import Backbone
    from lookalike_components.registry import Champion, Published
    from lookalike_components.release.lineage import Lineage

DIGEST = re.compile(r"[0-9a-f]{64}")
STATUS_STYLES = {Status.FINISHED: "green", Status.FAILED: "red", Status.STARTED: "yellow", Status.CREATED: "dim"}


def show(table: Table) -> None:
    """Prints a table on stdout."""
    Console().print(table)


def metrics_table(metrics: Mapping[str, Any]) -> Table:
    """Before, after and the paired difference with its 95 % interval, a row a metric.

    Args:
        metrics: The content of ``metrics.json``.
    """
    table = Table(title=f"{metrics['queries']:,} queries, k = {metrics['k']}", title_justify="left", title_style="bold")
    table.add_column("Metric")
    for column in ("Before", "After", "Change", "95 % interval"):
        table.add_column(column, justify="right")
    for name, difference in metrics["difference"].items():
        before, after = metrics["before"][name], metrics["after"][name]
        interval = f"{difference['low']:+.3f} to {difference['high']:+.3f}"
        table.add_row(name, f"{before:.3f}", f"{after:.3f}", _change(difference), interval)
    return table


def spread_table(spread: Mapping[str, Any]) -> Table:
    """One row a run: the metric that decides before and after; below them the mean gain and its standard deviation.

    Args:
        spread: The facts of a spread, as ``fit --seeds 5 --json`` has them.
    """
    title = f"{spread['metric']} over {len(spread['runs'])} seeds"
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title=title, title_justify="left", title_style="bold")
    table.add_column("Run", overflow="fold")
    for column in ("Before", "After", "Gain", f"{100 * spread['confidence']:g} % interval"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("Verdict")
    for run in spread["runs"]:
        gain, interval = _change({**run, "mean": run["gain"]}), f"{run['low']:+.3f} to {run['high']:+.3f}"
        verdict = "promoted" if run["promoted"] else "refused"
        table.add_row(Text(run["run"]), f"{run['before']:.3f}", f"{run['after']:.3f}", gain, interval, verdict)
    table.add_row("mean", "", "", f"{spread['gain']['mean']:+.3f}")
    table.add_row("standard deviation", "", "", f"{spread['gain']['standard_deviation']:.3f}")
    return table


def _change(difference: Mapping[str, float]) -> Text:
    better, worse = difference["low"] > 0, difference["high"] < 0
    return Text(f"{difference['mean']:+.3f}", style="green" if better else "red" if worse else "dim")


def runs_table(records: Sequence[RunRecord], seconds: Sequence[float | None]) -> Table:
    """One row a run: name, status, verdict, when it was made, how long it took."""
    table = Table(box=None, pad_edge=False)
    table.add_column("Name", overflow="fold")  # whoever wants to ask for the run needs all of it
    for column in ("Status", "Verdict", "Created"):
        table.add_column(column)
    table.add_column("Seconds", justify="right")
    for record, took in zip(records, seconds, strict=True):
        created = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.created))
        status = Text(record.status, style=STATUS_STYLES[record.status])
        table.add_row(Text(record.name), status, verdict(record), created, "" if took is None else f"{took:.0f}")
    return table


def verdict(record: RunRecord) -> str:
    """The gate's decision in a word; empty before there is one."""
    return {True: "promoted", False: "refused", None: ""}[record.promoted]


def releases_table(releases: "Sequence[Published]", champion: "Champion | None") -> Table:
    """One row a release: its digest, what it is, when it was made, and since when it is the champion."""
    table = Table(box=None, pad_edge=False)
    for column in ("Release", "Model", "Created", "Champion since"):
        table.add_column(column)
    for column in ("Pictures", "Labels"):
        table.add_column(column, justify="right")
    for digest, manifest in releases:
        reigns = _local(champion.term.since) if champion and champion.release == digest else ""
        sizes = (f"{manifest.index.images:,}", f"{manifest.index.labels:,}")
        table.add_row(
            digest[:12], manifest.encoder.model, _local(manifest.created), Text(reigns, style="green"), *sizes
        )
    return table


def _local(moment: str) -> str:
    """An ISO 8601 time as the clock on the wall had it, as in the list of runs."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")


def lineage_table(digest: str, made_of: "Lineage") -> Table:
    """What one release is made of, a row an ingredient; digests by their beginning, as the commands take them."""
    table = Table(box=None, pad_edge=False, title=f"release {digest[:12]}", title_justify="left", title_style="bold")
    table.add_column("Made of", min_width=15)
    table.add_column("", overflow="fold")
    for name, value in made_of.model_dump(exclude={"schema_version"}).items():
        table.add_row(name.replace("_", " "), value[:12] if DIGEST.fullmatch(value) else value or "none")
    return table


def models_table(backbones: "Sequence[Backbone]", here: Mapping[str, bool]) -> Table:
    """One row a backbone, in 80 columns; licences that do not permit every use come last, and in another colour.

    Args:
        backbones: The rows of the table of backbones.
        here: Whether the weights of each are on this machine, by name.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Model", no_wrap=True)
    for column in ("Length", "px"):
        table.add_column(column, justify="right")
    for column in ("Licence", "From", "Here"):
        table.add_column(column)
    for row in sorted(backbones, key=lambda row: not row.is_permissive):
        licence = Text(row.licence, style="" if row.is_permissive else "yellow")
        numbers = str(row.pooled(row.pooling)), str(row.input_size)
        table.add_row(row.name, *numbers, licence, row.library, Text("yes" if here[row.name] else "", style="green"))
    return table


def matches_table(matches: Sequence[Any]) -> Table:
    """The neighbours of one query: score, label, where the picture came from."""
    table = Table(box=None, pad_edge=False)
    table.add_column("Score", justify="right")
    table.add_column("Label")
    table.add_column("Picture", overflow="fold")
    for match in matches:
        table.add_row(f"{match.score:.3f}", match.label, match.uri)
    return table
