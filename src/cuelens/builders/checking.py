"""Verifies a finished build: every file that should be there, and none besides."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from cuelens.builders.folder import BUILDING
from cuelens.builders.manifest import load_manifest
from cuelens.datasets.built_copy import MANIFEST
from cuelens.errors import RecordError

__all__ = ["Checked", "check", "damaged_files", "expected_files"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What a build was found to be.

    Attributes:
        images: How many outputs its manifest names.
        condition: Of the build.
        damaged: A sentence for each file that is missing or altered.
        foreign: A sentence for each file that is too many.
    """

    images: int
    condition: str
    damaged: tuple[str, ...]
    foreign: tuple[str, ...]

    @property
    def wrong(self) -> tuple[str, ...]:
        """A sentence for each file that is missing, altered or too many; none if all is well."""
        return self.damaged + self.foreign


def check(out: str | Path) -> Checked:
    """Read every file of a build and compare it with the manifest.

    Args:
        out: Folder of the build. Names that begin with a dot are passed over.

    Raises:
        MissingDataError: If it holds no finished build.
        RecordError: If its manifest is torn or altered, or it is being built.
    """
    folder = Path(out)
    rows, notes = load_manifest(folder)
    if (folder / BUILDING).is_dir():
        raise RecordError(
            f"Expected a finished build in `{folder}`, got one that was stopped at its end. Run "
            "`cuelens build` with the same words again: it goes on where it was."
        )
    expected = expected_files(rows, notes)
    extra = sorted(set(_files(folder)) - set(expected) - {MANIFEST})
    return Checked(
        images=rows["output"].count(),
        condition=notes["condition"],
        damaged=tuple(damaged_files(folder, expected).values()),
        foreign=tuple(
            f"`{name}` is there and belongs to no image of the manifest" for name in extra
        ),
    )


def expected_files(rows: pl.DataFrame, notes: Mapping[str, Any]) -> dict[str, str]:
    """Return every file of a build but its manifest, with its SHA-256; see `load_manifest`."""
    outputs = rows.filter(pl.col("output").is_not_null() & pl.col("entry").is_null())
    files: dict[str, str] = dict(outputs.select("output", "output_hash").iter_rows())
    files |= notes["files"]
    return files


def damaged_files(folder: Path, expected: Mapping[str, str]) -> dict[str, str]:
    """Return each file that is missing or altered, with a sentence that says so.

    Args:
        folder: Of the build.
        expected: Its files, with their SHA-256.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda name: _digest(folder / name), expected)
        compared = zip(expected.items(), found, strict=True)
        return {
            name: f"`{name}` is missing"
            if got is None
            else f"`{name}` was altered: SHA-256 {digest} expected, {got} got"
            for (name, digest), got in compared
            if got != digest
        }


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield name.as_posix()
