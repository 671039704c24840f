"""Verifies a finished build: every file that should be there, and none besides."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from cuelens.builders.folder import BUILDING
from cuelens.builders.manifest import load_manifest
from cuelens.datasets.built_copy import MANIFEST
from cuelens.errors import RecordError

__all__ = ["Checked", "check"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What a build was found to be.

    Attributes:
        images: How many outputs its manifest names.
        condition: Of the build.
        wrong: A sentence for each file that is missing, altered or too many; none if all is well.
    """

    images: int
    condition: str
    wrong: tuple[str, ...]


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
    outputs = rows.filter(pl.col("output").is_not_null())
    plain = outputs.filter(pl.col("entry").is_null()).select("output", "output_hash")
    expected: dict[str, str] = dict(plain.iter_rows())
    expected |= notes["files"]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda name: _digest(folder / name), expected)
        compared = zip(expected.items(), found, strict=True)
        wrong = [*_different(compared)]
    extra = sorted(set(_files(folder)) - set(expected) - {MANIFEST})
    wrong += [f"`{name}` is there and belongs to no image of the manifest" for name in extra]
    return Checked(images=outputs.height, condition=notes["condition"], wrong=tuple(wrong))


def _different(
    compared: Iterable[tuple[tuple[str, str], str | None]],
) -> Iterator[str]:
    for (name, expected), got in compared:
        if got is None:
            yield f"`{name}` is missing"
        elif got != expected:
            yield f"`{name}` was altered: SHA-256 {expected} expected, {got} got"


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
