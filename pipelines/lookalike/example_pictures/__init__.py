"""Free pictures to try lookalike on: the same objects, each drawn by four artists or photographed four times."""

from lookalike.example_pictures.emoji import fetch_emoji
from lookalike.example_pictures.ukbench import write_ukbench_list

__all__ = ["fetch_emoji", "write_ukbench_list"]
