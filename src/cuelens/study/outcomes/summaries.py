"""Tables of what each model does, from records: a row for each model, condition and quantity.

Every rate has n and its interval. What cannot be known has a row too, with a note that says why.
"""

from collections.abc import Callable, Iterator

import numpy as np
import polars as pl

from cuelens.means import mean
from cuelens.metrics import accuracy, chance_corrected, range_of, retention, robust_accuracy
from cuelens.statistics import Estimate, Values, wilson
from cuelens.study.outcomes.outcomes import (
    CLEAN,
    Outcomes,
    Panel,
    require_columns,
    root_mean_square,
    why_not_paired,
)
from cuelens.study.outcomes.subsets import of_same_images

__all__ = ["mean_over_images", "summarise_attacks", "summarise_predictions", "summarise_salience"]

_SUMMARY = {
    "model": pl.String(),
    "dataset": pl.String(),
    "condition": pl.String(),
    "family": pl.String(),
    "level": pl.Float64(),
    "n": pl.Int64(),
    "quantity": pl.String(),
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "method": pl.String(),
    "draws": pl.Int64(),
    "note": pl.String(),
}
_SALIENCE = {
    "model": pl.String(),
    "dataset": pl.String(),
    "condition": pl.String(),
    "method": pl.String(),
    "measure": pl.String(),
    "n": pl.Int64(),
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "note": pl.String(),
}
_NO_SCORES = "the records hold predictions alone, without a number for each class"
_ATTACKS = (
    "model", "dataset", "condition", "family", "level", "draw", "image", "clean_right", "fooled",
    "steps", "missed",
)  # fmt: skip


def summarise_predictions(predictions: pl.DataFrame | Panel) -> pl.DataFrame:
    """Return accuracy, top-3, retention and more of each model under each condition.

    Args:
        predictions: Records of predictions, or the panel made of them.

    Returns:
        Columns model, dataset, condition, family, level, n, quantity, value, low, high, method,
        draws, note. Quantities: "accuracy", "top-3 accuracy", "retention" and "chance-corrected
        retention" (not of the clean condition, where they are 1), shares in [0, 1]; "image
        change" (root mean square, in units of the pixel range), "structural distance" (mean) and
        "ties" (a count), without an interval. A value is null only where `note` says why.

    Raises:
        RecordError: If the records are incomplete or double.
    """
    panel = predictions if isinstance(predictions, Panel) else Panel.of(predictions)
    rows = [row for one in panel.outcomes.values() for row in _of_outcomes(one, panel)]
    return pl.DataFrame(rows, schema=_SUMMARY)


def _of_outcomes(one: Outcomes, panel: Panel) -> Iterator[dict[str, object]]:
    place: dict[str, object] = {
        "model": one.model,
        "dataset": one.dataset,
        "condition": one.condition,
        "family": one.family,
        "level": one.level,
        "draws": one.draws,
    }
    yield place | _estimated("accuracy", accuracy(one.right))
    if np.isfinite(one.top3).all():
        yield place | _estimated("top-3 accuracy", accuracy(one.top3))
    else:
        yield place | {"quantity": "top-3 accuracy", "n": 0, "note": _NO_SCORES}
    if one.family != CLEAN:
        yield from (place | row for row in _kept(one, panel))
    yield place | _distance("image change", one.change, root_mean_square)
    yield place | _distance("structural distance", one.structure, np.mean)
    if one.tied is None:
        yield place | {"quantity": "ties", "n": 0, "note": _NO_SCORES}
    else:
        yield place | {"quantity": "ties", "n": len(one.images), "value": float(one.tied)}


def _kept(one: Outcomes, panel: Panel) -> Iterator[dict[str, object]]:
    """Return the rows of retention, with a note where it is unknown."""
    clean = panel.get(one.model, one.dataset)
    reason = "there are no records of the clean images" if clean is None else None
    if clean is not None:
        clean, one = of_same_images(clean, one)
        reason = why_not_paired(clean, one)
        if reason is None and not clean.right.any():
            reason = "no image is right clean"
    if clean is None or reason is not None:
        for quantity in ("retention", "chance-corrected retention"):
            yield {"quantity": quantity, "n": 0, "note": reason}
        return
    kept = retention(clean.right, one.right)
    yield _estimated("retention", kept)
    if one.classes >= 2:
        yield _estimated("chance-corrected retention", chance_corrected(kept, one.classes))
    else:
        note = "the records hold no probabilities, so the number of classes is unknown"
        yield {"quantity": "chance-corrected retention", "n": kept.n, "note": note}


