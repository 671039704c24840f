"""How attacks went, from their records: against the step, and each attack beside the worst case.

It computes shares and means with their intervals; it draws nothing.
"""

from collections.abc import Collection, Iterator

import numpy as np
import polars as pl
from jaxtyping import Float, Int

from cuelens.means import mean
from cuelens.statistics import Estimate, wilson
from cuelens.study.outcomes.attack_names import attack_order, name_of
from cuelens.study.outcomes.outcomes import require_columns
from cuelens.study.outcomes.summaries import summarise_attacks

__all__ = ["CURVE_COLUMNS", "RESULT_COLUMNS", "attack_curves", "attack_results"]

_CURVES = {
    "model": pl.String(),
    "dataset": pl.String(),
    "condition": pl.String(),
    "suite": pl.String(),
    "member": pl.String(),
    "norm": pl.String(),
    "radius": pl.Float64(),
    "unit": pl.String(),
    "step": pl.Int64(),
    "quantity": pl.String(),
    "n": pl.Int64(),
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "method": pl.String(),
}
CURVE_COLUMNS = tuple(_CURVES)
"""Columns of `attack_curves`."""

_RESULTS = {
    "model": pl.String(),
    "dataset": pl.String(),
    "condition": pl.String(),
    "suite": pl.String(),
    "attack": pl.String(),
    "norm": pl.String(),
    "radius": pl.Float64(),
    "n": pl.Int64(),
    "quantity": pl.String(),
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "method": pl.String(),
    "broken": pl.Int64(),
    "attacked": pl.Int64(),
}
RESULT_COLUMNS = tuple(_RESULTS)
"""Columns of `attack_results`."""

_PLACE = ("model", "dataset", "condition")
_NEEDED = (*_PLACE, "level", "norm", "settings", "image", "fooled", "steps", "length", "loss",
           "points", "losses", "lengths")  # fmt: skip

_UNITS = {
    "Square": "queries",
    **dict.fromkeys(("TargetedAPGD", "TargetedFAB"), "steps, target after target"),
}
"""What an attack goes forward by, where it is not plain steps."""

_JUDGED = (*_PLACE, "level", "norm", "image", "clean_right", "fooled", "points")

_Curves = Float[np.ndarray, "record point"]


def attack_curves(attacks: pl.DataFrame) -> pl.DataFrame:
    """Return success, loss and length of each attack against its step.

    Args:
        attacks: Records of attacks.

    Returns:
        A row for each model, condition, step and quantity, columns `CURVE_COLUMNS`, over the
        images that the attack was given: right when clean and, in a suite whose members attack
        in turn, not fooled before. Quantities: "share fooled" (by then; Wilson), "loss" (mean
        cross-entropy in nats, Student's t) and "length" (mean, as `norm` says, Student's t). An
        image that left keeps what it had last. The last step is that of the images that were
        kept. `member` is an attack's name within `suite`; null for a plain attack, whose suite is
        itself. `unit` is "queries" for Square, "steps, target after target" for what aims at one
        class after the other, else "steps". Worst cases have no row.

    Raises:
        RecordError: If a column is missing.
    """
    require_columns("attacks", attacks, _NEEDED)
    given = attacks.filter(pl.col("points").is_not_null() & (pl.col("points").list.len() > 0))
    conditions = attacks["condition"].unique().to_list()
    rows: list[dict[str, object]] = []
    for key, part in given.group_by(_PLACE, maintain_order=True):
        name = name_of(str(key[2]), conditions)
        place: dict[str, object] = dict(zip(_PLACE, key, strict=True)) | {
            "suite": name.suite,
            "member": name.member,
            "norm": part["norm"][0],
            "radius": part["level"][0],
            "unit": _UNITS.get(str(part["settings"][0]).partition("(")[0], "steps"),
        }
        rows.extend(place | row for row in _of_attack(part.sort("image", "draw")))
    return pl.DataFrame(rows, schema=_CURVES)


def _of_attack(part: pl.DataFrame) -> Iterator[dict[str, object]]:
    """Return the rows of one model and attack; an image is the mean, or the worst, of its draws."""
    end = int(part["steps"].max())  # type: ignore[arg-type]  # there is a row
    known = sorted({point for points in part["points"].unique() for point in points})
    steps = np.array([*known, *([end] if end > known[-1] else [])], dtype=np.int64)
    by_then = (part["steps"].to_numpy()[:, None] <= steps) & part["fooled"].to_numpy()[:, None]
    _, image, counts = np.unique(part["image"].to_numpy(), return_inverse=True, return_counts=True)

    def means(values: _Curves) -> Float[np.ndarray, "image point"]:
        sums = np.zeros((len(counts), values.shape[1]))
        np.add.at(sums, image, values)
        return sums / counts[:, None]

    fooled = means(by_then.astype(np.float64)) > 0
    loss = means(_followed(part, "losses", "loss", steps))
    length = means(_followed(part, "lengths", "length", steps))
    for column, step in enumerate(steps.tolist()):
        share = wilson(int(fooled[:, column].sum()), len(counts))
        yield {"step": step, "quantity": "share fooled"} | _estimated(share)
        yield {"step": step, "quantity": "loss"} | _mean(loss[:, column])
        yield {"step": step, "quantity": "length"} | _mean(length[:, column])


