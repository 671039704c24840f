"""Tables of what was measured of the maps of a person's own images.

Means and their intervals come from `study`; a single image has its value alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from cuelens.report import wording
from cuelens.study.outcomes.salience_comparisons import summarise_agreements
from cuelens.study.outcomes.summaries import summarise_salience

__all__ = ["agreement_rows", "agreement_summary", "measure_rows", "summary_of"]

_PRINTED = (
    "sparsity", "total_variation", "edge_overlap", "cosine_alignment",
    "condition_rank_correlation", "deletion", "insertion",
)  # fmt: skip
"""What is printed; the tables beside the page have every measure."""


def summary_of(measured: pl.DataFrame) -> pl.DataFrame:
    """Return the mean of each measure over the images.

    Args:
        measured: From `evaluation.measure_strips`, of one image or several.

    Returns:
        Columns model, method, condition, measure, n, value, low, high: n images with such a value,
        and Student's t interval where there are several. No row where no image has a value.
    """
    place = ("model", "method", "condition", "measure")
    return _with_single(summarise_salience(measured), measured, place)


def agreement_summary(measured: pl.DataFrame) -> pl.DataFrame:
    """Return how alike the maps of two models are, mean over the images.

    Args:
        measured: From `evaluation.agreement_of_strips`, of one image or several.

    Returns:
        Columns model, other, method, condition, measure, n, value, low, high, as `summary_of`.
    """
    place = ("model", "other", "method", "condition", "measure")
    return _with_single(summarise_agreements(measured), measured, place)


def _with_single(
    summary: pl.DataFrame, measured: pl.DataFrame, place: Sequence[str]
) -> pl.DataFrame:
    """Return a summary in which a single image has its value, without an interval."""
    numbers = measured.filter(pl.col("value").is_finite())
    plain = numbers.group_by(place).agg(pl.col("value").mean().alias("plain"))
    return summary.join(plain, on=list(place), how="inner", maintain_order="left").select(
        *place, "n", pl.coalesce("value", "plain").alias("value"), "low", "high"
    )


def measure_rows(summary: pl.DataFrame) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return column names and rows of a table with one column for each of the main measures.

    Args:
        summary: From `summary_of`.
    """
    found = set(summary["measure"])
    measures = [name for name in _PRINTED if name in found]
    columns = ("model", "method", "condition", "n", *(one.replace("_", " ") for one in measures))
    rows = []
    for key, part in summary.group_by("model", "method", "condition", maintain_order=True):
        cells = {row["measure"]: _cell(row) for row in part.iter_rows(named=True)}
        n = str(part["n"].max())
        rows.append((*map(str, key), n, *(cells.get(one, "-") for one in measures)))
    return columns, rows


def agreement_rows(summary: pl.DataFrame) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return column names and rows of the rank correlations of two models' maps.

    Args:
        summary: From `agreement_summary`.
    """
    columns = ("models", "method", "condition", "n", "rank correlation")
    own = summary.filter(measure="agreement_rank_correlation")
    return columns, [
        (
            f"{row['model']} and {row['other']}",
            row["method"],
            row["condition"],
            str(row["n"]),
            _cell(row),
        )
        for row in own.iter_rows(named=True)
    ]


def _cell(row: Mapping[str, Any]) -> str:
    """Return a mean and, below it, its interval, which need not lie about it evenly."""
    if row["value"] is None:
        return "-"
    value = wording.amount(row["value"])
    if row["low"] is None or row["high"] is None:
        return value
    low, high = (f"{row[end]:.3g}".replace("-", wording.MINUS) for end in ("low", "high"))
    return f"{value}\n[{low}, {high}]"
