"""The example pictures: four free emoji sets draw the same objects, each in its own hand."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import track

from lookalike.example_pictures.extra import import_extra
from lookalike.example_pictures.icon_sets import SIDE, IconSet, common_objects, read_icon_set
from lookalike.example_pictures.npm import download
from lookalike_components.errors import UserError

PACKAGES = (
    "@iconify-json/noto@1.2.9",
    "@iconify-json/twemoji@1.2.5",
    "@iconify-json/openmoji@1.2.29",
    "@iconify-json/fluent-emoji-flat@1.2.6",
)
PROCESSES = 2
DRAWINGS_AT_A_TIME = 32
LICENCES = "LICENSES.md"


def fetch_emoji(folder: Path, flat: bool = False) -> int:
    """Makes a folder of emoji, 1,561 objects by four artists, as PNG files of 128 x 128 pixels on white.

    The folder appears complete or not at all. One that is there already is left as it is.

    Args:
        folder: Where the pictures go: missing, empty, or made by an earlier call.
        flat: False for one subfolder an object (``<folder>/red-apple/1-noto.png``). True for UKBench's layout, in which
            four files in a row show one object (``<folder>/emoji00000.png`` and on). Either way the artists keep one
            order, and a query that is "the first of four" is always Noto's.

    Returns:
        The number of pictures in the folder.

    Raises:
        UserError: The folder holds something else.
        LookalikeError: The extra ``examples`` is not installed, or the npm registry cannot be reached.
    """
    if not _is_finished(folder, flat):
        with TemporaryDirectory() as archives:
            icon_sets = [read_icon_set(archive) for archive in download(PACKAGES, Path(archives))]
        draw_pictures(icon_sets, folder, flat)
    return sum(1 for _ in folder.rglob("*.png"))


def draw_pictures(icon_sets: Sequence[IconSet], folder: Path, flat: bool = False) -> None:
    """Draws what the sets have in common into ``folder``, and beside it the licence of each set.

    Args:
        icon_sets: Sets that share some of their objects.
        folder: Where the pictures go: missing or empty. Nothing is left there when the drawing fails.
        flat: See :func:`fetch_emoji`.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as workshop:
        unfinished = Path(workshop) / folder.name
        objects = common_objects(icon_sets)
        names = _flat_names(objects, icon_sets) if flat else _nested_names(objects, icon_sets)
        drawings = [icon_set.drawings[name] for name in objects for icon_set in icon_sets]
        for name, picture in zip(names, _draw_all(drawings), strict=True):
            _write(unfinished / name, picture)
        _write(unfinished / LICENCES, _licences(icon_sets).encode())
        unfinished.replace(folder)


def draw(drawing: str) -> bytes:
    """Renders an SVG document on white, as the bytes of a PNG file."""
    picture: bytes = import_extra("resvg_py").svg_to_bytes(
        svg_string=drawing, background="#ffffff", skip_system_fonts=True
    )
    return picture


def _is_finished(folder: Path, flat: bool) -> bool:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    if (folder / LICENCES).exists() and (folder / "emoji00000.png").exists() == flat:
        return True
    raise UserError(
        f"{folder} holds something other than these pictures; name a folder that is empty or does not exist"
    )


def _flat_names(objects: Sequence[str], icon_sets: Sequence[IconSet]) -> Iterator[str]:
    return (f"emoji{number:05d}.png" for number in range(len(objects) * len(icon_sets)))


def _nested_names(objects: Sequence[str], icon_sets: Sequence[IconSet]) -> Iterator[str]:
    return (f"{name}/{place}-{icon_set.name}.png" for name in objects for place, icon_set in enumerate(icon_sets, 1))


def _draw_all(drawings: Sequence[str]) -> Iterator[bytes]:
    import_extra("resvg_py")  # a missing package is reported here, not from a worker
    # The renderer holds Python's lock, so that threads would take turns.
    with ProcessPoolExecutor(PROCESSES) as pool:
        pictures = pool.map(draw, drawings, chunksize=DRAWINGS_AT_A_TIME)
        yield from track(pictures, "drawing emoji", len(drawings), console=Console(stderr=True))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _licences(icon_sets: Sequence[IconSet]) -> str:
    rows = [f"| {icon.name} | {icon.title} | {icon.author} | {icon.licence} | {icon.source} |" for icon in icon_sets]
    return "\n".join(
        [
            "# Whose pictures these are",
            "",
            f"Drawings of these sets, rendered without any other change at {SIDE} x {SIDE} pixels on white.",
            "",
            "| Set | Title | By | Licence | Source |",
            "| --- | --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )
