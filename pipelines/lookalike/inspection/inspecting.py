"""Looks at a source as a run would, without a run and without a store."""

from pathlib import Path
from typing import Any, cast

from lookalike.config import FinetuneConfig
from lookalike.inspection.copies import Read, find_groups
from lookalike.inspection.findings import Inspection
from lookalike.inspection.labels import labelled
from lookalike.inspection.looking import in_columns, look_at
from lookalike.inspection.progress_bar import followed
from lookalike_components.errors import UserError
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.sources import Source, open_source
from lookalike_components.label.config import LabelConfig


def check(
    source: str | Path,
    *,
    page: str | Path | None = None,
    preset: str = "",
    config: str | Path | None = None,
    **settings: Any,
) -> Inspection:
    """Tells what a run would make of a source, without moving anything.

    Args:
        source: What `fit` takes: a folder, an archive, a list of files or addresses, shards.
        page: An HTML file to write, with pictures of what was found.
        preset: A packaged preset, such as ``walkthrough``.
        config: A YAML file with settings; those of *ingest* and *label* count here.
        settings: Single settings, as for `fit`: ``label={"rule": "folder"}``.

    Returns:
        What is accepted, refused and suspected; ``facts()`` gives all of it as plain data.

    Raises:
        UserError: The source cannot be read, lists no images, or a setting is wrong.
    """
    overrides = {"source": str(source), **settings}
    resolved = FinetuneConfig.resolve(preset=preset, file=Path(config) if config else None, overrides=overrides)
    with open_source(cast(IngestConfig, resolved.step("ingest"))) as opened:
        inspection = _inspect(opened, str(source), cast(LabelConfig, resolved.step("label")))
        if page:
            from lookalike.inspection.page import write_page

            write_page(inspection, Path(page), _reader(opened))
    return inspection


def _inspect(source: Source, name: str, rule: LabelConfig) -> Inspection:
    rows = in_columns(source.listing, followed(look_at(source), len(source.listing)))
    is_refused = rows["reason"].notna()
    images, stops = labelled(rows[~is_refused].drop(columns="reason").reset_index(drop=True), rule)
    refused = rows.loc[is_refused, ["uri", "position", "reason"]].reset_index(drop=True)
    groups = find_groups(images, _reader(source)) if len(images) else []
    return Inspection(name, images, refused, groups, rule.rule, stops)


def _reader(source: Source) -> Read:
    """The bytes of an image that was accepted; empty where it cannot be had a second time."""

    def read(uri: str) -> bytes:
        try:
            content = source.read(uri)
        except UserError:
            return b""
        return content.data if content else b""

    return read
