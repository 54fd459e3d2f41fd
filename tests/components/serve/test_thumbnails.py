import io

import numpy as np
import pytest
from PIL import Image
from tiny_release import blocks

from lookalike_components.pixels import thumbnail
from lookalike_components.serve.collection.thumbnails import MOST_BYTES, PIXELS, thumbnails_of
from lookalike_components.serve.engine.deadline import NEVER, Deadline
from lookalike_components.serve.refusals import TooLate


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_what_is_no_image_has_no_thumbnail():
    assert thumbnails_of([blocks(0), None, b"none", blocks(1)], NEVER) == (
        thumbnail(blocks(0), 96),
        b"",
        b"",
        thumbnail(blocks(1), 96),
    )


def test_even_noise_keeps_within_the_bound():
    random = np.random.default_rng(0)
    noise = [random.integers(0, 2, (PIXELS, PIXELS, 3), np.uint8) * 255 for _ in range(5)]
    sizes = [len(webp) for webp in thumbnails_of([png(pixels) for pixels in noise], NEVER)]
    assert min(sizes) > 0
    assert max(sizes) <= MOST_BYTES


def test_none_is_made_once_nobody_waits():
    with pytest.raises(TooLate):
        thumbnails_of([blocks(0)], Deadline.after(-1))
