"""Ratios of sums over images, whose denominators are counted too, and their paired differences.

Retention is one: of the images that a model gets right clean, the share that it still gets right.
Two models have different denominators, so McNemar's test does not apply to it.
"""

import math

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr

from cuelens.errors import ConfigError, RangeError
from cuelens.randomness import keyed_generator
from cuelens.statistics import (
    CONFIDENCE,
    Difference,
    Estimate,
    Values,
    Z,
    require_finite,
    score_limits,
)

__all__ = [
    "delta_difference_of_ratios",
    "difference_of_ratios",
    "influence",
    "ratio",
    "require_parts",
    "require_total",
]

_TAILS = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
_HALF_IMAGES = np.array([(a, 1.0, b, 1.0) for a in (0.0, 1.0) for b in (0.0, 1.0)])
_DRAWN_AT_ONCE = 2_000_000


def require_parts(numerators: Values, denominators: Values) -> None:
    """Refuse what is no share of something.

    Raises:
        ConfigError: If there is no image, or the denominators sum to 0.
        RangeError: If a value is not finite or a numerator is not between 0 and its denominator.
    """
    require_total(numerators, denominators)
    outside = int(np.count_nonzero((numerators < 0) | (numerators > denominators)))
    if outside:
        raise RangeError(
            f"`numerators` must lie between 0 and their denominators, got {outside} of "
            f"{len(numerators)} that do not. Count an image above only where it counts below."
        )


def require_total(numerators: Values, denominators: Values) -> None:
    """Refuse a ratio to nothing.

    Raises:
        ConfigError: If there is no image, or the denominators sum to 0.
        RangeError: If a value is not finite or a denominator is negative.
    """
    require_finite(numerators=numerators, denominators=denominators)
    negative = int(np.count_nonzero(denominators < 0))
    if negative:
        raise RangeError(
            f"`denominators` must be at least 0, got {negative} of {len(denominators)} that are "
            "not. Use 1 where an image counts and 0 where it does not."
        )
    if not denominators.any():
        raise ConfigError(
            f"`denominators` must have a positive sum, got 0 over {len(denominators)} images. "
            "A share of nothing is unknown: leave it out and say why."
        )


def influence(numerators: Values, denominators: Values) -> Values:
    """Return how far each image moves the ratio of sums; the squares sum to its variance."""
    total = denominators.sum()
    moves: Values = (numerators - numerators.sum() / total * denominators) / total
    return moves


def ratio(numerators: Values, denominators: Values) -> Estimate:
    """Return the sum of the numerators over the sum of the denominators.

    Args:
        numerators: One an image, between 0 and its denominator; fractions are means over levels.
        denominators: One an image, such as 1 where it is right clean, else 0.

    Returns:
        A share in [0, 1] with Wilson's interval for as many trials as its variance is worth: all
        the images that count where numerators are 0 and 1. `n` is how many images count.

    Raises:
        ConfigError: If no image counts.
        RangeError: If a numerator is not between 0 and its denominator.

    Source:
        Korn and Graubard, 1998, https://www150.statcan.gc.ca/n1/pub/12-001-x/1998002/4356-eng.pdf.
        Differs: Wilson's interval in place of the exact one.
    """
    require_parts(numerators, denominators)
    total = float(denominators.sum())
    value = float(numerators.sum()) / total
    variance = float(np.square(influence(numerators, denominators)).sum())
    worth = value * (1 - value) / variance if 0 < value < 1 and variance > 0 else total
    low, high = score_limits(value, worth)
    return Estimate(value, low, high, int(np.count_nonzero(denominators)), "Wilson")


