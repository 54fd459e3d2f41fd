"""Small encoders from weights that a test saves itself."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike_components.encoder.model import Encoder, build

SIZE = 32


@pytest.fixture(scope="session")
def encoder(weights: Path) -> Encoder:
    """An untrained ResNet-18 at 32 px, ready to encode."""
    return build("resnet18", str(weights), SIZE).eval()


@pytest.fixture(scope="session")
def pixels(photos: Path) -> np.ndarray:
    """uint8 ``[48, 32, 32, 3]``: real drawings."""
    paths = sorted(photos.rglob("*.png"))[:48]
    images = [Image.open(path).convert("RGB").resize((SIZE, SIZE)) for path in paths]
    return np.stack([np.asarray(image) for image in images])
