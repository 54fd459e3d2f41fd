"""Where pictures lie on a map of their vectors, before and after, so that both maps can be read as one.

t-SNE (van der Maaten and Hinton 2008) keeps neighbours together and leaves the rest to chance: two runs of it lie any
way round. So the first map starts from the principal components (Kobak and Berens 2019, "The art of using t-SNE for
single-cell transcriptomics"). The second starts where the first ended, without the early exaggeration that would throw
its clusters about, and then it is turned, mirrored and centred to lie over the first (orthogonal Procrustes, Schönemann
1966).
"""

import numpy as np
from numpy.typing import NDArray

from lookalike_components.compare.sample import Vectors

Layout = NDArray[np.float64]

FEWEST = 10
PERPLEXITY = 30.0
ROUNDS = 80
START = 1e-4
"""Spread of the principal components that t-SNE starts from; small, so that they pin nothing down."""
EXAGGERATION = 12.0


def aligned_layouts(before: Vectors, after: Vectors) -> tuple[Layout, Layout]:
    """Lays out the same pictures twice; the same vectors always give the same maps.

    Args:
        before: float32 [n, d], `FEWEST` rows or more.
        after: float32 [n, e], the same pictures in the same order.

    Returns:
        float64 [n, 2] each, centred, of mean square radius 1.
    """
    first = _tsne(before, _principal_components(before), EXAGGERATION)
    second = _tsne(after, first, 1.0)
    return _scaled(first), _turned_onto(_scaled(first), _scaled(second))


def spread(places: Layout, distance: float) -> Layout:
    """Pushes places apart until hardly any two are nearer than a distance; who is whose neighbour stays.

    Args:
        places: float64 [n, 2].
        distance: In the same unit.
    """
    turns = np.arange(len(places))  # places that coincide have to go different ways
    places = places + distance / 1e3 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    for _ in range(ROUNDS):
        apart = places[:, None] - places
        lengths = np.linalg.norm(apart, axis=2)
        too_near = np.maximum(distance - lengths, 0) / np.maximum(lengths, distance / 1e6) / 4
        places = places + (apart * too_near[..., None]).sum(axis=1)
    return places


def _principal_components(vectors: Vectors) -> Layout:
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    left, strengths, directions = np.linalg.svd(centred, full_matrices=False)
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, None], axis=1)[:, 0]
    components = (left * strengths * np.sign(largest))[:, :2]  # the sign of a direction is arbitrary
    return np.asarray(components * START / (components.std(axis=0).max() or 1.0), np.float64)


def _tsne(vectors: Vectors, start: Layout, exaggeration: float) -> Layout:
    from sklearn.manifold import TSNE  # a second of imports, for the map alone

    tsne = TSNE(
        perplexity=min(PERPLEXITY, (len(vectors) - 1) / 3),
        init=start.astype(np.float32),
        early_exaggeration=exaggeration,
        method="exact",  # the tree is for thousands of points, and its threads add up in any order
        random_state=0,
    )
    return np.asarray(tsne.fit_transform(vectors), np.float64)


def _scaled(layout: Layout) -> Layout:
    centred = layout - layout.mean(axis=0)
    radius = float(np.sqrt((centred**2).sum(axis=1).mean()))
    return np.asarray(centred / (radius or 1.0), np.float64)


def _turned_onto(fixed: Layout, moved: Layout) -> Layout:
    """Of all rotations and reflections R, the one that brings ``moved @ R`` nearest to ``fixed``."""
    left, _, right = np.linalg.svd(moved.T @ fixed)
    return np.asarray(moved @ left @ right, np.float64)
