"""How a release comes to be: an index is written, every file is digested, and the folder appears at once."""

from datetime import UTC, datetime
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.errors import UserError
from lookalike_components.release.manifest import MANIFEST, EncoderFacts, IndexFacts, Manifest, file_digest
from lookalike_components.storage.parquet import read_parquet

GRAPH = "encoder.onnx"
INDEX = "index.faiss"
INDEX_TABLE = "index.parquet"
CARD = "model_card.md"
INDEX_COLUMNS = ["image_id", "uri", "label", "subset"]


def write_index(draft: Path, vectors: npt.NDArray[np.float32], table: pd.DataFrame) -> None:
    """Writes the exact inner-product index and the table of what its vectors stand for.

    Args:
        draft: Folder of the release in the making.
        vectors: float32 ``[n, d]`` of unit length.
        table: The ``n`` images in the vectors' order: columns ``image_id``, ``uri``, ``label`` and ``subset``.
    """
    if len(vectors) != len(table):
        raise ValueError(f"{len(vectors)} vectors for {len(table)} images")
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    faiss.write_index(index, str(draft / INDEX))
    table[INDEX_COLUMNS].to_parquet(draft / INDEX_TABLE, index=False)


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


def seal(draft: Path, folder: Path, name: str, encoder: EncoderFacts, threshold: float | None) -> Manifest:
    """Turns a draft into a release: digests its files, writes the manifest, and renames it to ``folder``.

    Args:
        draft: Folder with ``encoder.onnx``, the index and any other file; on the same file system as ``folder``.
        folder: Where the release is to appear, whole or not at all.
        name: Name of the release, for people.
        encoder: What the graph is.
        threshold: Cosine from which two pictures count as the same thing; None when it could not be calibrated.

    Raises:
        UserError: There is something in ``folder`` already: a release is never changed.
    """
    check_is_new(folder)
    manifest = Manifest(
        name=name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        encoder=encoder,
        index=_index_facts(draft),
        threshold=threshold,
        files={path.name: file_digest(path) for path in sorted(draft.iterdir())},
    ).sealed()
    (draft / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    draft.replace(folder)
    return manifest


def _index_facts(draft: Path) -> IndexFacts:
    labels = read_index_table(draft)["label"]
    return IndexFacts(images=len(labels), labels=labels.nunique())
