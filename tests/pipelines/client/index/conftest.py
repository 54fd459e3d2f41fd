"""A server that keeps a journal; its index is as it was sealed when a test begins."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from tiny_release import blocks

from lookalike.client.service import Client, Embeddings, serving

SEALED = 40
"""Images that the release is sealed with."""
Found = dict[str, tuple[str, str]]


@pytest.fixture(scope="session")
def with_a_journal(release_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving(release_folder, ["--journal", str(tmp_path_factory.mktemp("journal"))]) as client:
        yield client


@pytest.fixture
def added(with_a_journal: Client) -> Callable[..., Found]:
    """Tells uri and label of what was added, by id; ``added(shop=3)`` of what has this in its columns."""

    def added(**columns: object) -> Found:
        manifest = with_a_journal.manifest()
        anywhere = np.eye(1, manifest["encoder"]["dimension"], dtype=np.float32)
        query = Embeddings(anywhere, manifest["encoder"]["digest"], manifest["digest"])
        images = with_a_journal.index()["images"]
        found = with_a_journal.search_vectors(query, images, filter=columns)[0]
        return {match.id: (match.uri, match.label) for match in found if not match.id.startswith("picture-")}

    return added


@pytest.fixture
def client(with_a_journal: Client, added: Callable[..., Found]) -> Client:
    if ids := added():
        with_a_journal.remove(ids)
    assert with_a_journal.index()["images"] == SEALED
    return with_a_journal


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three labels with five pictures, one of them in a folder within a folder, and a picture without a label."""
    folder = tmp_path / "photos"
    for number, name in enumerate(["bowl/1.jpg", "bowl/2.jpg", "top.jpg", "vase/1.jpg", "vase/blue/1.jpg"]):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(blocks(100 + number))
    return folder
