"""Means of one number an image, and their paired differences, with Student's t intervals."""

import math
from dataclasses import replace

from scipy.special import stdtr, stdtrit

from cuelens.errors import ConfigError
from cuelens.statistics import CONFIDENCE, Difference, Estimate, Values, require_finite

__all__ = ["difference_of_means", "mean", "student_difference"]

_ANYWHERE = (-math.inf, math.inf)


def mean(values: Values, *, within: tuple[float, float] = _ANYWHERE) -> Estimate:
    """Return the mean of one number an image, with Student's t interval.

    Args:
        values: At least two.
        within: The least and the largest value that there can be: the interval ends there, which
            costs no coverage, since no mean lies beyond.

    Raises:
        ConfigError: If there are fewer than two values.
        RangeError: If a value is not finite.

    Source:
        Student, 1908, https://doi.org/10.1093/biomet/6.1.1.
        Differs: cut at the ends of `within`.
    """
    error = _error(values)
    found = student_difference(
        float(values.mean()), error, len(values) - 1, len(values), 0.0, "Student's t"
    )
    return _cut(found.estimate, within)


def difference_of_means(
    first: Values,
    second: Values,
    *,
    threshold: float = 0.0,
    within: tuple[float, float] = _ANYWHERE,
) -> Difference:
    """Return the mean of the first minus the mean of the second, on the same images.

    Args:
        first: One number an image; at least two.
        second: Of the same images, in the same order.
        threshold: What the difference is held against.
        within: The least and the largest value that there can be, as for `mean`.

    Returns:
        The difference with Student's t interval of the differences.

    Raises:
        ConfigError: If there are fewer than two images.
        RangeError: If a value is not finite.

    Source:
        Student, 1908, https://doi.org/10.1093/biomet/6.1.1.
        Differs: cut where differences of values of `within` end.
    """
    steps = first - second
    error, n = _error(steps), len(steps)
    found = student_difference(float(steps.mean()), error, n - 1, n, threshold, "paired t")
    widest = within[1] - within[0]
    return replace(found, estimate=_cut(found.estimate, (-widest, widest)))


def _cut(estimate: Estimate, within: tuple[float, float]) -> Estimate:
    """Return an estimate whose interval ends where its values do, and holds the number itself."""
    low = min(estimate.value, max(estimate.low, within[0]))
    high = max(estimate.value, min(estimate.high, within[1]))
    return replace(estimate, low=low, high=high)


def _error(values: Values) -> float:
    """Return the standard error of the mean, refusing what has none."""
    require_finite(values=values)
    if len(values) < 2:
        raise ConfigError("A mean needs at least 2 images for its interval, got 1. Take more.")
    return float(values.std(ddof=1)) / math.sqrt(len(values))


def student_difference(
    value: float, error: float, freedom: float, n: int, threshold: float, method: str
) -> Difference:
    """Return a difference with Student's t interval.

    Args:
        value: The difference.
        error: Its standard error; 0 where nothing varies.
        freedom: Degrees of freedom of the error; positive, may be infinite.
        n: How many images it rests on.
        threshold: What it is held against.
        method: Name of the interval.
    """
    half = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error
    estimate = Estimate(value, value - half, value + half, n, method)
    distance = value - threshold
    score = distance / error if error else math.copysign(math.inf, distance) if distance else 0.0
    p_above, p_below = float(stdtr(freedom, -score)), float(stdtr(freedom, score))
    return Difference(estimate, error, threshold, p_above, p_below)
