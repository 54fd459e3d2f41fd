"""The image table (Parquet) and the tar shards that it points into: write, read by range, read by memory map."""

from lookalike_components.dataset.contents import read_places
from lookalike_components.dataset.ledger import Entry, latest, now, read_ledger, remember
from lookalike_components.dataset.look_ahead import in_order
from lookalike_components.dataset.open_shard import OpenShard, room
from lookalike_components.dataset.pixel_batches import load_pixels, pixel_memmap
from lookalike_components.dataset.places import Contents, Places, as_ids
from lookalike_components.dataset.reader import read_image, read_images
from lookalike_components.dataset.spreadsheet import image_column, is_spreadsheet, read_spreadsheet
from lookalike_components.dataset.subsets import beside_validation, in_the_source, is_for_validation
from lookalike_components.dataset.table import COLUMNS, LABEL_NOW, SUBSETS, are_unlabelled, read_table, write_table
from lookalike_components.dataset.writer import Location, ShardWriter

__all__ = [
    "COLUMNS",
    "LABEL_NOW",
    "SUBSETS",
    "Contents",
    "Entry",
    "Location",
    "OpenShard",
    "Places",
    "ShardWriter",
    "are_unlabelled",
    "as_ids",
    "beside_validation",
    "image_column",
    "in_order",
    "in_the_source",
    "is_for_validation",
    "is_spreadsheet",
    "latest",
    "load_pixels",
    "now",
    "pixel_memmap",
    "read_image",
    "read_images",
    "read_ledger",
    "read_places",
    "read_spreadsheet",
    "read_table",
    "remember",
    "room",
    "write_table",
]
