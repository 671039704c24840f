"""Rows of records for other tools: chosen by comparisons, part by part, as CSV or Parquet.

It knows what is exported and how; it does not know which parts are a run's, nor where text goes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import polars as pl

from cuelens.errors import ConfigError
from cuelens.evaluation.records import RecordStore
from cuelens.evaluation.row_filters import RowFilter
from cuelens.evaluation.tables import SCHEMAS
from cuelens.files import replacing

__all__ = [
    "ClassNames",
    "TableSize",
    "csv_of",
    "export_schema",
    "table_sizes",
    "texts_of",
    "write_parquet",
]

_DERIVED: Mapping[str, Mapping[str, pl.Expr]] = {
    "predictions": {"right": pl.col("prediction") == pl.col("label")}
}
"""Columns that a table's others tell and that people ask for."""

_CLASSES = ("label", "prediction", "shape", "texture", "colour")
"""Columns that hold a class by its number; its name is told beside where it is known."""

ClassNames = Mapping[str, Sequence[str]]
"""Each data set to the names of its classes, in the order of their numbers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TableSize:
    """How much of a table is there: parts, rows (None of tensors), and parts that are damaged."""

    table: str
    parts: int
    rows: int | None
    damaged: int


def export_schema(
    table: str, *, option: str, classes: ClassNames | None = None
) -> Mapping[str, Any]:
    """Return the columns that an export of a table has, with their types.

    Args:
        table: A name of `SCHEMAS`.
        option: Where it was given, for the message.
        classes: Names of classes, where they are known: `label_name` and its like come last.

    Raises:
        ConfigError: If there is no such table.
    """
    if table not in SCHEMAS:
        near = get_close_matches(table, SCHEMAS, n=1, cutoff=0.4)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConfigError(f"`{option}` must be one of {', '.join(SCHEMAS)}, got {table!r}.{hint}")
    derived = dict.fromkeys(_DERIVED.get(table, {}), pl.Boolean())
    names = dict.fromkeys(_names(table, classes), pl.String())
    return pl.Schema({**SCHEMAS[table], **derived, **names})


def _names(table: str, classes: ClassNames | None) -> dict[str, pl.Expr]:
    """Return the columns of class names; null for a number that is no class."""
    found = {}
    for column in (name for name in _CLASSES if classes and name in SCHEMAS[table]):
        own = [
            pl.when(pl.col("dataset") == dataset).then(
                pl.col(column).replace_strict(
                    dict(enumerate(names)), default=None, return_dtype=pl.String()
                )
            )
            for dataset, names in (classes or {}).items()
        ]
        found[f"{column}_name"] = pl.coalesce(own)
    return found


def table_sizes(store: RecordStore, tables: Mapping[str, Sequence[str]]) -> tuple[TableSize, ...]:
    """Return how much there is of each table; the damaged parts are named in the store.

    Args:
        store: The records.
        tables: Each table to the keys of its parts.
    """
    found = []
    for table, keys in tables.items():
        whole = [store.path(table, key) for key in keys if store.has(table, key)]
        rows = sum(_rows(path) for path in whole) if table in SCHEMAS else None
        damaged = len(keys) - len(whole)
        found.append(TableSize(table=table, parts=len(keys), rows=rows, damaged=damaged))
    return tuple(found)


def _rows(path: Path) -> int:
    count: int = pl.scan_parquet(path).select(pl.len()).collect().item()
    return count


def texts_of(
    store: RecordStore,
    table: str,
    keys: Sequence[str],
    column: str,
    *,
    classes: ClassNames | None = None,
) -> list[str]:
    """Return the texts that a column of a table holds, in the order of the alphabet.

    Args:
        store: The records.
        table: A name of `SCHEMAS`.
        keys: Of the parts; those that are damaged are left out.
        column: Of `export_schema`, one of texts.
        classes: As in `export_schema`.
    """
    found: set[str] = set()
    for path in _whole(store, table, keys):
        rows = _chosen(pl.scan_parquet(path), table, (), classes)
        found.update(rows.select(pl.col(column).unique().drop_nulls()).collect()[column])
    return sorted(found)


def csv_of(
    store: RecordStore,
    table: str,
    keys: Sequence[str],
    where: Sequence[RowFilter],
    *,
    classes: ClassNames | None = None,
) -> Iterator[str]:
    """Return the rows of a table as CSV, the names of the columns first.

    Args:
        store: The records; parts that are damaged are left out and named there.
        table: A name of `SCHEMAS`.
        keys: Of the parts, in this order.
        where: What rows must pass, all of it.
        classes: As in `export_schema`.

    Returns:
        A piece of text a part, so that no more than a part is in memory. Lists are numbers with a
        space between them; what is null is empty.
    """
    schema = export_schema(table, option="table", classes=classes)
    lists = [name for name, kind in schema.items() if isinstance(kind, pl.List)]
    yield pl.DataFrame(schema=dict.fromkeys(schema, pl.String())).write_csv()
    for path in _whole(store, table, keys):
        rows = _chosen(pl.scan_parquet(path), table, where, classes).with_columns(
            pl.col(lists).cast(pl.List(pl.String())).list.join(" ")
        )
        yield rows.collect().write_csv(include_header=False)


def write_parquet(
    store: RecordStore,
    table: str,
    keys: Sequence[str],
    where: Sequence[RowFilter],
    out: Path,
    *,
    classes: ClassNames | None = None,
) -> None:
    """Write the rows of a table into one Parquet file, streamed; see `csv_of`.

    Args:
        store: The records.
        table: A name of `SCHEMAS`.
        keys: Of the parts, in this order.
        where: What rows must pass, all of it.
        out: The file; replaced in one step if it is there.
        classes: As in `export_schema`.

    Raises:
        StorageError: If the disk is full or cannot be written.
    """
    paths = list(_whole(store, table, keys))
    parts = pl.scan_parquet(paths) if paths else pl.LazyFrame(schema=SCHEMAS[table])
    with replacing(out) as temporary:
        _chosen(parts, table, where, classes).sink_parquet(temporary)


def _whole(store: RecordStore, table: str, keys: Sequence[str]) -> Iterator[Path]:
    return (store.path(table, key) for key in keys if store.has(table, key))


def _chosen(
    rows: pl.LazyFrame, table: str, where: Sequence[RowFilter], classes: ClassNames | None
) -> pl.LazyFrame:
    """Return the rows that pass, with the columns that the others tell."""
    derived = {name: value.alias(name) for name, value in _DERIVED.get(table, {}).items()}
    known = rows.with_columns(**derived, **_names(table, classes))
    return known.filter(*(one.expression() for one in where))
