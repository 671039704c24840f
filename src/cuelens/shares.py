"""What share of a difference between two sets of networks a third set accounts for.

It knows ratios of sums; a mean is one whose denominators are 1. What the share means for a claim is
decided elsewhere.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import stdtrit

from cuelens.errors import ConfigError
from cuelens.seeds import SeedValues, influences
from cuelens.statistics import CONFIDENCE, Estimate

__all__ = ["Sums", "share_of_difference"]

Covariance = Float[np.ndarray, "2 2"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sums:
    """Numerators and denominators of a set of networks.

    Attributes:
        numerators: One row a network, one column an image.
        denominators: Likewise.
    """

    numerators: SeedValues
    denominators: SeedValues


def share_of_difference(
    base: Sums, full: Sums, other: Sums, *, recipes: bool = False
) -> Estimate | None:
    """Return (other - base) / (full - base), with Fieller's interval.

    The interval holds every share R for which "other - base = R (full - base)" is not rejected, so
    that it stays right where the denominator is small.

    Args:
        base: Where both differences start.
        full: Whose difference from `base` is the whole.
        other: Whose difference from `base` is the part.
        recipes: Whether the interval is for other training seeds too: two-way (seed x image). Else
            it is for other images, of these networks alone.

    Returns:
        0: none of the difference, 1: all of it. None where `full` and `base` cannot be told apart:
        then no share is ruled out and the interval has no ends. `n` counts the images.

    Raises:
        ConfigError: If there are fewer than two images, a set has fewer than two seeds and
            `recipes` is asked for, or no image counts for a network.
        RangeError: If a value is not finite or a denominator is negative.

    Source:
        Fieller, 1954, https://doi.org/10.1111/j.2517-6161.1954.tb00159.x; Cameron, Gelbach and
        Miller, 2011, https://doi.org/10.1198/jbes.2010.07136 (two-way).
        Differs: the covariance of two differences that share a set of networks.
    """
    sets = [influences(each.numerators, each.denominators) for each in (base, full, other)]
    (low, _), (high, _), (middle, _) = sets
    part, whole = float(middle.mean() - low.mean()), float(high.mean() - low.mean())
    n = base.numerators.shape[1]
    if recipes:
        covariance, freedom = _two_way(sets, part / whole if whole else 1.0)
    else:
        covariance, freedom = _of_images(sets) * n / (n - 1), float(n - 1)
    reach = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) ** 2
    a = whole**2 - reach * covariance[1, 1]
    b = part * whole - reach * covariance[0, 1]
    c = part**2 - reach * covariance[0, 0]
    if a <= 0:
        return None
    half = math.sqrt(max(0.0, b * b - a * c))
    value = part / whole
    low_end, high_end = min((b - half) / a, value), max((b + half) / a, value)
    return Estimate(value, float(low_end), float(high_end), n, "Fieller")


def _of_images(sets: list[tuple[Float[np.ndarray, " seed"], SeedValues]]) -> Covariance:
    """Return the covariance of part and whole over images."""
    base, full, other = (moves.mean(0) for _, moves in sets)
    steps = np.stack([other - base, full - base])
    covariance: Covariance = steps @ steps.T
    return covariance


def _two_way(
    sets: list[tuple[Float[np.ndarray, " seed"], SeedValues]], share: float
) -> tuple[Covariance, float]:
    """Return the covariance over seeds and images, and its degrees of freedom at a share."""
    fewest = min(len(values) for values, _ in sets)
    if fewest < 2:
        raise ConfigError(
            f"A share for other training seeds needs at least 2 seeds a set, got {fewest}. Train "
            "more networks, or ask for the share of these."
        )
    weights = np.array([[-1.0, -1.0], [0.0, 1.0], [1.0, 0.0]])  # of base, full, other
    outer = [np.outer(weight, weight) for weight in weights]
    spreads = [float(values.var(ddof=1)) / len(values) for values, _ in sets]
    both = [
        float(np.square(moves - moves.mean(0)).sum()) / (len(moves) * (len(moves) - 1))
        for _, moves in sets
    ]
    seeds: Covariance = sum((s * o for s, o in zip(spreads, outer, strict=True)), np.zeros((2, 2)))
    counted: Covariance = sum((s * o for s, o in zip(both, outer, strict=True)), np.zeros((2, 2)))
    images = _of_images(sets)
    covariance = seeds + images - counted
    if min(np.linalg.eigvalsh(covariance - part).min() for part in (seeds, images)) < 0:
        covariance = seeds + images  # what both count is not taken off twice: too wide, not short
    contrast = np.array([1.0, -share])
    variance = float(contrast @ covariance @ contrast)
    parts = [
        float(contrast @ (spread * one) @ contrast)
        for spread, one in zip(spreads, outer, strict=True)
    ]
    rest = max(0.0, variance - sum(parts))
    spread = sum(p**2 / (len(v) - 1) for p, (v, _) in zip(parts, sets, strict=True))
    spread += rest**2 / (sets[0][1].shape[1] - 1)
    return covariance, variance**2 / spread if spread > 0 else math.inf
