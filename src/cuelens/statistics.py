"""Estimates with their doubts: rates, paired rates and corrected p-values.

It knows estimates, and rates that are counts out of n. Means are in `means`, ratios of sums, whose
denominators are counted too, in `ratios`, and trials that share sources in `clusters`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float
from scipy.special import bdtr, betaincinv

from cuelens.errors import ConfigError, RangeError

__all__ = [
    "CONFIDENCE",
    "Difference",
    "Estimate",
    "Values",
    "Z",
    "clopper_pearson",
    "holm",
    "mcnemar",
    "paired_difference",
    "require_finite",
    "score_limits",
    "wilson",
]

CONFIDENCE = 0.95
"""The confidence of every interval."""

Z = 1.959963984540054
"""The normal quantile that leaves half of 1 - `CONFIDENCE` above it."""

Values = Float[np.ndarray, " image"]
"""One value an image, such as right (1) or wrong (0)."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and its 95 % interval.

    Attributes:
        value: The number itself.
        low: Lower limit.
        high: Upper limit.
        n: How many images, or trials, it rests on; the denominator of a rate. At least 1.
        method: How the interval was made, such as "Wilson".
    """

    value: float
    low: float
    high: float
    n: int
    method: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference and how it stands to a threshold.

    Attributes:
        estimate: The difference with its interval.
        error: Its standard error.
        threshold: What it is held against, in its own unit and signed.
        p_above: One-sided p-value of "it is at most the threshold": small if it lies above.
        p_below: One-sided p-value of "it is at least the threshold": small if it lies below.
    """

    estimate: Estimate
    error: float
    threshold: float
    p_above: float
    p_below: float


def _require_counts(n: int, **counts: int) -> None:
    if n < 1:
        raise ConfigError(
            f"`n` must be at least 1, got {n}. A rate of no images is unknown: leave it out and "
            "say why."
        )
    for name, count in counts.items():
        if not 0 <= count <= n:
            raise ConfigError(f"`{name}` must be between 0 and `n` = {n}, got {count}.")


def require_finite(**arrays: Float[np.ndarray, "..."]) -> None:
    """Refuse arrays that hold no numbers, or something that is not a number.

    Raises:
        ConfigError: If an array is empty.
        RangeError: If a value is infinite or not a number.
    """
    for name, array in arrays.items():
        if array.size == 0:
            raise ConfigError(
                f"`{name}` must hold at least one number, got none. A mean of no images is "
                "unknown: leave it out and say why."
            )
        bad = int(np.count_nonzero(~np.isfinite(array)))
        if bad:
            raise RangeError(
                f"`{name}` must hold finite numbers, got {bad} of {array.size} that are not. "
                "Find the images that they belong to, and leave them out of every model."
            )


def score_limits(rate: float, n: float) -> tuple[float, float]:
    """Return Wilson's limits for a rate.

    Args:
        rate: In [0, 1].
        n: How many independent trials it is worth; positive, need not be whole.

    Source:
        Wilson, 1927, https://doi.org/10.1080/01621459.1927.10502953.
        Differs: none.
    """
    square = Z * Z / n
    centre = (rate + square / 2) / (1 + square)
    half = Z / (1 + square) * math.sqrt(rate * (1 - rate) / n + square / (4 * n))
    low = 0.0 if rate <= 0 else max(0.0, centre - half)
    high = 1.0 if rate >= 1 else min(1.0, centre + half)
    return low, high


def wilson(successes: int, n: int) -> Estimate:
    """Return a rate with Wilson's score interval.

    Args:
        successes: 0 to n.
        n: At least 1.

    Raises:
        ConfigError: If there is no trial, or more successes than trials.

    Source:
        Wilson, 1927, https://doi.org/10.1080/01621459.1927.10502953.
        Differs: none.
    """
    _require_counts(n, successes=successes)
    low, high = score_limits(successes / n, n)
    return Estimate(successes / n, low, high, n, "Wilson")


def clopper_pearson(successes: int, n: int) -> Estimate:
    """Return a rate with the exact binomial interval, which is wider than need be.

    Args:
        successes: 0 to n.
        n: At least 1.

    Raises:
        ConfigError: If there is no trial, or more successes than trials.

    Source:
        Clopper and Pearson, 1934, https://doi.org/10.1093/biomet/26.4.404.
        Differs: none.
    """
    _require_counts(n, successes=successes)
    tail = (1 - CONFIDENCE) / 2
    low = float(betaincinv(successes, n - successes + 1, tail)) if successes else 0.0
    high = float(betaincinv(successes + 1, n - successes, 1 - tail)) if successes < n else 1.0
    return Estimate(successes / n, low, high, n, "Clopper-Pearson")


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value of "both models are right equally often".

    Args:
        only_first: Images that only the first model gets right.
        only_second: Images that only the second model gets right.

    Returns:
        In (0, 1]; 1 where the models never differ.

    Raises:
        ConfigError: If a count is negative.

    Source:
        McNemar, 1947, https://doi.org/10.1007/BF02295996.
        Differs: the exact binomial form, twice the smaller tail.
    """
    if min(only_first, only_second) < 0:
        raise ConfigError(
            "`only_first` and `only_second` must be at least 0, got "
            f"{only_first} and {only_second}."
        )
    fewer, both = min(only_first, only_second), only_first + only_second
    return min(1.0, 2 * float(bdtr(fewer, both, 0.5)))


def paired_difference(only_first: int, only_second: int, n: int) -> Estimate:
    """Return the first model's rate minus the second's, on the same images.

    Args:
        only_first: Images that only the first model gets right.
        only_second: Images that only the second model gets right.
        n: All images, those where the models agree among them.

    Returns:
        A difference in [-1, 1] with Tango's score interval, which holds for few disagreements too.

    Raises:
        ConfigError: If there is no image, or the counts exceed `n`.

    Source:
        Tango, 1998, https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B.
        Differs: none.
    """
    _require_counts(n, only_first=only_first, only_second=only_second)
    _require_counts(n, **{"only_first + only_second": only_first + only_second})

    def score(difference: float) -> float:
        """Return the standardised distance of the counts from what `difference` leads to."""
        linear = (2 * n - only_first + only_second) * difference - only_first - only_second
        constant = -only_second * difference * (1 - difference)
        likeliest = (math.sqrt(linear * linear - 8 * n * constant) - linear) / (4 * n)
        variance = n * (2 * likeliest + difference * (1 - difference))
        distance = only_first - only_second - n * difference
        if variance <= 0:
            return math.copysign(math.inf, distance) if distance else 0.0
        return distance / math.sqrt(variance)

    value = (only_first - only_second) / n
    edge = 1 - 1e-12
    root = scipy.optimize.brentq
    low = -1.0 if value <= -1 else float(root(lambda d: score(d) - Z, -edge, value))
    high = 1.0 if value >= 1 else float(root(lambda d: score(d) + Z, value, edge))
    return Estimate(value, low, high, n, "Tango")


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values corrected for their number.

    Args:
        p_values: Of one family, each in [0, 1].

    Returns:
        In the same order, each at least as large as before: a claim that is below .05 here is
        below it after Holm's stepwise correction.

    Raises:
        ConfigError: If a value is not in [0, 1].

    Source:
        Holm, 1979, https://www.jstor.org/stable/4615733.
        Differs: none.
    """
    wrong = [p for p in p_values if not 0 <= p <= 1]
    if wrong:
        raise ConfigError(f"`p_values` must lie in [0, 1], got {wrong[0]}.")
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = largest
    return tuple(corrected)
