"""What `cuelens build` leaves in a distorted copy, as far as a data set must know it.

It knows where a copy says what it is; it does not know how copies are made.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cuelens.errors import DataError

__all__ = ["CLASSES", "MANIFEST", "MARK", "README", "BuiltCopy", "built_copy"]

MANIFEST = "manifest.parquet"
README = "README.md"
CLASSES = "classes.txt"
MARK = "cuelens-build"
"""Key of the manifest's own metadata: what was built, as JSON."""

_LEVELS = 3  # a copy's files may lie in draw-0/cifar-10-batches-py


@dataclass(frozen=True, kw_only=True, slots=True)
class BuiltCopy:
    """A distorted copy of a data set.

    Attributes:
        root: Where its manifest is.
        condition: Such as "saturation=8".
        files: Each file that holds several images, below `root`, with its SHA-256.
    """

    root: Path
    condition: str
    files: dict[str, str]

    def digest_of(self, path: Path) -> str | None:
        """Return the SHA-256 that a file must have, None where the manifest does not know it."""
        return self.files.get(path.resolve().relative_to(self.root).as_posix())


def built_copy(place: Path) -> BuiltCopy | None:
    """Return the copy that a folder belongs to, None where it belongs to none.

    Args:
        place: The copy's folder, or one or two levels below it.

    Raises:
        DataError: If there is a manifest that cannot be read.
    """
    here = place.resolve()
    for root in (here, *here.parents)[:_LEVELS]:
        path = root / MANIFEST
        if path.is_file():
            notes = _notes(path)
            if notes is not None:
                return BuiltCopy(root=root, condition=notes["condition"], files=notes["files"])
    return None


def _notes(path: Path) -> dict[str, Any] | None:
    import polars as pl
    from polars.exceptions import PolarsError

    try:
        notes: dict[str, Any] | None = json.loads(pl.read_parquet_metadata(path).get(MARK, "null"))
    except (PolarsError, OSError, ValueError) as error:
        raise DataError(
            f"`{path}` must be the manifest of a distorted copy, got a torn file ({error}). "
            "Build the copy again."
        ) from error
    return notes
