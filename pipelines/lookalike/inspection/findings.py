"""What an inspection found: the same for the terminal, for machines and for the page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lookalike.inspection.copies import Group
from lookalike.inspection.labels import label_sizes
from lookalike.inspection.suspects import SUSPICIONS, Suspicion, suspects

TOLD = 5  # examples for machines


@dataclass(frozen=True)
class Inspection:
    """What a run would make of a source.

    Attributes:
        source: As it was given.
        images: The accepted images, a row each, in the order of the source: ``uri, position, image_id, nbytes, format,
            width, height, perceptual_hash, sharpness, brightness, contrast, label`` and what else the source had.
        refused: ``uri, position, reason``.
        groups: Images that show the same picture.
        label_rule: How the labels were found.
        stops: Sentences with which `lookalike fit` would stop, as things are.
    """

    source: str
    images: pd.DataFrame
    refused: pd.DataFrame
    groups: list[Group]
    label_rule: str
    stops: list[str]

    @property
    def usable(self) -> bool:
        """Whether any image was accepted."""
        return not self.images.empty

    @property
    def megabytes(self) -> float:
        """What the accepted images take, in MB."""
        return float(self.images["nbytes"].sum() / 1e6)

    @property
    def label_sizes(self) -> "pd.Series[int]":
        """Different images of each label."""
        return label_sizes(self.images)

    def refusals(self) -> list[tuple[str, pd.DataFrame]]:
        """Reasons and what was refused for them, the most frequent first."""
        reasons = self.refused["reason"].value_counts(sort=False).sort_values(ascending=False, kind="stable")
        return [(str(reason), self.refused[self.refused["reason"] == reason]) for reason in reasons.index]

    def suspected(self) -> list[tuple[Suspicion, pd.DataFrame]]:
        """Every suspicion and the accepted images that it is about, the worst first."""
        return [(suspicion, suspects(self.images, suspicion)) for suspicion in SUSPICIONS]

    @property
    def suspects(self) -> int:
        """Images that are suspected of anything."""
        return len(set().union(*(rows.index for _, rows in self.suspected())))

    def copies(self, exact: bool) -> list[Group]:
        """The groups of the same bytes, or those in which the bytes differ."""
        return [group for group in self.groups if group.exact is exact]

    def facts(self) -> dict[str, Any]:
        """Everything in numbers and first examples, for machines."""
        return {
            "source": self.source,
            "accepted": len(self.images),
            "refused": len(self.refused),
            "megabytes": round(self.megabytes, 1),
            "formats": self.images["format"].value_counts().to_dict(),
            "refusals": [{"reason": why, **_rows(rows)} for why, rows in self.refusals()],
            "duplicates": {
                "exact": self._copies(self.copies(exact=True)),
                "near": self._copies(self.copies(exact=False)),
            },
            "labels": self._labels(),
            "suspected": {suspicion.name: _rows(rows) for suspicion, rows in self.suspected()},
            "stops": self.stops,
        }

    def _copies(self, groups: list[Group]) -> dict[str, Any]:
        return {
            "groups": len(groups),
            "images": surplus(groups),
            "across_labels": sum(group.across_labels for group in groups),
            "first": [self.images["uri"].iloc[group.rows].tolist() for group in groups[:TOLD]],
        }

    def _labels(self) -> dict[str, Any]:
        sizes = self.label_sizes
        alone = sizes.index[sizes == 1]
        each = (
            {"least": int(sizes.min()), "median": float(sizes.median()), "most": int(sizes.max())} if len(sizes) else {}
        )
        return {
            "rule": self.label_rule,
            "labels": len(sizes),
            "images_each": each,
            "unlabelled": int(self.images["label"].isna().sum()),
            "with_one_image": {"labels": len(alone), "first": alone[:TOLD].tolist()},
        }


def surplus(groups: Iterable[Group]) -> int:
    """Images that are there already: all of a group but one."""
    return sum(len(group.rows) - 1 for group in groups)


def short_names(uris: Iterable[str], root: str) -> Iterator[str]:
    """Uris without the folder that they all lie in."""
    return (uri.removeprefix(root) or "(no name)" for uri in uris)


def common_folder(uris: pd.Series) -> str:
    """The folder that all uris lie in, with its slash; "" where they have none in common."""
    named = uris[uris != ""]
    first, last = (named.min(), named.max()) if len(named) else ("", "")
    same = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return str(first[: first.rfind("/", 0, same) + 1])


def _rows(rows: pd.DataFrame) -> dict[str, Any]:
    return {"images": len(rows), "first": rows["uri"].head(TOLD).tolist()}
