"""Releases whose neighbours can be read off by eye: entries on a circle, found by their angle."""

from pathlib import Path

import numpy as np
import pandas as pd
from tiny_release import ENCODER, block_colours

from lookalike_components.release.manifest import EncoderFacts
from lookalike_components.release.runtime import Release
from lookalike_components.release.sealing import BuiltIndex, flat, seal, write_index

DIMENSION = ENCODER.dimension
ANGLES = {"a": 0, "b": 10, "c": 25, "d": 45, "e": 70}


def at(*angles):
    """Unit vectors float32 [n, 48] at so many degrees in the plane of the first two axes."""
    vectors = np.zeros((len(angles), DIMENSION), np.float32)
    vectors[:, 0], vectors[:, 1] = np.cos(np.radians(angles)), np.sin(np.radians(angles))
    return vectors


def table(angles=ANGLES, **columns):
    """Entries by id; those up to 20 degrees are mugs, the others lamps, and the last one has no label."""
    labels = ["mug" if angle <= 20 else "lamp" for angle in angles.values()]
    labels[-1] = None
    uris = [f"{name}.png" for name in angles]
    return pd.DataFrame({"image_id": list(angles), "uri": uris, "label": labels, "subset": "index", **columns})


def sealed(root: Path, name="release", encoder: EncoderFacts = ENCODER, vectors=None, rows=None, built=flat) -> Path:
    """A release of these entries, by default those on the circle."""
    import onnx

    draft = root / f"draft-{name}"
    draft.mkdir(parents=True)
    onnx.save(block_colours(), draft / "encoder.onnx")
    vectors = at(*ANGLES.values()) if vectors is None else vectors
    index = built(vectors)
    write_index(draft, vectors, table() if rows is None else rows, index if isinstance(index, BuiltIndex) else None)
    seal(draft, root / name, name, encoder, threshold=0.9)
    return root / name


def opened(root: Path, **settings) -> Release:
    return Release.open(sealed(root, **settings))
