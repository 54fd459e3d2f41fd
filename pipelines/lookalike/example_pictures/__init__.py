"""Free pictures to try lookalike on: the same objects, each drawn by four artists."""

from lookalike.example_pictures.emoji import fetch_emoji

__all__ = ["fetch_emoji"]
