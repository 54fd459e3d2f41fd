import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.client.models import TorchModel
from lookalike_components.encoder.encode import encode
from lookalike_components.encoder.model import build
from lookalike_components.pixels import to_pixels


@pytest.mark.parametrize("aspect", ["squash", "pad", "crop"])
def test_an_encoder_gets_its_pictures_in_the_shape_that_it_was_trained_on(weights: Path, aspect: str) -> None:
    file = io.BytesIO()
    wide = np.random.default_rng(0).integers(0, 256, (20, 60, 3), dtype=np.uint8)
    Image.fromarray(wide).save(file, "PNG")
    encoder = build("resnet18", str(weights), 32, aspect=aspect)
    expected = encode(encoder, [to_pixels(file.getvalue(), 32, "exact", aspect)[None]])
    assert np.allclose(TorchModel(encoder).encode([file.getvalue()]), expected, atol=1e-6)