def difference_of_ratios(
    first_numerators: Values,
    first_denominators: Values,
    second_numerators: Values,
    second_denominators: Values,
    *,
    threshold: float = 0.0,
    resamples: int = 10_000,
    seed: int = 0,
) -> Difference:
    """Return the first ratio of sums minus the second, by a paired bootstrap over images.

    Half an image of each of four outcomes (both right clean; each kept or lost) joins the images
    that are resampled: without them the interval of 50 images covers as little as .74.

    Args:
        first_numerators: One an image, between 0 and its denominator.
        first_denominators: Such as 1 where the first model is right clean, else 0.
        second_numerators: Of the same images, in the same order.
        second_denominators: Likewise.
        threshold: What the difference is held against.
        resamples: How many; p-values are at least 1 / (resamples + 1).
        seed: Of the resampling, at least 0.

    Returns:
        The difference in [-1, 1] with the percentile interval; the order of the images does not
        matter. `n` is how many images count for either model.

    Raises:
        ConfigError: If no image counts for one of the models.
        RangeError: If a numerator is not between 0 and its denominator.

    Source:
        Efron, 1979, https://doi.org/10.1214/aos/1176344552; Agresti and Min, 2005,
        https://doi.org/10.1002/sim.1781 (the half images).
        Differs: the half images join a bootstrap, not Wald's interval.
    """
    value, n, patterns, weights = _patterns(
        first_numerators, first_denominators, second_numerators, second_denominators
    )
    generator = keyed_generator(seed, "paired bootstrap of a difference of ratios")
    shares = weights / weights.sum()
    at_once = max(1, _DRAWN_AT_ONCE // len(patterns))
    sums = np.concatenate(
        [
            generator.multinomial(
                round(weights.sum()), shares, size=min(at_once, resamples - start)
            ).astype(np.float64)
            @ patterns
            for start in range(0, resamples, at_once)
        ]
    )
    sums = sums[(sums[:, 1] > 0) & (sums[:, 3] > 0)]
    differences = sums[:, 0] / sums[:, 1] - sums[:, 2] / sums[:, 3]
    low, high = np.quantile(differences, _TAILS).tolist()
    drawn = len(differences) + 1
    return Difference(
        Estimate(value, min(low, value), max(high, value), n, "paired bootstrap"),
        float(differences.std()),
        threshold,
        (1 + int(np.count_nonzero(differences <= threshold))) / drawn,
        (1 + int(np.count_nonzero(differences >= threshold))) / drawn,
    )


def delta_difference_of_ratios(
    first_numerators: Values,
    first_denominators: Values,
    second_numerators: Values,
    second_denominators: Values,
    *,
    threshold: float = 0.0,
) -> Difference:
    """Return the first ratio of sums minus the second, by the delta method on paired influences.

    Args and errors are those of `difference_of_ratios`, which it is a check of; the half images
    join here too.

    Source:
        Agresti and Min, 2005, https://doi.org/10.1002/sim.1781.
        Differs: a difference of ratios in place of one of proportions.
    """
    value, n, patterns, weights = _patterns(
        first_numerators, first_denominators, second_numerators, second_denominators
    )
    one, under_one, two, under_two = weights @ patterns
    moves = (patterns[:, 0] - one / under_one * patterns[:, 1]) / under_one
    moves -= (patterns[:, 2] - two / under_two * patterns[:, 3]) / under_two
    error = math.sqrt(float(weights @ np.square(moves)))
    centre = float(one / under_one - two / under_two)
    score = (centre - threshold) / error
    low, high = min(centre - Z * error, value), max(centre + Z * error, value)
    return Difference(
        Estimate(value, low, high, n, "delta method"),
        error,
        threshold,
        float(ndtr(-score)),
        float(ndtr(score)),
    )


def _patterns(
    first_numerators: Values,
    first_denominators: Values,
    second_numerators: Values,
    second_denominators: Values,
) -> tuple[float, int, Float[np.ndarray, "pattern 4"], Float[np.ndarray, " pattern"]]:
    """Return the plain difference, how many images count, and the distinct rows with weights."""
    require_parts(first_numerators, first_denominators)
    require_parts(second_numerators, second_denominators)
    value = float(
        first_numerators.sum() / first_denominators.sum()
        - second_numerators.sum() / second_denominators.sum()
    )
    rows = np.stack(
        [first_numerators, first_denominators, second_numerators, second_denominators], axis=1
    )
    n = int(np.count_nonzero(rows[:, 1] + rows[:, 3]))
    patterns, places = np.unique(np.concatenate([rows, _HALF_IMAGES]), axis=0, return_inverse=True)
    each = np.concatenate([np.ones(len(rows)), np.full(len(_HALF_IMAGES), 0.5)])
    return value, n, patterns, np.bincount(places.ravel(), weights=each)
