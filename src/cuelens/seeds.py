"""Several networks of one recipe: how two such sets differ, for other images and other seeds.

It knows ratios of sums; a mean is one whose denominators are 1.
"""

import numpy as np
from jaxtyping import Float

from cuelens.errors import ConfigError
from cuelens.means import student_difference
from cuelens.ratios import influence, require_total
from cuelens.statistics import Difference, require_finite

__all__ = [
    "SeedValues",
    "difference_of_checkpoints",
    "difference_of_recipes",
    "difference_of_seed_means",
    "influences",
]

SeedValues = Float[np.ndarray, "seed image"]
"""One value for each training seed of a recipe on each image, such as right (1) or wrong (0)."""


def difference_of_checkpoints(
    first_numerators: SeedValues,
    first_denominators: SeedValues,
    second_numerators: SeedValues,
    second_denominators: SeedValues,
    *,
    threshold: float = 0.0,
) -> Difference:
    """Return how the mean ratios of two sets of networks differ, for these networks only.

    Args:
        first_numerators: One row a network, one column an image.
        first_denominators: Likewise.
        second_numerators: Of the same images, in the same order; any number of networks.
        second_denominators: Likewise.
        threshold: What the difference is held against.

    Returns:
        The difference of the means over networks; its interval is for other images. `n` counts
        the images.

    Raises:
        ConfigError: If there are fewer than two images, or none counts for a network.
        RangeError: If a value is not finite or a denominator is negative.

    Source:
        The delta method on paired influence values. Differs: none.
    """
    first, first_moves = influences(first_numerators, first_denominators)
    second, second_moves = influences(second_numerators, second_denominators)
    moves = first_moves.mean(0) - second_moves.mean(0)
    n = len(moves)
    error = float(np.sqrt(np.square(moves).sum() * n / (n - 1)))
    value = float(first.mean() - second.mean())
    return student_difference(value, error, n - 1, n, threshold, "delta method")


def difference_of_recipes(
    first_numerators: SeedValues,
    first_denominators: SeedValues,
    second_numerators: SeedValues,
    second_denominators: SeedValues,
    *,
    threshold: float = 0.0,
) -> Difference:
    """Return how the mean ratios of two recipes differ, for other seeds and other images.

    Args:
        first_numerators: One row a training seed (at least two), one column an image.
        first_denominators: Likewise.
        second_numerators: Of the same images, in the same order; seeds of the other recipe.
        second_denominators: Likewise.
        threshold: What the difference is held against.

    Returns:
        The difference of the means over seeds; the variance is that of seeds (as in Welch's
        test) and that of images, less what both count.

    Raises:
        ConfigError: If a recipe has fewer than two seeds, there are fewer than two images, or none
            counts for a network.
        RangeError: If a value is not finite or a denominator is negative.

    Source:
        Cameron, Gelbach and Miller, 2011, https://doi.org/10.1198/jbes.2010.07136; Welch, 1947,
        https://doi.org/10.1093/biomet/34.1-2.28.
        Differs: two-way variance of a difference of means over unpaired seeds.
    """
    _require_seeds(len(first_numerators), len(second_numerators))
    first, first_moves = influences(first_numerators, first_denominators)
    second, second_moves = influences(second_numerators, second_denominators)
    by_seed = [values.var(ddof=1) / len(values) for values in (first, second)]
    degrees = [len(values) - 1 for values in (first, second)]
    seeds, images = sum(by_seed), np.square(first_moves.mean(0) - second_moves.mean(0)).sum()
    both = sum(
        np.square(moves - moves.mean(0)).sum() / (len(moves) * (len(moves) - 1))
        for moves in (first_moves, second_moves)
    )
    variance = max(seeds + images - both, seeds, images)
    spread = sum(part**2 / freedom for part, freedom in zip(by_seed, degrees, strict=True))
    n = first_moves.shape[1]
    spread += (variance - seeds) ** 2 / (n - 1)
    freedom = float(variance**2 / spread) if spread > 0 else float("inf")
    value = float(first.mean() - second.mean())
    return student_difference(
        value, float(np.sqrt(variance)), freedom, n, threshold, "two-way (seed x image)"
    )


def difference_of_seed_means(
    first: Float[np.ndarray, " first_seed"],
    second: Float[np.ndarray, " second_seed"],
    *,
    threshold: float = 0.0,
) -> Difference:
    """Return how one number a network differs between two recipes, for other seeds alone.

    Args:
        first: One a training seed; at least two.
        second: Of the other recipe.
        threshold: What the difference is held against.

    Returns:
        The difference of the means over seeds with Welch's interval. `n` counts the networks. It
        holds for other seeds on these images; `difference_of_recipes` for other images too.

    Raises:
        ConfigError: If a recipe has fewer than two seeds.
        RangeError: If a value is not finite.

    Source:
        Welch, 1947, https://doi.org/10.1093/biomet/34.1-2.28.
        Differs: none.
    """
    require_finite(first=first, second=second)
    _require_seeds(len(first), len(second))
    parts = [float(values.var(ddof=1)) / len(values) for values in (first, second)]
    variance = sum(parts)
    degrees = (len(first) - 1, len(second) - 1)
    spread = sum(part**2 / freedom for part, freedom in zip(parts, degrees, strict=True))
    return student_difference(
        float(first.mean() - second.mean()),
        float(np.sqrt(variance)),
        variance**2 / spread if spread > 0 else float("inf"),
        len(first) + len(second),
        threshold,
        "Welch (seeds)",
    )


def _require_seeds(first: int, second: int) -> None:
    if min(first, second) < 2:
        raise ConfigError(
            f"A comparison of recipes needs at least 2 training seeds each, got {first} and "
            f"{second}. Train more networks, or compare these checkpoints."
        )


def influences(
    numerators: SeedValues, denominators: SeedValues
) -> tuple[Float[np.ndarray, " seed"], SeedValues]:
    """Return each network's ratio and how far each image moves it.

    Raises:
        ConfigError: If there are fewer than two images, or none counts for a network.
        RangeError: If a value is not finite or a denominator is negative.
    """
    if numerators.shape[1] < 2:
        raise ConfigError(
            f"A comparison of networks needs at least 2 images, got {numerators.shape[1]}. "
            "Take more images."
        )
    for above, below in zip(numerators, denominators, strict=True):
        require_total(above, below)
    moves = np.stack([influence(a, b) for a, b in zip(numerators, denominators, strict=True)])
    return numerators.sum(1) / denominators.sum(1), moves
