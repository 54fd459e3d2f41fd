"""How a release comes to be: an index is written, every file is digested, and the folder appears at once."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.errors import UserError
from lookalike_components.release.candidates import GRAPH as GRAPH
from lookalike_components.release.candidates import Candidate, Trial
from lookalike_components.release.manifest import CARD as CARD
from lookalike_components.release.manifest import INDEX as INDEX
from lookalike_components.release.manifest import INDEX_TABLE as INDEX_TABLE
from lookalike_components.release.manifest import MANIFEST, EncoderFacts, IndexFacts, Manifest, file_digest
from lookalike_components.storage.parquet import read_parquet

INDEX_COLUMNS = ["image_id", "uri", "label", "subset"]


@dataclass(frozen=True, slots=True)
class BuiltIndex:
    """A faiss index that was measured.

    Attributes:
        index: The faiss index over the vectors, by inner product.
        recall: Share of the nearest pictures that it finds, in 0..1.
        recall_at: How many neighbours that was measured on; 0 where it compares with all.
    """

    index: Any
    recall: float = 1.0
    recall_at: int = 0


@dataclass(frozen=True, slots=True)
class Tried:
    """The ways to run the encoder that were tried, and on what."""

    candidates: tuple[Candidate, ...] = ()
    trial: Trial | None = None


NOTHING_TRIED = Tried()


def flat(vectors: npt.NDArray[np.float32]) -> BuiltIndex:
    """The exact index over float32 ``[n, d]`` of unit length."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    return BuiltIndex(index)


def write_index(
    draft: Path, vectors: npt.NDArray[np.float32], table: pd.DataFrame, built: BuiltIndex | None = None
) -> None:
    """Writes the index and the table of what its vectors stand for.

    Args:
        draft: Folder of the release in the making.
        vectors: float32 ``[n, d]`` of unit length.
        table: The ``n`` images in the vectors' order: columns ``image_id``, ``uri``, ``label`` and ``subset``, and
            whatever else results shall be filtered by.
        built: An index over these vectors; None for the exact one.
    """
    if len(vectors) != len(table):
        raise ValueError(f"{len(vectors)} vectors for {len(table)} images")
    faiss.write_index((built or flat(vectors)).index, str(draft / INDEX))
    others = [name for name in table if name not in INDEX_COLUMNS]
    table[[*INDEX_COLUMNS, *others]].to_parquet(draft / INDEX_TABLE, index=False)


def read_index_table(folder: str | Path) -> pd.DataFrame:
    """The images of a release's index, in the order of its vectors."""
    return read_parquet(Path(folder, INDEX_TABLE))


def check_is_new(folder: Path) -> None:
    """Makes sure that a release can appear at ``folder``, before the work that it takes to make one.

    Raises:
        UserError: There is something in the folder already: a release is never changed.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise UserError(f"{folder} is not empty and a release is never changed; export to another folder")


def seal(
    draft: Path,
    folder: Path,
    name: str,
    encoder: EncoderFacts,
    threshold: float | None,
    built: BuiltIndex | None = None,
    tried: Tried = NOTHING_TRIED,
) -> Manifest:
    """Turns a draft into a release: digests its files, writes the manifest, and renames it to ``folder``.

    Args:
        draft: Folder with ``encoder.onnx``, the index and any other file; on the same file system as ``folder``.
        folder: Where the release is to appear, whole or not at all.
        name: Name of the release, for people.
        encoder: What the graph is.
        threshold: Cosine from which two pictures count as the same thing; None when it could not be calibrated.
        built: The index, where it is not the exact one.
        tried: The ways to run the encoder that were tried.

    Raises:
        UserError: There is something in ``folder`` already: a release is never changed.
    """
    check_is_new(folder)
    manifest = Manifest(
        name=name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        encoder=encoder,
        index=_index_facts(draft, built),
        threshold=threshold,
        candidates=tried.candidates,
        trial=tried.trial,
        files={path.name: file_digest(path) for path in sorted(draft.iterdir())},
    ).sealed()
    (draft / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    draft.replace(folder)
    return manifest


def _index_facts(draft: Path, built: BuiltIndex | None) -> IndexFacts:
    labels = read_index_table(draft)["label"]
    counts = {"images": len(labels), "labels": labels.nunique()}
    if built is None or not built.recall_at:
        return IndexFacts(**counts)
    return IndexFacts(**counts, kind="ivf", recall=built.recall, recall_at=built.recall_at)
