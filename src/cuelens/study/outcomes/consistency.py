"""Pairs of models, image by image: whether they err on the same images.

Everything here is exploratory: it is shown and decides nothing.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import polars as pl

from cuelens.metrics import error_consistency
from cuelens.study.outcomes.outcomes import Outcomes, Panel, why_not_paired

__all__ = ["error_consistencies"]

_TABLE = {
    "dataset": pl.String(),
    "condition": pl.String(),
    "first": pl.String(),
    "second": pl.String(),
    "n": pl.Int64(),
    "observed": pl.Float64(),
    "expected": pl.Float64(),
    "kappa": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "method": pl.String(),
    "note": pl.String(),
}


def error_consistencies(
    predictions: pl.DataFrame | Panel, *, pairs: Sequence[tuple[str, str]] | None = None
) -> pl.DataFrame:
    """Return how far pairs of models err on the same images.

    Args:
        predictions: Records of predictions, or the panel made of them.
        pairs: Names of the first and the second model. None: every pair, the later one first.

    Returns:
        A row for each data set, condition and pair that has records: dataset, condition, first,
        second, n (images both saw), observed and expected (shares of agreement), kappa with low
        and high, method, note. Kappa is null only where `note` says why.

    Raises:
        RecordError: If the records are incomplete or double.

    Source:
        As `cuelens.metrics.error_consistency`. Differs: none.
    """
    panel = predictions if isinstance(predictions, Panel) else Panel.of(predictions)
    if pairs is None:
        pairs = [(later, earlier) for earlier, later in itertools.combinations(panel.models, 2)]
    places = dict.fromkeys((dataset, condition) for _, dataset, condition in panel.outcomes)
    rows = []
    for (dataset, condition), (first, second) in itertools.product(places, pairs):
        one, two = (panel.get(model, dataset, condition) for model in (first, second))
        if one is not None and two is not None:
            place: dict[str, object] = {"dataset": dataset, "condition": condition}
            rows.append(place | {"first": first, "second": second} | _row(one, two))
    return pl.DataFrame(rows, schema=_TABLE)


def _row(one: Outcomes, two: Outcomes) -> dict[str, object]:
    reason = why_not_paired(one, two)
    several = [outcomes.model for outcomes in (one, two) if outcomes.draws > 1]
    if reason is None and several:
        reason = f"{several[0]} has several answers an image"
    if reason is not None:
        return {"n": 0, "note": reason}
    found = error_consistency(np.rint(one.right), np.rint(two.right))
    row: dict[str, object] = {
        "n": found.n,
        "observed": found.observed,
        "expected": found.expected,
    }
    if found.kappa is None:
        return row | {"note": "both are right on every image, or wrong on every image"}
    kappa = found.kappa
    limits = {"kappa": kappa.value, "low": kappa.low, "high": kappa.high}
    return row | limits | {"method": kappa.method}
