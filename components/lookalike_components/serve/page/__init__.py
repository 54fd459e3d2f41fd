"""The page at ``/``: a photo in, what looks like it out. It asks the server what every client may ask, and no other."""

from lookalike_components.serve.page.routes import install

__all__ = ["install"]
