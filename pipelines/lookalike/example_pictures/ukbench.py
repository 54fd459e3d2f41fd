"""The walkthrough's data set: a list of where the Internet Archive keeps the first 2,000 pictures of UKBench."""

from pathlib import Path

from lookalike_components.errors import UserError
from lookalike_components.storage import replacing

SITE = "https://archive.org"
PATH = "/download/ukbench/ukbench.zip/full%2Fukbench{number:05d}.jpg"  # the slash belongs to the name within the zip
PICTURES = 2000


def write_ukbench_list(file: Path, site: str = SITE) -> int:
    """Writes a CSV of one column, ``image``: four pictures in a row show one object.

    The file appears whole or not at all. One with the same content is left as it is.

    Args:
        file: Where the list goes; its name ends in ``.csv``.
        site: Scheme and host of a server that has the same layout.

    Returns:
        The number of pictures.

    Raises:
        UserError: The name ends otherwise, or there is another file.
    """
    if file.suffix.lower() != ".csv":
        raise UserError(f"{file} does not end in .csv, by which ingest knows a list; name it ukbench.csv")
    text = "".join(f"{line}\n" for line in ["image", *ukbench_urls(site)])
    if not file.exists():
        with replacing(file) as temporary:
            temporary.write_text(text, encoding="utf-8")
    elif not file.is_file() or file.read_text(encoding="utf-8", errors="replace") != text:
        raise UserError(f"{file} is there already and holds something else; name a file that does not exist")
    return PICTURES


def ukbench_urls(site: str = SITE) -> list[str]:
    """Where the pictures are, in the order of their numbers."""
    return [site + PATH.format(number=number) for number in range(PICTURES)]
