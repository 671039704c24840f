"""Images listed in a table: a CSV or Parquet file with a column of paths and one of labels."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import polars as pl
import torch
from polars.exceptions import PolarsError

from cuelens.datasets.class_names import class_order, read_class_names
from cuelens.datasets.listing import FilesBelow, Listing
from cuelens.datasets.reading import Problem, told_first
from cuelens.datasets.roots import LocalRoot, Root, is_remote, root_at
from cuelens.errors import DataError, MissingDataError

__all__ = ["image_table"]

_PATHS = ("path", "file", "filename", "file_name", "filepath", "image", "image_path")
_LABELS = ("label", "class", "class_name", "target", "category")
_SPLIT = "split"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Named:
    """The columns of a table that are meant."""

    path: str
    label: str


def image_table(
    file: str,
    *,
    path: str | None = None,
    label: str | None = None,
    split: str | None = None,
    classes: str | None = None,
) -> Listing:
    """List the images that a table names.

    Args:
        file: A CSV file (.csv, .tsv) with a header, or a Parquet file, here or at a URL. Paths in
            it are relative to its folder.
        path: The column of paths; a usual name if None.
        label: The column of labels, texts or whole numbers; a usual name if None.
        split: Rows whose column "split" holds this; all rows if None.
        classes: A file with a class name a line, for labels that count from 0.

    Returns:
        Ids are the paths as the table has them. Rows without a path or a label, and those whose
        path stood before, are left out and told of.

    Raises:
        MissingDataError: If there is no such file.
        DataError: If it cannot be read, has no such column, or no row is left.
    """
    root, name = _place(file)
    frame = _frame(file, root.read(name))
    if split is not None:
        if _SPLIT not in frame.columns:
            raise DataError(_no_column(file, _SPLIT, frame.columns))
        frame = frame.filter(pl.col(_SPLIT).cast(pl.String) == split)
    columns = _Named(
        path=_column(file, frame.columns, path, _PATHS, "path"),
        label=_column(file, frame.columns, label, _LABELS, "label"),
    )
    paths, labels, problems = _rows(frame, columns)
    if not paths:
        told = told_first(problems)
        raise DataError(f"`{file}` must name images with labels, got none.{told} Correct it.")
    names = read_class_names(classes) if classes else class_order(labels)
    if classes:
        labels, paths, problems = _named(labels, paths, problems, names)
    places = {one: label for label, one in enumerate(names)}
    return Listing(
        name=PurePosixPath(name).stem,
        recognised=f"images listed in `{file}` (columns {columns.path} and {columns.label})",
        class_names=names,
        ids=paths,
        labels=torch.tensor([places[one] for one in labels]),
        place=FilesBelow(root=root),
        problems=tuple(problems),
    )


def _place(file: str) -> tuple[Root, str]:
    if is_remote(file):
        folder, name = file.rsplit("/", maxsplit=1)
        root: Root = root_at(folder if not folder.endswith(":/") else f"{folder}/")
    else:
        root, name = LocalRoot(folder=Path(file).parent), Path(file).name
    if not root.has(name):
        raise MissingDataError(
            f"Expected a table of images at `{file}`, but there is no such file. Correct `--data`."
        )
    return root, name


def _frame(file: str, content: bytes) -> pl.DataFrame:
    try:
        if content[:4] == b"PAR1":
            return pl.read_parquet(io.BytesIO(content))
        separator = "\t" if file.lower().endswith(".tsv") else ","
        # Texts as they are: a class called 007 is not 7.
        return pl.read_csv(io.BytesIO(content), separator=separator, infer_schema=False)
    except (PolarsError, OSError, ValueError) as error:
        raise DataError(
            f"`{file}` must be a CSV file with a header, or a Parquet file, got one that cannot be "
            f"read ({error}). Save it again."
        ) from error


def _column(
    file: str, there: Sequence[str], given: str | None, usual: Sequence[str], what: str
) -> str:
    if given is not None:
        if given not in there:
            raise DataError(_no_column(file, given, there))
        return given
    found = [name for name in there if name.strip().lower() in usual]
    if not found:
        raise DataError(
            f"`{file}` must have a column of {what}s called one of {', '.join(usual)}, got "
            f"{', '.join(there)}. Name it: `csv:{file}?{what}=COLUMN`."
        )
    return found[0]


def _no_column(file: str, name: str, there: Sequence[str]) -> str:
    return f"`{file}` must have the column {name!r}, got {', '.join(there)}. Name one of these."


def _rows(frame: pl.DataFrame, columns: _Named) -> tuple[list[str], list[str], list[Problem]]:
    """Return paths and labels as texts, and what is wrong with other rows."""
    try:
        pairs = frame.select(pl.col(columns.path, columns.label).cast(pl.String))
    except PolarsError as error:
        raise DataError(
            f"The columns {columns.path} and {columns.label} must hold texts or numbers, got "
            f"{frame.schema[columns.path]} and {frame.schema[columns.label]}. Name other columns."
        ) from error
    paths: dict[str, str] = {}
    problems = []
    for row, (path, label) in enumerate(pairs.iter_rows(), start=1):
        if not path or not label:
            missing = columns.label if path else columns.path
            problems.append(Problem(path=path or f"row {row}", reason=f"it has no {missing}"))
        elif path in paths:
            problems.append(Problem(path=path, reason=f"row {row} names it again"))
        else:
            paths[path] = label
    return list(paths), list(paths.values()), problems


def _named(
    labels: Sequence[str],
    paths: Sequence[str],
    problems: Sequence[Problem],
    names: tuple[str, ...],
) -> tuple[list[str], list[str], list[Problem]]:
    """Return labels that count classes as their names."""
    kept, left, told = [], [], list(problems)
    for path, label in zip(paths, labels, strict=True):
        if label in names:
            kept.append(label)
        elif label.isdecimal() and int(label) < len(names):
            kept.append(names[int(label)])
        else:
            told.append(Problem(path=path, reason=f"its label {label} is none of the classes"))
            continue
        left.append(path)
    return kept, left, told
