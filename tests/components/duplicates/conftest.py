"""Made-up photographs, and tables of them."""

from scenes import album, saved, scene

__all__ = ["album", "saved", "scene"]