def _followed(
    part: pl.DataFrame, curve: str, last: str, steps: Int[np.ndarray, " point"]
) -> _Curves:
    """Return a column's curves at these steps, with the final values where no curve goes."""
    followed = np.empty((len(part), len(steps)))
    for points, rows in part.with_row_index().group_by("points"):
        at = np.asarray(points[0])
        values = rows[curve].explode().to_numpy().reshape(len(rows), len(at))
        found = values[:, np.searchsorted(at, steps, side="right").clip(1) - 1].astype(np.float64)
        over = (steps > at[-1]) & (steps >= rows["steps"].to_numpy()[:, None])
        followed[rows["index"]] = np.where(over, rows[last].to_numpy()[:, None], found)
    return followed


def _mean(values: Float[np.ndarray, " image"]) -> dict[str, object]:
    """Return a mean over the images that have a number; of one image there is no interval.

    Neither a loss nor a length is below 0.
    """
    known = values[np.isfinite(values)]
    if len(known) >= 2:
        return _estimated(mean(known, within=(0.0, np.inf)))
    return {"n": len(known), "value": float(known[0]) if len(known) else None}


def _estimated(estimate: Estimate) -> dict[str, object]:
    return {
        "n": estimate.n,
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "method": estimate.method,
    }


def attack_results(attacks: pl.DataFrame, *, suites: Collection[str] = ()) -> pl.DataFrame:
    """Return what is right before an attack, after each member of a suite and at worst.

    Args:
        attacks: Records of attacks.
        suites: Names of worst cases whose records are still to come.

    Returns:
        Columns `RESULT_COLUMNS`, in reading order. `suite` is the worst case's condition, or a
        plain attack's own; `attack` says which row of it this is: "clean", "pgd-20 alone" or
        "after apgd-t", "worst case" or, of a plain attack, "attacked". Quantities are "accuracy"
        and "robust accuracy", shares of all n images. `attacked` is how many of them this attack
        was given, right when clean and not fooled by a member before it, and `broken` how many of
        those it fooled; null of "clean".

    Raises:
        RecordError: If a column is missing, or an image has two records of one draw.
    """
    require_columns("attacks", attacks, _JUDGED)
    if attacks.is_empty():
        return pl.DataFrame(schema=_RESULTS)
    # Members that attack in turn have curves of what they were given; worst cases have none.
    watched = pl.col("points").is_not_null()
    given = pl.col("clean_right") & pl.when(watched.any()).then(watched).otherwise(statement=True)
    places = attacks.group_by(_PLACE, maintain_order=True).agg(
        pl.col("level", "norm").first().name.map(lambda name: f"{name}_"),
        right=pl.col("image").filter("clean_right").n_unique(),
        images=pl.col("image").n_unique(),
        attacked=pl.col("image").filter(given).n_unique(),
        broken=pl.col("image").filter(given & pl.col("fooled")).n_unique(),
        curves=watched.any(),
    )
    robust = summarise_attacks(attacks).filter(pl.col("quantity") == "robust accuracy")
    radii = dict(places.select("condition", "level_").unique(maintain_order=True).iter_rows())
    order = attack_order(radii)
    names = {condition: name_of(condition, {*radii, *suites}) for condition in radii}
    worst = {name.suite for name in names.values() if name.member is not None}
    models, datasets = (list(dict.fromkeys(places[column])) for column in ("model", "dataset"))
    rows: list[tuple[tuple[int, ...], dict[str, object]]] = []
    for found in places.join(robust, on=_PLACE, maintain_order="left").iter_rows(named=True):
        condition, name = found["condition"], names[found["condition"]]
        own: dict[str, object] = {
            **{column: found[column] for column in _RESULTS if column in found},
            "suite": name.suite,
            "attack": name.words or ("worst case" if condition in worst else "attacked"),
            "norm": found["norm_"],
            "radius": found["level_"],
        }
        if name.in_turn and not found["curves"]:  # none was left for it
            own |= {"attacked": 0, "broken": 0}
        dataset, model = datasets.index(found["dataset"]), models.index(found["model"])
        rows.append(((dataset, order[condition], 1, model), own))
        if name.member is None:
            clean = _estimated(wilson(found["right"], found["images"]))
            named = {"attack": "clean", "quantity": "accuracy", "broken": None, "attacked": None}
            members = [order[c] for c, other in names.items() if other.suite == condition]
            rows.append(((dataset, min(members), 0, model), own | clean | named))
    return pl.DataFrame([row for _, row in sorted(rows, key=lambda one: one[0])], schema=_RESULTS)
