"""The image table (Parquet) and the tar shards that it points into: write, read by range, read by memory map."""

from lookalike_components.dataset.look_ahead import in_order
from lookalike_components.dataset.pixel_batches import load_pixels, pixel_memmap
from lookalike_components.dataset.reader import read_image, read_images
from lookalike_components.dataset.spreadsheet import image_column, is_spreadsheet, read_spreadsheet
from lookalike_components.dataset.table import COLUMNS, SUBSETS, read_table, write_table
from lookalike_components.dataset.writer import Location, ShardWriter

__all__ = [
    "COLUMNS",
    "SUBSETS",
    "Location",
    "ShardWriter",
    "image_column",
    "in_order",
    "is_spreadsheet",
    "load_pixels",
    "pixel_memmap",
    "read_image",
    "read_images",
    "read_spreadsheet",
    "read_table",
    "write_table",
]