def _distance(
    quantity: str, distances: Values, size: Callable[[Values], float]
) -> dict[str, object]:
    """Return how far the images are from the clean ones, with a note where that is unknown."""
    known = distances[np.isfinite(distances)]
    if not len(known):
        note = "the records hold no distance to the clean images"
        return {"quantity": quantity, "n": 0, "note": note}
    return {"quantity": quantity, "n": len(known), "value": float(size(known))}


def _estimated(quantity: str, estimate: Estimate) -> dict[str, object]:
    return {
        "quantity": quantity,
        "n": estimate.n,
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "method": estimate.method,
    }


def summarise_attacks(attacks: pl.DataFrame) -> pl.DataFrame:
    """Return robust accuracy, its conditional form and what the fast path missed.

    Args:
        attacks: Records of attacks.

    Returns:
        The columns of `summarise_predictions`. Quantities: "robust accuracy" (of all images),
        "robust retention" (of those right clean), "fast-path miss rate" (of the survivors of the
        fast path that were attacked again in float32), shares in [0, 1]; "attack steps" (mean
        over the images that were attacked), without an interval.

    Raises:
        RecordError: If a column is missing, or an image has two records of one draw.
    """
    require_columns("attacks", attacks, _ATTACKS)
    rows: list[dict[str, object]] = []
    place = ["model", "dataset", "condition"]
    for (model, dataset, condition), part in attacks.group_by(place, maintain_order=True):
        shared = {
            "model": model,
            "dataset": dataset,
            "condition": condition,
            "family": part["family"][0],
            "level": part["level"][0],
            "draws": part["draw"].n_unique(),
        }
        rows.extend(shared | row for row in _of_attack(part))
    return pl.DataFrame(rows, schema=_SUMMARY)


def _of_attack(part: pl.DataFrame) -> Iterator[dict[str, object]]:
    # Draws of a random start: an image is robust where no start fools it.
    robust = part.group_by("image").agg(
        pl.col("clean_right").all(),
        pl.col("fooled").any(),
        pl.col("steps").mean(),
    )
    images = robust.sort("image")  # sums in one order: the same digits each time
    clean = images["clean_right"].to_numpy().astype(np.float64)
    fooled = images["fooled"].to_numpy().astype(np.float64)
    yield _estimated("robust accuracy", robust_accuracy(clean, fooled))
    if clean.any():
        yield _estimated("robust retention", retention(clean, 1 - fooled))
        attacked = images.filter("clean_right")["steps"]
        yield {"quantity": "attack steps", "n": len(attacked), "value": attacked.mean()}
    else:
        for quantity in ("robust retention", "attack steps"):
            yield {"quantity": quantity, "n": 0, "note": "no image is right clean"}
    again = part["missed"].drop_nulls()
    if len(again):
        yield _estimated("fast-path miss rate", wilson(int(again.sum()), len(again)))
    else:
        note = "no survivor was attacked again in float32"
        yield {"quantity": "fast-path miss rate", "n": 0, "note": note}


def summarise_salience(salience: pl.DataFrame) -> pl.DataFrame:
    """Return the mean of each measure of each model's maps.

    Args:
        salience: Records of salience measures.

    Returns:
        Columns model, dataset, condition, method, measure, n, value, low, high, note. `n` is how
        many images have a value, with Student's t interval over them, cut where the measure's range
        ends (`metrics.range_of`); `note` tells how many have none, and why there is no interval.

    Raises:
        RecordError: If a column is missing.
    """
    group = ["model", "dataset", "condition", "method", "measure"]
    require_columns("salience", salience, (*group, "image", "value"))
    rows: list[dict[str, object]] = []
    for key, part in salience.group_by(group, maintain_order=True):
        rows.append(dict(zip(group, key, strict=True)) | mean_over_images(part, str(key[-1])))
    return pl.DataFrame(rows, schema=_SALIENCE)


def mean_over_images(records: pl.DataFrame, measure: str) -> dict[str, object]:
    """Return the mean of a measure: n, value, low, high and note, see `summarise_salience`.

    Args:
        records: Of one measure: columns image and value, several rows an image where it was drawn
            several times.
        measure: Its name, which tells its range.
    """
    images = records.group_by("image").agg(pl.col("value").mean()).sort("image")
    values = images["value"].cast(pl.Float64).to_numpy()
    known = values[np.isfinite(values)]
    lost = len(values) - len(known)
    notes = [f"{lost} of {len(values)} images have none (no map)"] if lost else []
    row: dict[str, object] = {"n": len(known)}
    if len(known) >= 2:
        found = mean(known, within=range_of(measure))
        row |= {"value": found.value, "low": found.low, "high": found.high}
    else:
        notes.append("too few images for an interval")
    return row | {"note": "; ".join(notes) or None}
