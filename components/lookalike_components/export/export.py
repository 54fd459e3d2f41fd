"""Turns a trained encoder and its pictures into one sealed release."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.containers import code, image
from lookalike_components.dataset import (
    beside_validation,
    in_order,
    in_the_source,
    is_for_validation,
    load_pixels,
    read_images,
    read_table,
)
from lookalike_components.encoder import folder, onnx_graph
from lookalike_components.encoder.config import EncoderConfig
from lookalike_components.encoder.encode import encode
from lookalike_components.encoder.model import Encoder
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.export.comparison import Comparison, read_comparison
from lookalike_components.export.config import ExportConfig
from lookalike_components.export.index import build_index, index_table
from lookalike_components.export.model_card import Facts as CardFacts
from lookalike_components.export.model_card import model_card
from lookalike_components.export.quantisation import QUANTISED, WEIGHTS, quantise
from lookalike_components.export.questions import Questions, questions
from lookalike_components.export.tables import as_markdown, in_report
from lookalike_components.export.trial import attempt
from lookalike_components.pixels import thumbnail
from lookalike_components.progress import Facts, say, track
from lookalike_components.registry import freeze
from lookalike_components.release.candidates import GRAPH
from lookalike_components.release.lineage import Lineage
from lookalike_components.release.manifest import CARD, EncoderFacts, Manifest, file_digest
from lookalike_components.release.runtimes.onnx import OnnxGraph
from lookalike_components.release.sealing import BuiltIndex, Tried, check_is_new, seal, write_index
from lookalike_components.release.thumbnails import write_thumbnails
from lookalike_components.retrieval import Calibration, Labelled, Resampling, calibrate
from lookalike_components.storage import read_bytes, write_bytes

PICTURES_COMPARED = 64
TOLERANCE = 1e-4
THUMBNAIL_PIXELS = 96

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Judged:
    """What *compare* left behind, if anything: its folder, for the model card, and its report, to be completed."""

    comparison: str | Path | None = None
    report: str | Path | None = None


@dataclass(frozen=True, slots=True)
class Pages:
    """Where the table of runtimes (Markdown) and the completed report (HTML) go; None for nowhere."""

    candidates: str | Path | None = None
    report: str | Path | None = None


def export(
    encoder_path: str | Path,
    table_path: str | Path,
    release_path: str | Path,
    config: ExportConfig,
    judged: Judged | None = None,
    pages: Pages | None = None,
) -> Facts:
    """Exports the graph, embeds every image of the table with it, tries the ways to run it, and seals it all.

    Args:
        encoder_path: Folder of the encoder.
        table_path: Image table; its images go into the index, but for frozen test images that the source does not have
            any more; its validation rows set the threshold, its test rows judge the ways to run the encoder.
        release_path: Where the release is to appear, whole or not at all.
        config: How the release is made.
        judged: What *compare* found out about the encoder.
        pages: What else is written.

    Returns:
        ``images`` and ``labels`` in the index, ``largest_difference`` of an embedding's value between torch and ONNX,
        the number of runtimes that are ``shipped``, the index' ``recall``, and the ``threshold`` where there are
        validation labels.

    Raises:
        UserError: The encoder, the table or the comparison is none, the table is empty, the metric was not measured, or
            there is something at ``release_path``.
        LookalikeError: The graph does not compute what the encoder does.
    """
    judged, pages, target = judged or Judged(), pages or Pages(), Path(release_path)
    check_is_new(target)
    comparison = read_comparison(judged.comparison)
    encoder, whole = folder.load(encoder_path), read_table(table_path)
    table = in_the_source(whole)
    if table.empty:
        raise UserError(f"{table_path} has no images to search among; run the step ingest first")
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as scratch:
        draft = Path(scratch, target.name)
        draft.mkdir()
        difference = _export_graph(encoder, table, draft)
        drafted = _drafted(draft, encoder.config, table, config)
        about = _encoder_facts(encoder.config, folder.digest(encoder_path))
        shutil.copyfile(Path(encoder_path, folder.CONFIG), draft / folder.CONFIG)
        _lineage(encoder.config, about.digest, table_path, whole, config.champion).write(draft)
        manifest = _sealed(drafted, target, about, encoder.config, table, comparison, config)
    _write_pages(judged, pages, drafted.tried, config.k)
    return _facts(manifest, difference)


@dataclass(frozen=True, slots=True)
class _Drafted:
    """A release in the making: its folder, and what was found out while it was filled."""

    draft: Path
    built: BuiltIndex
    calibration: Calibration | None
    tried: Tried

    @property
    def threshold(self) -> float | None:
        """The cosine from which two pictures count as the same thing; None when it could not be set."""
        return self.calibration.threshold if self.calibration else None


def _drafted(draft: Path, encoder: EncoderConfig, table: pd.DataFrame, config: ExportConfig) -> _Drafted:
    vectors = _embed(OnnxGraph(draft / GRAPH), table, encoder, config.batch_size)
    built = build_index(vectors, config.exact_up_to)
    write_index(draft, vectors, index_table(table), built)
    if config.thumbnails:
        _write_thumbnails(draft, table)
    found = _calibrated(vectors, table, config)
    tried = _attempt(draft, encoder, table, questions(table, vectors), found.threshold if found else None, config)
    return _Drafted(draft, built, found, tried)


def _attempt(
    draft: Path,
    encoder: EncoderConfig,
    table: pd.DataFrame,
    asked: Questions | None,
    threshold: float | None,
    config: ExportConfig,
) -> Tried:
    """Makes and tries every candidate; files that none of the shipped ones runs do not stay."""
    obstacle = _quantise(draft, table, encoder) if asked else ""
    tried = attempt(draft, encoder, asked, threshold, config, obstacle)
    needed = {name for candidate in tried.candidates if candidate.shipped for name in candidate.files}
    for name in {QUANTISED, WEIGHTS} - needed:
        (draft / name).unlink(missing_ok=True)
    return tried


def _quantise(draft: Path, table: pd.DataFrame, encoder: EncoderConfig) -> str:
    """Why there is no int8 graph; empty where there is one."""
    try:
        quantise(draft / GRAPH, draft, table, encoder)
    except ImportError:
        return "the package nncf is missing"
    except UserError as error:
        return str(error)
    except Exception as error:  # NNCF raises whatever it meets in a graph, and the release does without it
        say(f"int8: {error}")
        return f"the graph could not be quantised ({type(error).__name__})"
    return ""


def _sealed(
    drafted: _Drafted,
    target: Path,
    about: EncoderFacts,
    encoder: EncoderConfig,
    table: pd.DataFrame,
    comparison: Comparison | None,
    config: ExportConfig,
) -> Manifest:
    name = f"{about.model}-{about.digest[:8]}"
    built, tried, threshold = drafted.built, drafted.tried, drafted.threshold
    card = model_card(CardFacts(name, encoder, table, drafted.calibration, config.k, built, tried, comparison))
    (drafted.draft / CARD).write_text(card, encoding="utf-8")
    return seal(drafted.draft, target, name, about, threshold, built, tried)


def _write_pages(judged: Judged, pages: Pages, tried: Tried, k: int) -> None:
    if pages.candidates:
        write_bytes(pages.candidates, f"# Runtimes\n\n{as_markdown(tried, k)}".encode())
    if pages.report and judged.report:
        write_bytes(pages.report, in_report(read_bytes(judged.report).decode(), tried, k).encode())


def _facts(manifest: Manifest, difference: float) -> Facts:
    index, shipped = manifest.index, [candidate for candidate in manifest.candidates if candidate.shipped]
    facts = {"images": index.images, "labels": index.labels, "recall": index.recall}
    facts |= {"largest_difference": difference, "shipped": len(shipped)}
    return facts if manifest.threshold is None else facts | {"threshold": manifest.threshold}


def _write_thumbnails(draft: Path, table: pd.DataFrame) -> None:
    pictures = in_order(lambda data: thumbnail(data, THUMBNAIL_PIXELS), read_images(table), size=len)
    write_thumbnails(draft, table["image_id"], track(pictures, len(table), "thumbnails"))


def _calibrated(vectors: Vectors, table: pd.DataFrame, config: ExportConfig) -> Calibration | None:
    """As *evaluate* sets it, on what the released graph makes of the same pictures."""
    asked, others = (
        Labelled(vectors[rows.index], rows["label"].tolist())
        for rows in (table[is_for_validation(table)], beside_validation(table))
    )
    return calibrate(asked, others, config.false_match_rate, config.index_size or len(table), Resampling())


def _export_graph(encoder: Encoder, table: pd.DataFrame, draft: Path) -> float:
    """Writes the graph and gives its largest difference from the encoder on real pictures."""
    onnx_graph.export(encoder, draft / GRAPH)
    some = table.head(PICTURES_COMPARED)
    config = encoder.config
    pixels = np.concatenate(list(load_pixels(some, config.input_size, config.resize, aspect=config.aspect)))
    difference = float(np.abs(OnnxGraph(draft / GRAPH).encode(pixels) - encode(encoder, [pixels])).max())
    if not difference <= TOLERANCE:
        raise LookalikeError(
            f"the ONNX graph of {encoder.config.model} differs from the encoder by {difference:.1e} "
            f"({TOLERANCE:.0e} is accepted); export with the versions of torch and onnxruntime that are pinned"
        )
    say(f"torch and ONNX differ by {difference:.1e} at most")
    return difference


def _embed(graph: OnnxGraph, table: pd.DataFrame, encoder: EncoderConfig, batch_size: int) -> Vectors:
    batches = load_pixels(table, encoder.input_size, encoder.resize, batch_size, encoder.aspect)
    tracked = track(batches, len(table), "images", each=batch_size)
    return np.concatenate([graph.encode(batch) for batch in tracked])


def _lineage(
    encoder: EncoderConfig, digest: str, table_path: str | Path, table: pd.DataFrame, champion: str
) -> Lineage:
    return Lineage(
        table=file_digest(Path(table_path)),
        test_set=freeze(table)[0],
        encoder=digest,
        settings=encoder.settings,
        weights=encoder.weights_sha256,
        parent_encoder=encoder.parent,
        parent_release=champion,
        code=code(),
        image=image(),
    )


def _encoder_facts(config: EncoderConfig, digest: str) -> EncoderFacts:
    shared = {name: value for name, value in config if name in EncoderFacts.model_fields}
    return EncoderFacts(**shared, digest=digest)
