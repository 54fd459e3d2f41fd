"""What is done to an index while it serves: entries are added, taken out, or forgotten with their encoder."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Value = str | int | float | bool | None
"""What a column holds; None where there is no value."""
Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture that can be found, apart from its vector."""

    id: str
    """What it is known by; a later entry of the same id takes its place."""
    uri: str = ""
    """Where it came from."""
    label: str = ""
    """What it shows; empty where nobody said."""
    columns: Mapping[str, Value] = field(default_factory=dict)
    """More to filter by."""


@dataclass(frozen=True, slots=True, eq=False)
class Addition:
    """Entries that can be found from now on."""

    encoder: str
    """Digest of the encoder that made the vectors."""
    entries: tuple[Entry, ...]
    vectors: Vectors
    """float32 ``[n, d]`` of unit length, one for each entry."""
    thumbnails: tuple[bytes, ...] = ()
    """A small WebP of each entry, empty where there is none of it; nothing where there is none of any."""


@dataclass(frozen=True, slots=True)
class Removal:
    """Entries that can be found no longer, whichever encoder they were added for."""

    ids: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    """Those of them that a release holds: they stay out of releases to come, until they are added again."""


@dataclass(frozen=True, slots=True)
class Forgetting:
    """All that was added for one encoder goes."""

    encoder: str


Change = Addition | Removal | Forgetting
