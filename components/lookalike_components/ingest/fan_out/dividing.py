"""Divides a large source among parallel tasks."""

from pathlib import Path

from lookalike_components.ingest.config import IngestConfig


def divide(config: IngestConfig, path: str | Path) -> int:
    """Writes which files are new in a source, and which task is to take each.

    Nothing is divided where few files are new, where the images are not copied anyway, and where they come from the web
    or out of an archive: parallel tasks read every file twice.

    Args:
        config: Source, store, and how many files make a part.
        path: Table to write, see `write_files`; an empty file where there are no parts.

    Returns:
        The number of parts; 0 where *ingest* does everything.

    Raises:
        LookalikeError: The table cannot be written.
    """
    Path(path).touch()
    if not config.partition_images:
        return 0
    from lookalike_components.ingest.fan_out.new_files import new_files  # pandas takes half a second to import
    from lookalike_components.ingest.fan_out.parts import write_files

    files = new_files(config)
    if len(files) <= config.partition_images:
        return 0
    return write_files(files, config.partition_images, path)
