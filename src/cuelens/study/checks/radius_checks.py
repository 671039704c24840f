"""A named check: a larger ball holds the smaller one, so robust accuracy falls with the radius.

It knows which attacks differ in nothing but their radius, and when the fall is missing.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import polars as pl
from jaxtyping import Bool

from cuelens.statistics import holm, mcnemar, paired_difference
from cuelens.study.checks.checks import Check

__all__ = ["check_radii"]

_OF_THE_RADIUS = re.compile(r"\b(radius|step)=[^,)]*")
_FEW_TO_FALL = 50
"""Where fewer survive the smallest radius, none may be lost by chance."""
_SURE = 0.05

Robust = Bool[np.ndarray, "radius image"]


def check_radii(attacks: pl.DataFrame, suites: Mapping[str, str]) -> list[Check]:
    """Return `radius-without-effect` for each model and attack of several radii.

    Raised where a larger radius has a higher robust accuracy by more than chance (exact McNemar
    of neighbouring radii, corrected for their number), and where the accuracy at the largest is
    not below that at the smallest, though it is at least twice as large and at least 50 images
    survive the smallest.

    Args:
        attacks: Records of attacks.
        suites: Names of the conditions that belong to a suite, to the name of its worst case.
    """
    found = []
    for (model, _, norm), part in attacks.group_by("model", "dataset", "norm", maintain_order=True):
        radii: dict[str, list[tuple[float, str]]] = {}
        named = part.select("condition", "level", "settings").unique(maintain_order=True)
        for condition, level, settings in named.iter_rows():
            member = condition.removeprefix(suites.get(condition, condition))
            if not member.startswith(" after "):
                attack = _OF_THE_RADIUS.sub("", settings) + member
                radii.setdefault(attack, []).append((float(level), condition))
        for places in radii.values():
            if len({level for level, _ in places}) > 1:
                found.append(_check(str(model), str(norm), part, sorted(places)))
    return found


def _check(model: str, norm: str, part: pl.DataFrame, places: Sequence[tuple[float, str]]) -> Check:
    """Return the check of one attack, on the images that all of its radii share."""
    levels, names = [level for level, _ in places], [name for _, name in places]
    wide = part.filter(pl.col("condition").is_in(names)).pivot(
        "condition", index="image", values="fooled", aggregate_function="max"
    )
    robust: Robust = ~np.stack([wide.drop_nulls()[name].to_numpy() for name in names])
    pairs = [(one, two) for one, two in pairwise(range(len(names))) if levels[one] < levels[two]]
    p_values = holm([mcnemar(*_only(robust, *pair)) for pair in pairs])
    rising = [
        (one, two)
        for (one, two), p in zip(pairs, p_values, strict=True)
        if p < _SURE and robust[one].sum() < robust[two].sum()
    ]
    first, last = rising[0] if rising else (0, len(names) - 1)
    kept = bool(robust.size) and bool(robust[last].sum() >= robust[first].sum())
    tells = bool(robust[0].sum() >= _FEW_TO_FALL) and levels[-1] >= 2 * levels[0]
    sentence = f"{', '.join(names)} on {model}: "
    sentence += _told(robust, first, last, [_radius(level, norm) for level in levels])
    if kept and (rising or tells):
        sentence += (
            ". A larger ball holds the smaller one, so the attack fails: this accuracy is not "
            "that of a robust model."
        )
    elif kept:
        sentence += "; too few images survive, or the radii are too close, to tell."
    else:
        sentence += "."
    return Check(
        name="radius-without-effect",
        raised=kept and (bool(rising) or tells),
        sentence=sentence,
        about=(*names, model),
    )


def _only(robust: Robust, first: int, second: int) -> tuple[int, int]:
    """Return how many images are robust at the first radius alone, and at the second alone."""
    one, two = robust[first], robust[second]
    return int((one & ~two).sum()), int((two & ~one).sum())


def _told(robust: Robust, first: int, last: int, radii: Sequence[str]) -> str:
    """Return robust accuracy at two radii, in words."""
    n = robust.shape[1]
    if not n:
        return "the radii share no image"
    fall = paired_difference(*_only(robust, first, last), n)
    return (
        f"robust accuracy is {100 * robust[first].mean():.1f} % at {radii[first]} and "
        f"{100 * robust[last].mean():.1f} % at {radii[last]} (n = {n:,}; it falls by "
        f"{100 * fall.value:.1f} points, interval {100 * fall.low:.1f} to {100 * fall.high:.1f})"
    )


def _radius(level: float, norm: str) -> str:
    if norm == "Linf":
        return f"{norm} {255 * level:.4g}/255"
    return f"{level:.4g} pixels" if norm == "pixels" else f"{norm} {level:.4g}"
