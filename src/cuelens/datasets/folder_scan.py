"""Reads every file of a folder of class folders once, and says what cannot be used."""

from collections.abc import Sequence
from pathlib import Path

from jaxtyping import UInt8
from torch import Tensor

from cuelens.datasets.built_copy import MANIFEST, README
from cuelens.datasets.decoding import decode
from cuelens.datasets.framing import Framing
from cuelens.datasets.reading import (
    DECODER,
    Conversion,
    ImageFile,
    Problem,
    image_digest,
    read_all,
)
from cuelens.errors import DataError

__all__ = [
    "DECODER",
    "ENDINGS",
    "Conversion",
    "ImageFile",
    "Problem",
    "pixels_of",
    "read_files",
    "scan",
    "shown",
]

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm")
"""How the names of image files end, in small letters."""


def shown(folder: Path) -> list[Path]:
    """Return what lies in a folder, by name, without what is hidden."""
    return sorted(
        (entry for entry in folder.iterdir() if not entry.name.startswith(".")),
        key=lambda entry: entry.name,
    )


def scan(
    root: Path, class_folders: Sequence[str], *, size: int, most_kept_bytes: int
) -> tuple[tuple[ImageFile, ...], tuple[Problem, ...]]:
    """Decode every image below the class folders.

    Args:
        root: Holds the class folders.
        class_folders: Their names.
        size: Side of the images in pixels.
        most_kept_bytes: Pixels are kept where all images together take at most this.

    Returns:
        The files that can be read, in the order of the class folders and of their names, and what
        was left out, sorted by path.
    """
    beside = (MANIFEST, README) if (root / MANIFEST).is_file() else ()
    problems = [
        Problem(path=entry.name, reason="it lies in no class folder")
        for entry in shown(root)
        if not entry.is_dir() and entry.name not in beside
    ]
    paths = []
    for name in class_folders:
        for entry in shown(root / name):
            path = f"{name}/{entry.name}"
            if entry.is_dir():
                reason = "it is a folder within a class folder, where only images are read"
            elif entry.suffix.lower() not in ENDINGS:
                reason = f"its name ends in none of {', '.join(ENDINGS)}"
            else:
                paths.append(path)
                continue
            problems.append(Problem(path=path, reason=reason))
    files, unread = read_files(root, paths, size=size, most_kept_bytes=most_kept_bytes)
    return files, tuple(sorted([*problems, *unread], key=lambda problem: problem.path))


def read_files(
    root: Path, paths: Sequence[str], *, size: int | Framing, most_kept_bytes: int
) -> tuple[tuple[ImageFile, ...], tuple[Problem, ...]]:
    """Decode image files once.

    Args:
        root: Where their paths begin.
        paths: Of the files.
        size: Side of the images in pixels, or a framing; see `decode`.
        most_kept_bytes: Pixels are kept where all images together take at most this.

    Returns:
        The files that can be read and what was left out, each in the order of the paths.
    """
    framing = Framing(size=size) if isinstance(size, int) else size
    found = list(
        read_all(
            lambda place: (root / paths[place]).read_bytes(),
            paths,
            framing=framing,
            keep=len(paths) * 3 * framing.size**2 <= most_kept_bytes,
        )
    )
    files = tuple(file for file in found if isinstance(file, ImageFile))
    return files, tuple(file for file in found if isinstance(file, Problem))


def pixels_of(root: Path, file: ImageFile, *, size: int) -> UInt8[Tensor, "3 height width"]:
    """Return the pixels of a file that was read before; call it within `quiet_decoding`.

    Raises:
        DataError: If the file has been changed since.
    """
    if file.pixels is not None:
        return file.pixels
    path = root / file.path
    content = path.read_bytes() if path.is_file() else b""
    if image_digest(content, Framing(size=size)) != file.digest:
        raise DataError(
            f"`{path}` must stay as it was when the data set was opened, but it has been "
            "changed or taken away. Open the data set again."
        )
    return decode(content, size=size).pixels
