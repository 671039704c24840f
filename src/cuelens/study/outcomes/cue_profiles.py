"""Cue profiles: how much each model relies on each cue, from records of predictions.

A model relies on a cue by as much as it loses more without it than under the control, which leaves
the cue and is to change the images as far; where it does not, the profile says so. Which records
belong together is in `suppressions`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from cuelens.metrics import chance_corrected, cue_reliance, retention
from cuelens.statistics import Estimate
from cuelens.study.outcomes.outcomes import Outcomes, Panel, root_mean_square, why_not_paired
from cuelens.study.outcomes.suppressions import Suppression, suppressions_of

__all__ = [
    "LEAST_SHARE",
    "MATCHED",
    "PROFILE_COLUMNS",
    "TAKEN_TOO",
    "cue_profile",
    "doubts_in_words",
    "doubts_of_row",
]

MATCHED = 0.2
"""By so large a share may the changes of condition and control differ and count as matched."""

LEAST_SHARE = 0.25
"""The images of a condition whose distance from its control's is a smaller share than this of
their distance from the clean ones are as good as the control's."""

TAKEN_TOO = ("greyscale",)
"""Families whose control takes the cue away as well: another grey has no colour either."""

_PARTS = ("value", "low", "high")
_KEPT = ("retention", "control_retention", "corrected", "control_corrected")
_DISTANCES = ("change", "control_change", "apart", "structure", "control_structure")

_SCHEMA: dict[str, pl.DataType] = {
    "model": pl.String(),
    "dataset": pl.String(),
    "cue": pl.String(),
    "family": pl.String(),
    "control": pl.String(),
    "levels": pl.List(pl.Float64()),
    "n": pl.Int64(),
    **{
        name if part == "value" else f"{name}_{part}": pl.Float64()
        for name in _KEPT
        for part in _PARTS
    },
    **dict.fromkeys(_PARTS, pl.Float64()),
    "method": pl.String(),
    **dict.fromkeys(_DISTANCES, pl.Float64()),
    "shares": pl.List(pl.Float64()),
    "doubts": pl.List(pl.String()),
    "note": pl.String(),
}
PROFILE_COLUMNS = tuple(_SCHEMA)


