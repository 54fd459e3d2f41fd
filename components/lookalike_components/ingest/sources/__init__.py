"""Where images come from: folders, archives, spreadsheets, the web, and shards that exist already."""

from lookalike_components.ingest.sources.opening import check_exists, open_source, read_source
from lookalike_components.ingest.sources.source import Content, Source, Unavailable

__all__ = ["Content", "Source", "Unavailable", "check_exists", "open_source", "read_source"]
