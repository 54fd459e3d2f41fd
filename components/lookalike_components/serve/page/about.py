"""What the page tells of the release in service."""

from collections.abc import Iterator
from itertools import islice

from pydantic import BaseModel, Field

from lookalike_components.serve.current import Current

MOST_NEIGHBOURS = 48
EXAMPLES = 12


class About(BaseModel):
    """The release in service, as the page shows it."""

    name: str = Field(description="Name of the release, for people.")
    release: str = Field(description="Its digest.")
    model: str = Field(description="Name of the encoder's backbone.")
    images: int = Field(description="How many pictures can be found.")
    threshold: float | None = Field(description="Cosine from which two pictures count as the same thing.")
    most_neighbours: int = Field(description="How many neighbours the page can show.")
    thumbnails: bool = Field(description="Whether there are small pictures of what can be found.")
    examples: list[str] = Field(description="Ids of pictures to try, each with a thumbnail and a label of its own.")


def about(current: Current, most_k: int) -> About:
    """Describes the release in service; reads a few thumbnails.

    Args:
        current: The release in service.
        most_k: How many neighbours the server finds at the most.
    """
    served = current.release
    manifest, images = served.release.manifest, served.collection.images
    return About(
        name=manifest.name,
        release=manifest.digest,
        model=manifest.encoder.model,
        images=images,
        threshold=manifest.threshold,
        most_neighbours=min(images, most_k, MOST_NEIGHBOURS),
        thumbnails=served.has_thumbnails,
        examples=list(islice(_examples(current), EXAMPLES)),
    )


def _examples(current: Current) -> Iterator[str]:
    """One picture of each label, labels in an order that is always the same and has nothing to do with their names."""
    first = current.release.release.table.drop_duplicates("label")
    # Ids are digests: sorted by them, the pictures are shuffled.
    ids = sorted(first["image_id"])[: 4 * EXAMPLES]
    return (image_id for image_id in ids if current.thumbnail(image_id))
