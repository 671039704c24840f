"""How many images, or training seeds, are enough to show that a difference passes its margin.

It knows spreads, distances and tests; where the spreads come from is in `study.power`.
"""

import math

from scipy.special import nctdtr, ndtr, ndtri, stdtrit

from cuelens.errors import ConfigError

__all__ = ["images_needed", "power_of_seeds", "seeds_needed"]

_MOST_SEEDS = 1000


def _require(*, distance: float, spread: float, power: float, level: float) -> None:
    if not (distance > 0 and spread >= 0 and math.isfinite(distance) and math.isfinite(spread)):
        raise ConfigError(
            "`distance` must be positive and `spread` at least 0, both finite, got "
            f"{distance:g} and {spread:g}. An effect of the margin's size cannot be shown."
        )
    if not 0 < level < power < 1:
        raise ConfigError(
            f"`power` must lie between `level` and 1, got {power:g} and {level:g}. "
            "Usual are 0.8 and 0.025."
        )


def images_needed(distance: float, spread: float, *, power: float, level: float) -> int:
    """Return how many images show a difference beyond its margin.

    Args:
        distance: How far beyond the margin the true difference lies.
        spread: Standard deviation of one image's share in the difference: its standard error
            times the root of the number of images.
        power: Probability of showing it.
        level: One-sided, of the test.

    Returns:
        At least 2.

    Raises:
        ConfigError: If a number is outside its range.

    Source:
        The normal approximation, as in Cohen, 1988, Statistical Power Analysis, chapter 2.
        Differs: none.
    """
    _require(distance=distance, spread=spread, power=power, level=level)
    reach = float(ndtri(power) - ndtri(level))
    return max(2, math.ceil((reach * spread / distance) ** 2))


def power_of_seeds(
    seeds: int, distance: float, spread: float, *, error: float, images: int, level: float
) -> float:
    """Return the probability that two recipes of so many seeds each show a difference.

    Args:
        seeds: Of each recipe; at least 2.
        distance: How far beyond the margin the true difference lies.
        spread: Standard deviation over training seeds of one recipe's number.
        error: Standard error of the difference over images alone.
        images: How many there are.
        level: One-sided, of the test.

    Source:
        The noncentral t distribution with Welch's degrees of freedom, of the two-way variance.
        Differs: the degrees of freedom are those of the true variances.
    """
    of_seeds, of_images = spread**2 / seeds, error**2
    variance = 2 * of_seeds + of_images
    if variance == 0:
        return 1.0
    inverse = 2 * of_seeds**2 / (seeds - 1) + of_images**2 / (images - 1)
    freedom = variance**2 / inverse
    critical = float(stdtrit(freedom, 1 - level))
    standardised = distance / math.sqrt(variance)
    missed = float(nctdtr(freedom, standardised, critical))
    if math.isnan(missed):  # far in the tail, where the series does not converge
        missed = float(ndtr(critical - standardised))
    return 1 - missed


def seeds_needed(
    distance: float, spread: float, *, error: float, images: int, power: float, level: float
) -> int | None:
    """Return how many training seeds a recipe show a difference; None if a thousand do not.

    Args:
        distance: How far beyond the margin the true difference lies.
        spread: Standard deviation over training seeds of one recipe's number.
        error: Standard error of the difference over images alone.
        images: How many there are; at least 2.
        power: Probability of showing it.
        level: One-sided, of the test.

    Raises:
        ConfigError: If a number is outside its range.

    Source:
        As `power_of_seeds`. Differs: none.
    """
    _require(distance=distance, spread=spread, power=power, level=level)
    low, high = 2, _MOST_SEEDS

    def enough(seeds: int) -> bool:
        found = power_of_seeds(seeds, distance, spread, error=error, images=images, level=level)
        return found >= power

    if not enough(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low