def cue_profile(
    predictions: pl.DataFrame | Panel, controls: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return what each model keeps without each cue and under its control, and its cue reliance.

    Args:
        predictions: Records of predictions, or the panel made of them.
        controls: Records of how far the images of conditions are from their controls'; None where
            that was not measured.

    Returns:
        A row for each family that takes a cue away, data set and model: model, dataset, cue,
        family, control, levels (those that count, equal weights), n (images right clean);
        `retention` and `control_retention`, means over the levels, and the same chance-corrected,
        each with `_low` and `_high`; value, low, high: the cue reliance, 0 where nothing depends
        on the cue and 1 where everything does, with method; `change` and `control_change`
        (root-mean-square, mean over levels) and `apart`, the largest share by which they differ
        at a level; `structure` and `control_structure` (structural distance, mean over levels);
        `shares`, a number a level (one where there is none): how far the images are from the
        control's, as a share of how far they are from the clean ones, null where not measured;
        `doubts`, the names of the checks that doubt the cue reliance, each with its reason in
        `note`. What is null has a note that says why.

    Raises:
        RecordError: If the records are incomplete or double.
    """
    panel = predictions if isinstance(predictions, Panel) else Panel.of(predictions)
    shares = _shares(controls)
    rows = [_row(one, shares) for one in suppressions_of(panel)]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _shares(controls: pl.DataFrame | None) -> dict[tuple[str, str], float]:
    """Return each data set and condition to how far it is from its control; see `cue_profile`."""
    if controls is None:
        return {}
    sizes = controls.group_by("dataset", "condition").agg(
        (pl.col("control_mean_square", "mean_square") ** 2).mean().sqrt()
    )
    return {
        (row["dataset"], row["condition"]): row["control_mean_square"] / row["mean_square"]
        for row in sizes.filter(pl.col("mean_square") > 0).iter_rows(named=True)
    }


def _row(one: Suppression, shares: Mapping[tuple[str, str], float]) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(_SCHEMA)
    row |= {
        "model": one.model,
        "dataset": one.dataset,
        "cue": one.family.cue,
        "family": one.family.name,
        "control": one.family.control,
        "levels": list(one.levels),
        "n": 0,
        "note": one.reason,
        "doubts": [],
        **dict(_distances(one)),
    }
    clean = one.clean
    if clean is None or not clean.right.any() or _unpaired(clean, one.without):
        return row
    row["n"] = int(np.count_nonzero(clean.right))
    row |= _kept("", retention(clean.right, one.kept), clean.classes)
    if one.controls and not _unpaired(clean, one.controls):
        row |= _kept("control_", retention(clean.right, one.kept_under_control), clean.classes)
    if clean.classes < 2:
        reason = "the records hold no probabilities, so the number of classes is unknown"
        return row | {"note": one.reason or reason}
    if one.reason is None:
        row["shares"] = [shares.get((one.dataset, each.condition)) for each in one.without]
        found = cue_reliance(clean.right, one.kept, one.kept_under_control, clean.classes).estimate
        row |= {part: getattr(found, part) for part in _PARTS} | {"method": found.method}
        doubts = doubts_of_row(row)
        row |= {"doubts": list(doubts), "note": doubts_in_words(doubts)}
    return row


def _unpaired(clean: Outcomes, others: Sequence[Outcomes]) -> bool:
    return any(why_not_paired(clean, other) is not None for other in others)


def _kept(side: str, kept: Estimate, classes: int) -> dict[str, Any]:
    """Return the columns of one retention, as it is and chance-corrected."""
    estimates = {f"{side}retention": kept}
    if classes >= 2:
        estimates[f"{side}corrected"] = chance_corrected(kept, classes)
    return {
        name if part == "value" else f"{name}_{part}": getattr(estimate, part)
        for name, estimate in estimates.items()
        for part in _PARTS
    }


def _distances(one: Suppression) -> Iterator[tuple[str, float | None]]:
    """Return how far the images are from the clean ones; nothing where that is unknown."""
    sides = {"": one.without, "control_": one.controls}
    changes = {
        side: [root_mean_square(outcomes.change) for outcomes in at_levels]
        for side, at_levels in sides.items()
    }
    for side, at_levels in sides.items():
        yield f"{side}change", _mean(changes[side])
        yield f"{side}structure", _mean([float(each.structure.mean()) for each in at_levels])
    pairs = list(zip(*changes.values(), strict=False))
    shares = [abs(other / own - 1) for own, other in pairs if own > 0]
    if pairs and len(shares) == len(pairs) and np.isfinite(shares).all():
        yield "apart", max(shares)


def _mean(values: Sequence[float]) -> float | None:
    found = float(np.mean(values)) if values else float("nan")
    return found if np.isfinite(found) else None


def doubts_of_row(row: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of the checks that doubt a cue reliance, each with its reason.

    Args:
        row: Of a cue profile, its cue reliance known.
    """
    return dict(_doubts(row))


def _doubts(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if row["family"] in TAKEN_TOO:
        why = f"its control takes the {row['cue']} away too"
        yield "control-takes-the-cue", f"{why}, so that this is near 0 whatever a model relies on"
    if row["apart"] is not None and row["apart"] > MATCHED + 1e-9:
        why = f"its control changes images by up to {100 * row['apart']:.0f} % more or less than it"
        yield "unmatched-control", why
    known = [share for share in row["shares"] if share is not None]
    near = [share for share in known if share < LEAST_SHARE]
    if near:
        levels = f"at {len(near)} of {len(known)} levels " if row["levels"] else ""
        why = f"{levels}its images are nearly its control's"
        yield "control-is-the-condition", f"{why}, which says nothing of what a model relies on"


def doubts_in_words(doubts: Mapping[str, str]) -> str | None:
    """Return doubts as a table notes them; None where there is none."""
    return "; ".join(f"{name}: {reason}" for name, reason in doubts.items()) or None
