"""The parts of an export: some images under a condition, whose files are kept once they are whole.

It knows files, digests and the notes that hold them; it does not know what images show.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path

from cuelens.files import write_atomically

__all__ = ["Part", "read_part", "write_part"]

_NOTES = ".parts"
"""Folder, in that of an export, of a note for each part that is whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What was written of some images under a condition.

    Attributes:
        digests: The name of each file, in the order of the images, to the digest of its bytes.
        moved: By how much writing moved a pixel at most, in units of the pixel range.
        squares: The sum of the squares of these over all pixel values.
        values: How many pixel values there are.
    """

    digests: dict[str, str]
    moved: float
    squares: float
    values: int


def write_part(
    folder: Path, files: Iterable[tuple[str, bytes]], *, moved: float, squares: float, values: int
) -> Part:
    """Write the files of a part, then the note that they are whole.

    Args:
        folder: Of the export.
        files: Name, within the folder, and content of each; the first names the part.
        moved: See `Part`.
        squares: See `Part`.
        values: See `Part`.

    Raises:
        StorageError: If the disk is full.
    """
    digests = {}
    for name, content in files:
        write_atomically(folder / name, content, settled=False)
        digests[name] = _digest(content)
    part = Part(digests=digests, moved=moved, squares=squares, values=values)
    write_atomically(_note(folder, next(iter(digests))), json.dumps(asdict(part)), settled=False)
    return part


def read_part(folder: Path, first: str) -> Part | None:
    """Return a part of which every file has its digest; None if it is to be written (again).

    Args:
        folder: Of the export.
        first: Name of the part's first file.
    """
    try:
        part = Part(**json.loads(_note(folder, first).read_text(encoding="utf-8")))
        whole = all(
            _digest((folder / name).read_bytes()) == digest for name, digest in part.digests.items()
        )
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return part if whole else None


def _note(folder: Path, first: str) -> Path:
    return folder / _NOTES / f"{first}.json"


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()
