"""How much a table's parts hold and how long they took, without reading their numbers.

It counts images by columns that name them; it does not know how many there should be.
"""

from collections.abc import Sequence

import polars as pl

from cuelens.evaluation.parts import part_notes
from cuelens.evaluation.records import RecordStore
from cuelens.evaluation.tables import SCHEMAS

__all__ = ["tally"]


def tally(
    store: RecordStore, table: str, keys: Sequence[str], *, by: Sequence[str]
) -> pl.DataFrame:
    """Return how many images each part has a row of.

    Args:
        store: The records; parts that are damaged count as absent and are named there.
        table: A name of `SCHEMAS`.
        keys: Of the parts; those that are not there are left out.
        by: Columns, of which a part has few different values.

    Returns:
        A row for each part and combination of values: key, the columns, images (different ones)
        and seconds, which the part took; null where it does not say, and in all rows of a part
        but its first, so that sums are right.
    """
    paths = [store.path(table, key) for key in keys if store.has(table, key)]
    schema = {"key": pl.String(), **{name: SCHEMAS[table][name] for name in by}}
    schema |= {"images": pl.UInt32(), "seconds": pl.Float64()}
    if not paths:
        return pl.DataFrame(schema=schema)
    rows = (
        pl.scan_parquet(paths, include_file_paths="key")
        .group_by("key", *by)
        .agg(images=pl.col("image").n_unique())
        .with_columns(pl.col("key").str.extract(r"([^/\\]+)\.parquet$"))
        .sort("key", *by)
        .collect()
    )
    notes = {path.stem: part_notes(path).get("seconds") for path in paths}
    taken = {key: None if text is None else float(text) for key, text in notes.items()}
    return rows.with_columns(
        seconds=pl.when(pl.col("key").is_first_distinct()).then(
            pl.col("key").replace_strict(taken, return_dtype=pl.Float64)
        )
    )
