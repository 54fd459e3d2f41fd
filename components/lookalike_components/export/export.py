"""Turns a trained encoder and its pictures into one sealed release."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.containers import code, image
from lookalike_components.dataset import in_the_source, is_for_validation, load_pixels, read_table
from lookalike_components.encoder import folder, onnx_graph
from lookalike_components.encoder.config import EncoderConfig
from lookalike_components.encoder.encode import encode
from lookalike_components.encoder.model import Encoder
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.export.config import ExportConfig
from lookalike_components.export.model_card import model_card
from lookalike_components.progress import Facts, say, track
from lookalike_components.registry import freeze
from lookalike_components.release.lineage import Lineage
from lookalike_components.release.manifest import EncoderFacts, file_digest
from lookalike_components.release.runtime import Graph
from lookalike_components.release.sealing import CARD, GRAPH, check_is_new, seal, write_index
from lookalike_components.retrieval import Resampling, calibrate

PICTURES_COMPARED = 64
TOLERANCE = 1e-4


def export(encoder_path: str | Path, table_path: str | Path, release_path: str | Path, config: ExportConfig) -> Facts:
    """Exports the graph, embeds every image of the table with it, sets the threshold, and seals it all.

    Args:
        encoder_path: Folder of the encoder.
        table_path: Image table; its images go into the index, but for frozen test images that the source does not have
            any more; its validation rows set the threshold.
        release_path: Where the release is to appear, whole or not at all.
        config: How the release is made.

    Returns:
        ``images`` and ``labels`` in the index, ``largest_difference`` of an embedding's value between torch and ONNX,
        and the ``threshold`` where there are validation labels.

    Raises:
        UserError: The encoder or the table is none, the table is empty, or there is something at ``release_path``.
        LookalikeError: The graph does not compute what the encoder does.
    """
    target = Path(release_path)
    check_is_new(target)
    encoder, whole = folder.load(encoder_path), read_table(table_path)
    table = in_the_source(whole)
    if table.empty:
        raise UserError(f"{table_path} has no images to search among; run the step ingest first")
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as scratch:
        draft = Path(scratch, target.name)
        draft.mkdir()
        difference = _export_graph(encoder, table, draft)
        vectors = _embed(Graph(draft / GRAPH), table, encoder.config, config.batch_size)
        write_index(draft, vectors, table)
        threshold = _threshold(vectors, table, config)
        about = _encoder_facts(encoder.config, folder.digest(encoder_path))
        name = f"{about.model}-{about.digest[:8]}"
        shutil.copyfile(Path(encoder_path, folder.CONFIG), draft / folder.CONFIG)
        (draft / CARD).write_text(model_card(name, encoder.config, table, threshold), encoding="utf-8")
        _lineage(encoder.config, about.digest, table_path, whole, config.champion).write(draft)
        manifest = seal(draft, target, name, about, threshold)
    facts = manifest.index.model_dump() | {"largest_difference": difference}
    return facts if threshold is None else facts | {"threshold": threshold}


def _threshold(vectors: npt.NDArray[np.float32], table: pd.DataFrame, config: ExportConfig) -> float | None:
    """As *evaluate* sets it, on what the released graph makes of the validation pictures."""
    rows = is_for_validation(table).to_numpy()
    labels = table["label"][rows].tolist()
    index_size = config.index_size or len(table)
    found = calibrate(vectors[rows], labels, config.false_match_rate, index_size, Resampling())
    return found.threshold if found else None


def _export_graph(encoder: Encoder, table: pd.DataFrame, draft: Path) -> float:
    """Writes the graph and gives its largest difference from the encoder on real pictures."""
    onnx_graph.export(encoder, draft / GRAPH)
    some = table.head(PICTURES_COMPARED)
    config = encoder.config
    pixels = np.concatenate(list(load_pixels(some, config.input_size, config.resize, aspect=config.aspect)))
    difference = float(np.abs(Graph(draft / GRAPH).encode(pixels) - encode(encoder, [pixels])).max())
    if not difference <= TOLERANCE:
        raise LookalikeError(
            f"the ONNX graph of {encoder.config.model} differs from the encoder by {difference:.1e} "
            f"({TOLERANCE:.0e} is accepted); export with the versions of torch and onnxruntime that are pinned"
        )
    say(f"torch and ONNX differ by {difference:.1e} at most")
    return difference


def _embed(graph: Graph, table: pd.DataFrame, encoder: EncoderConfig, batch_size: int) -> npt.NDArray[np.float32]:
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
