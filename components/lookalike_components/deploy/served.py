"""A release as a predictor of an InferenceService serves it, with the releases that were served before it.

All that has to be remembered lies in the annotations of the predictor itself, which KServe hands on to the pods. There
it stays the same from a canary's first request to its last day as the only one. Annotations of the whole service would
not do: KServe hands them on too, so that remembering a promotion there would restart every pod.
"""

import json
from pathlib import Path
from typing import Any

from lookalike_components.deploy.config import checked_storage
from lookalike_components.errors import UserError
from lookalike_components.step_config import StepConfig

RELEASE = "lookalike/release"
ENCODER = "lookalike/encoder"
BEFORE = "lookalike/before"
MOST_REMEMBERED = 10

Predictor = dict[str, Any]


class Served(StepConfig):
    """A release, by its digests, and where KServe reads it."""

    release: str
    encoder: str
    storage_uri: str


def read_release(folder: str | Path, storage_uri: str = "") -> Served:
    """Reads which release lies in a folder on this machine or in a bucket.

    Args:
        folder: The sealed release: a path, ``file://`` or ``gs://``.
        storage_uri: Where KServe reads it, if that is elsewhere.

    Raises:
        UserError: There is no release, or KServe cannot read from where it is stored.
        LookalikeError: The release is damaged, or the bucket cannot be reached.
    """
    from lookalike_components import registry  # it brings pandas, which promoting and rolling back do without

    manifest = registry.read_manifest(str(folder))
    where = storage_uri or stored_at(str(folder))
    return Served(release=manifest.digest, encoder=manifest.encoder.digest, storage_uri=where)


def stored_at(folder: str) -> str:
    """The URI by which KServe reads what is stored in a folder.

    Raises:
        UserError: KServe cannot read from there.
    """
    if "://" not in folder:
        return Path(folder).resolve().as_uri()
    try:
        return checked_storage(folder).rstrip("/")  # another URI would be another pod
    except ValueError as error:
        raise UserError(f"the release is stored at {folder} but {error} as storage_uri") from error


def is_ours(predictor: Predictor) -> bool:
    """Whether a predictor was written by this step."""
    return RELEASE in predictor.get("annotations", {})


def served_by(predictor: Predictor) -> Served:
    """The release that a predictor serves."""
    notes = predictor["annotations"]
    return Served(release=notes[RELEASE], encoder=notes[ENCODER], storage_uri=predictor["model"]["storageUri"])


def served_before(predictor: Predictor) -> list[Served]:
    """The releases that were served before, the last one first."""
    return [Served(**entry) for entry in json.loads(predictor["annotations"].get(BEFORE, "[]"))]


def with_release(predictor: Predictor, served: Served, before: list[Served]) -> Predictor:
    """The same predictor, serving another release."""
    remembered = [entry.model_dump() for entry in before[:MOST_REMEMBERED]]
    notes = {RELEASE: served.release, ENCODER: served.encoder, BEFORE: json.dumps(remembered)}
    model = {**predictor["model"], "storageUri": served.storage_uri}
    return {**predictor, "annotations": notes, "model": model}
