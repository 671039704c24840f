"""Which models cannot be told apart under each condition, from their comparisons.

Exploratory: it is shown and decides nothing. Models that share a letter are not shown to be equal.
"""

import itertools
from collections.abc import Iterator

import polars as pl

from cuelens.letters import letters_of

__all__ = ["LETTER_COLUMNS", "indistinct_models"]

LETTER_COLUMNS = ("dataset", "condition", "quantity", "model", "n", "value", "letters")
"""The columns of `indistinct_models`."""

_QUANTITIES = ("accuracy", "retention", "shape bias")
_LIMIT = 0.05
_TABLE = {
    "dataset": pl.String(),
    "condition": pl.String(),
    "quantity": pl.String(),
    "model": pl.String(),
    "n": pl.Int64(),
    "value": pl.Float64(),
    "letters": pl.String(),
}


def indistinct_models(comparisons: pl.DataFrame) -> pl.DataFrame:
    """Return letters for each condition: models that share one differ by chance alone, maybe.

    Args:
        comparisons: From `compare_models`, of every pair of models.

    Returns:
        Columns dataset, condition, quantity ("accuracy", "retention", "shape bias"), model, n
        (the smallest of its comparisons), value, letters; the largest value first, with the
        letter a. Two models share no letter where their p-value, after Holm's correction over all
        comparisons, is below .05. No rows where a pair could not be compared.

    Source:
        Piepho, 2004, https://doi.org/10.1198/1061860043515.
        Differs: none.
    """
    own = comparisons.filter(pl.col("quantity").is_in(_QUANTITIES))
    place = ["dataset", "condition", "quantity"]
    rows: list[dict[str, object]] = []
    for key, part in own.group_by(place, maintain_order=True):
        rows.extend(dict(zip(place, key, strict=True)) | row for row in _lettered(part))
    return pl.DataFrame(rows, schema=_TABLE)


def _lettered(part: pl.DataFrame) -> Iterator[dict[str, object]]:
    """Return the rows of one condition."""
    models = dict.fromkeys([*part["first"].to_list(), *part["second"].to_list()])
    known = part.filter(pl.col("p_holm").is_not_null())
    pairs = {frozenset(pair) for pair in known.select("first", "second").iter_rows()}
    if any(frozenset(pair) not in pairs for pair in itertools.combinations(models, 2)):
        return
    values: dict[str, float] = {}
    counts: dict[str, int] = {}
    for row in known.iter_rows(named=True):
        for side in ("first", "second"):
            values[row[side]] = row[f"{side}_value"]
            counts[row[side]] = min(row["n"], counts.get(row[side], row["n"]))
    order = sorted(values, key=lambda model: -values[model])
    apart = known.filter(pl.col("p_holm") < _LIMIT).select("first", "second")
    letters = letters_of(order, [(str(one), str(two)) for one, two in apart.iter_rows()])
    for model in order:
        yield {
            "model": model, "n": counts[model], "value": values[model], "letters": letters[model],
        }  # fmt: skip
