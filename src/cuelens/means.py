"""Means of one number an image, and their paired differences, with Student's t intervals."""

import math

from scipy.special import stdtr, stdtrit

from cuelens.errors import ConfigError
from cuelens.statistics import CONFIDENCE, Difference, Estimate, Values, require_finite

__all__ = ["difference_of_means", "mean", "student_difference"]


def mean(values: Values) -> Estimate:
    """Return the mean of one number an image, with Student's t interval.

    Args:
        values: At least two.

    Raises:
        ConfigError: If there are fewer than two values.
        RangeError: If a value is not finite.

    Source:
        Student, 1908, https://doi.org/10.1093/biomet/6.1.1.
        Differs: none.
    """
    error = _error(values)
    return student_difference(
        float(values.mean()), error, len(values) - 1, len(values), 0.0, "Student's t"
    ).estimate


def difference_of_means(first: Values, second: Values, *, threshold: float = 0.0) -> Difference:
    """Return the mean of the first minus the mean of the second, on the same images.

    Args:
        first: One number an image; at least two.
        second: Of the same images, in the same order.
        threshold: What the difference is held against.

    Returns:
        The difference with Student's t interval of the differences.

    Raises:
        ConfigError: If there are fewer than two images.
        RangeError: If a value is not finite.

    Source:
        Student, 1908, https://doi.org/10.1093/biomet/6.1.1.
        Differs: none.
    """
    steps = first - second
    error, n = _error(steps), len(steps)
    return student_difference(float(steps.mean()), error, n - 1, n, threshold, "paired t")


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
