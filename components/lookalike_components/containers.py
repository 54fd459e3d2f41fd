"""The images that the steps run in on a cluster; locally they only name the kind of machine that a step wants.

What a step leaves behind names the code and the image that made it.
"""

import os
from importlib.metadata import version

VERSION = version("lookalike")
CPU = f"lookalike/cpu:{VERSION}"
"""What needs no torch: pictures, tables, verdicts, and what talks to a cluster."""
GPU = f"lookalike/gpu:{VERSION}"
"""What encodes pictures with torch: choose, train, evaluate, export."""
SERVE = f"lookalike/serve:{VERSION}"
"""The server of releases."""

REVISION = "LOOKALIKE_REVISION"
"""Set when an image is built: the commit that its code is of."""
IMAGE = "LOOKALIKE_IMAGE"
"""Set by whoever starts a container: the reference of its image, where possible by its digest."""


def code() -> str:
    """The version of this package, with the commit that the image was built from where one is told: ``0.1.0+abc``."""
    revision = os.environ.get(REVISION, "")
    return VERSION + (f"+{revision}" if revision else "")


def image() -> str:
    """The reference of the image that this process runs in, where the environment tells it."""
    return os.environ.get(IMAGE, "")
