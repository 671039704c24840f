"""Tables of what was measured of the maps of a person's own images.

Means and their intervals come from `study`; a single image has its value alone.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from cuelens.report import wording
from cuelens.study.summaries import summarise_salience

__all__ = ["measure_rows", "summary_of"]


def summary_of(measured: pl.DataFrame) -> pl.DataFrame:
    """Return the mean of each measure over the images.

    Args:
        measured: From `evaluation.measure_strips`, of one image or several.

    Returns:
        Columns model, method, condition, measure, n, value, low, high: n images with such a value,
        and Student's t interval where there are several.
    """
    place = ["model", "method", "condition", "measure"]
    numbers = measured.filter(pl.col("value").is_finite())
    plain = numbers.group_by(place).agg(pl.col("value").mean().alias("plain"))
    return (
        summarise_salience(measured)
        .join(plain, on=place, how="left", maintain_order="left")
        .select(*place, "n", pl.coalesce("value", "plain").alias("value"), "low", "high")
    )


def measure_rows(summary: pl.DataFrame) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return column names and rows of a table with one column a measure.

    Args:
        summary: From `summary_of`.
    """
    measures = summary["measure"].unique(maintain_order=True).to_list()
    columns = ("model", "method", "condition", "n", *(wording.measure(one) for one in measures))
    rows = []
    for key, part in summary.group_by("model", "method", "condition", maintain_order=True):
        cells = {row["measure"]: _cell(row) for row in part.iter_rows(named=True)}
        n = str(part["n"].max())
        rows.append((*map(str, key), n, *(cells.get(one, "-") for one in measures)))
    return columns, rows


def _cell(row: Mapping[str, Any]) -> str:
    """Return a mean with half the width of its interval."""
    if row["value"] is None:
        return "-"
    if row["low"] is None or row["high"] is None:
        return wording.amount(row["value"])
    half = (row["high"] - row["low"]) / 2
    return f"{wording.amount(row['value'])} \N{PLUS-MINUS SIGN} {wording.amount(half)}"
