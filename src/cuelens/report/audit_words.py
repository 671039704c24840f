"""What an audit says first: on which cue each model relies most, in a sentence."""

from collections.abc import Sequence

import polars as pl

from cuelens.report import wording

__all__ = ["relied_on"]

_MOST = 3
"""So many models are named; of more it is said how many there are."""


def relied_on(profile: pl.DataFrame, models: Sequence[str]) -> str:
    """Return the headline of a study that states no claim.

    Args:
        profile: From `cue_profile`.
        models: Names, in order.

    Returns:
        Of each model, the cue without which it loses most beyond the control, where the interval
        is above 0; where none is, how much the numbers leave open, since too few images show no
        reliance either. What was not measured, for want of a control, is not called none.
    """
    measured = profile.filter(pl.col("value").is_not_null(), pl.col("model").is_in(list(models)))
    if measured.is_empty():
        return "No cue reliance was measured: no condition has its control"
    parts = []
    for model in models[:_MOST]:
        asked = measured.filter(pl.col("model") == model)
        own = asked.filter(pl.col("low") > 0).sort("value", descending=True)
        if not len(asked):
            parts.append(f"{model} has no measured cue: no condition has its control")
        elif len(own):
            row = own.row(0, named=True)
            lost = wording.points(row["value"], share=True).lstrip("+")
            span = wording.span(row["low"], row["high"], share=True)
            parts.append(
                f"{model} relies most on {row['cue']} ({row['family']}: {lost} points {span}, "
                f"n = {row['n']:,})"
            )
        else:
            parts.append(_left_open(model, asked))
    if len(models) > _MOST:
        parts.append(f"{len(models) - _MOST} more below")
    return "; ".join(parts)


def _left_open(model: str, asked: pl.DataFrame) -> str:
    row = asked.sort("high", descending=True).row(0, named=True)
    reached = wording.points(row["high"], share=True).lstrip("+")
    return (
        f"{model}: no reliance on a cue can be told from 0 (on {row['cue']} it may be up to "
        f"{reached} points, n = {row['n']:,})"
    )
