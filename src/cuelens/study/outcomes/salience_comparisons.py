"""Pairs of models by their maps: whose measure is larger, and how alike the maps are.

Everything here is exploratory: it is shown, corrected as one family, and decides nothing. What
decides is in `verdicts`.
"""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from cuelens.evaluation import REFERENCE_MAPS
from cuelens.means import difference_of_means
from cuelens.metrics import range_of
from cuelens.statistics import holm
from cuelens.study.outcomes.outcomes import require_columns
from cuelens.study.outcomes.summaries import mean_over_images

__all__ = ["AGREEMENT_COLUMNS", "DIFFERENCE_COLUMNS", "compare_salience", "summarise_agreements"]

_PLACE = ("dataset", "condition", "method", "measure")

_DIFFERENCES = {
    **dict.fromkeys(_PLACE, pl.String()),
    "model": pl.String(),
    "other": pl.String(),
    "n": pl.Int64(),
    **dict.fromkeys(("value", "other_value", "difference", "low", "high"), pl.Float64()),
    "p": pl.Float64(),
    "p_holm": pl.Float64(),
    "note": pl.String(),
}
_AGREEMENTS = {
    "model": pl.String(),
    "other": pl.String(),
    **dict.fromkeys(_PLACE, pl.String()),
    "n": pl.Int64(),
    **dict.fromkeys(("value", "low", "high"), pl.Float64()),
    "note": pl.String(),
}
DIFFERENCE_COLUMNS = tuple(_DIFFERENCES)
AGREEMENT_COLUMNS = tuple(_AGREEMENTS)


def compare_salience(
    salience: pl.DataFrame, *, pairs: Sequence[tuple[str, str]] | None = None
) -> pl.DataFrame:
    """Return the paired differences of the measures of two models' maps.

    Args:
        salience: Records of salience measures.
        pairs: Names of the first and the second model of each comparison. None: every model
            against each one before it in the records.

    Returns:
        Columns dataset, condition, method, measure, model, other, n (images with a value of both),
        value, other_value, difference (first minus second) with its paired t interval low to high,
        p (two-sided), p_holm (corrected over the whole table) and note, which says how many images
        have no value, and why a difference is null. Measures that both models do not have, and maps
        that no model makes, are left out.

    Raises:
        RecordError: If a column is missing.
    """
    require_columns("salience", salience, (*_PLACE, "model", "image", "value"))
    made = salience.filter(~pl.col("method").is_in(list(REFERENCE_MAPS)))
    models = made["model"].unique(maintain_order=True).to_list()
    chosen = [(b, a) for a, b in itertools.combinations(models, 2)] if pairs is None else pairs
    rows = list(_differences(made, chosen))
    tested = [row for row in rows if row["p"] is not None]
    for row, corrected in zip(tested, holm([float(str(row["p"])) for row in tested]), strict=True):
        row["p_holm"] = corrected
    return pl.DataFrame(rows, schema=_DIFFERENCES)


def _differences(
    salience: pl.DataFrame, pairs: Sequence[tuple[str, str]]
) -> Iterator[dict[str, object]]:
    means = salience.group_by(*_PLACE, "model", "image", maintain_order=True).agg(
        pl.col("value").mean()
    )
    for place, part in means.group_by(*_PLACE, maintain_order=True):
        by_model = {str(model): own for (model,), own in part.group_by("model")}
        for model, other in pairs:
            if model in by_model and other in by_model:
                both = by_model[model].join(by_model[other], on="image", suffix="_other")
                named = dict(zip(_PLACE, place, strict=True)) | {"model": model, "other": other}
                yield named | _difference(both.sort("image"), str(place[-1]))


def _difference(both: pl.DataFrame, measure: str) -> dict[str, object]:
    """Return the difference of two models' measure over the images with a value of both."""
    values = both.select("value", "value_other").cast(pl.Float64).to_numpy()
    known = values[np.isfinite(values).all(1)]
    lost = len(values) - len(known)
    note = f"{lost} of {len(values)} images have no value of both" if lost else None
    if len(known) < 2:
        return {"n": len(known), "p": None, "note": note or "too few images for an interval"}
    found = difference_of_means(known[:, 0], known[:, 1], within=range_of(measure))
    return {
        "n": len(known),
        "value": float(known[:, 0].mean()),
        "other_value": float(known[:, 1].mean()),
        "difference": found.estimate.value,
        "low": found.estimate.low,
        "high": found.estimate.high,
        "p": min(1.0, 2 * min(found.p_above, found.p_below)),
        "note": note,
    }


def summarise_agreements(
    agreements: pl.DataFrame, *, models: Sequence[str] | None = None
) -> pl.DataFrame:
    """Return how alike the maps of two models are, mean over images.

    Args:
        agreements: Records of agreement.
        models: All names; each pair is written in their order, whichever the records have, since
            likeness has no direction. None: as the records have it.

    Returns:
        Columns model, other, dataset, condition, method, measure, n, value, low, high (Student's t
        interval) and note, as in `summarise_salience`.

    Raises:
        RecordError: If a column is missing.
    """
    place = ("model", "other", *_PLACE)
    require_columns("agreements", agreements, (*place, "image", "value"))
    if models is not None:
        agreements = _pairs_in_order(agreements, models)
    rows = [
        dict(zip(place, key, strict=True)) | mean_over_images(part, str(key[-1]))
        for key, part in agreements.group_by(*place, maintain_order=True)
    ]
    return pl.DataFrame(rows, schema=_AGREEMENTS)


def _pairs_in_order(agreements: pl.DataFrame, models: Sequence[str]) -> pl.DataFrame:
    """Return records whose pairs are written in the order of the models, and sorted by it."""
    places = {name: place for place, name in enumerate(models)}
    first, second = (
        pl.col(name).replace_strict(places, return_dtype=pl.Int64) for name in ("model", "other")
    )
    turned = agreements.with_columns(
        pl.when(first <= second).then("model").otherwise("other").alias("model"),
        pl.when(first <= second).then("other").otherwise("model").alias("other"),
    )
    return turned.sort(first, second, maintain_order=True)
