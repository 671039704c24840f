"""The manifest of a build: a row an output, and a row for each source or style that gave none.

It is written in parts while the build runs and put together at its end. It knows what a row
holds; it does not know how an output is made.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PolarsError

from cuelens.datasets.built_copy import MANIFEST, MARK
from cuelens.errors import MissingDataError, RecordError
from cuelens.files import replacing

__all__ = [
    "MADE_COLUMNS",
    "load_manifest",
    "part_files",
    "read_part",
    "write_manifest",
    "write_part",
]

MADE_COLUMNS = {
    "output": pl.String,
    "entry": pl.String,
    "output_hash": pl.String,
    "source": pl.String,
    "source_hash": pl.String,
    "second_source": pl.String,
    "second_source_hash": pl.String,
    "draw": pl.Int64,
    "style": pl.String,
    "label": pl.String,
    "conversions": pl.String,
    "problem": pl.String,
}
"""What a task notes of each output; `output` is null where there is none, `problem` says why.

A style picture that cannot be read has a row with neither source nor output."""

_FILES = "cuelens-files"
_ROWS_A_GROUP = 100_000


def write_part(
    path: Path, rows: Sequence[Mapping[str, Any]], files: Mapping[str, str], extra: Sequence[str]
) -> None:
    """Write the rows of a task, and the digests of files that hold several outputs.

    Args:
        path: Of the part.
        rows: Their columns, for each output.
        files: Each file with its SHA-256.
        extra: Names of further columns, of text.

    Raises:
        StorageError: If the disk is full, or the folder cannot be written.
    """
    schema = {**MADE_COLUMNS, **dict.fromkeys(extra, pl.String)}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    with replacing(path) as temporary:
        frame.write_parquet(temporary, metadata={_FILES: json.dumps(dict(files))})


def read_part(path: Path) -> pl.DataFrame:
    """Return the rows of a task."""
    return pl.read_parquet(path)


def part_files(path: Path) -> dict[str, str]:
    """Return the files that a task told of, with their SHA-256."""
    files: dict[str, str] = json.loads(pl.read_parquet_metadata(path)[_FILES])
    return files


def write_manifest(
    out: Path,
    rows: pl.DataFrame,
    *,
    constants: Mapping[str, str | int],
    notes: Mapping[str, Any],
) -> None:
    """Write the manifest.

    Args:
        out: Folder of the build.
        rows: Of all tasks, in their order.
        constants: Columns that are the same for all rows; they stand before `draw`.
        notes: What the file says of the whole build, "files" among it.

    Raises:
        StorageError: If the disk is full, or the folder cannot be written.
    """
    place = rows.columns.index("draw")
    columns = [*rows.columns[:place], *constants, *rows.columns[place:]]
    frame = rows.with_columns(
        pl.lit(value, dtype=pl.Int64 if isinstance(value, int) else pl.String).alias(name)
        for name, value in constants.items()
    ).select(columns)
    mark = json.dumps({**notes, "rows": _digest(frame)}, sort_keys=True)
    with replacing(out / MANIFEST) as temporary:
        frame.write_parquet(
            temporary,
            compression="zstd",
            compression_level=3,
            row_group_size=_ROWS_A_GROUP,
            metadata={MARK: mark},
        )


def load_manifest(out: Path) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Return the rows of a manifest and its notes.

    Raises:
        MissingDataError: If there is none.
        RecordError: If it is torn or altered.
    """
    path = out / MANIFEST
    if not path.is_file():
        raise MissingDataError(
            f"Expected a finished build in `{out}`, got a folder without {MANIFEST}. Run "
            "`cuelens build` with the same words again: it goes on where it was."
        )
    try:
        frame = pl.read_parquet(path)
        notes: dict[str, Any] = json.loads(pl.read_parquet_metadata(path).get(MARK, "{}"))
    except (PolarsError, OSError, ValueError) as error:
        raise RecordError(
            f"`{path}` must be the manifest of a build, got a torn file: {error}. Build into a "
            "new folder."
        ) from error
    if notes.get("rows") != _digest(frame):
        raise RecordError(
            f"`{path}` must have the rows that were written, got others: it was altered since. "
            "Build into a new folder."
        )
    return frame, notes


def _digest(frame: pl.DataFrame) -> str:
    """Return 64 hexadecimal digits that name the columns and every row."""
    digest = hashlib.sha256(repr(frame.columns).encode())
    for row in frame.iter_rows():
        digest.update(repr(row).encode())
    return digest.hexdigest()
