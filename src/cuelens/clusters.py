"""Ratios of sums over images that are not independent: they share a class, or their sources."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int
from scipy.special import expit, logit, stdtrit

from cuelens.errors import ConfigError
from cuelens.randomness import keyed_generator
from cuelens.ratios import influence, require_parts
from cuelens.statistics import CONFIDENCE, Difference, Estimate, Values, score_limits

__all__ = [
    "Clusters",
    "crossed_difference_of_ratios",
    "crossed_ratio",
    "ratio_by_cluster",
]

Clusters = Int[np.ndarray, " image"]
"""The cluster of each image, such as its class, by number."""

_TAILS = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)


def ratio_by_cluster(numerators: Values, denominators: Values, clusters: Clusters) -> Estimate:
    """Return a ratio of sums whose interval holds for other clusters, such as other classes.

    Args:
        numerators: One an image, between 0 and its denominator.
        denominators: One an image.
        clusters: Which cluster each image belongs to; at least two that count.

    Returns:
        The ratio with Student's t interval of the cluster sums, made of the logarithm of the odds:
        of 10 clusters at a rate of .1 it covers .936, on the plain scale .909, and a percentile
        bootstrap less. `n` is how many clusters count.

    Raises:
        ConfigError: If fewer than two clusters count.
        RangeError: If a numerator is not between 0 and its denominator.

    Source:
        Cochran, 1977, Sampling Techniques, section 9A (ratio of cluster totals).
        Differs: on the scale of log odds; Wilson's limits where every cluster says the same.
    """
    require_parts(numerators, denominators)
    counts = denominators > 0
    count = len(np.unique(clusters[counts]))
    if count < 2:
        raise ConfigError(
            f"An interval by cluster needs at least 2 clusters that count, got {count}. "
            "Use the interval by image."
        )
    _, places = np.unique(clusters[counts], return_inverse=True)
    moves = np.bincount(places, weights=influence(numerators, denominators)[counts])
    error = float(np.sqrt(np.square(moves).sum() * count / (count - 1)))
    value = float(numerators.sum() / denominators.sum())
    if not 0 < value < 1:  # every cluster agrees: all that is known is how many there are
        return Estimate(value, *score_limits(value, count), count, "t by cluster")
    odds, half = logit(value), float(stdtrit(count - 1, _TAILS[1])) * error / (value * (1 - value))
    low, high = float(expit(odds - half)), float(expit(odds + half))
    return Estimate(value, low, high, count, "t by cluster")


def crossed_ratio(
    numerators: Values,
    denominators: Values,
    rows: Clusters,
    columns: Clusters,
    *,
    resamples: int = 10_000,
    seed: int = 0,
) -> Estimate:
    """Return a ratio of sums over trials that each join two shared sources.

    Args:
        numerators: One a trial, between 0 and its denominator.
        denominators: One a trial.
        rows: The first source of each trial, such as which shape it was drawn from.
        columns: The second source, such as which texture.
        resamples: How many.
        seed: Of the resampling, at least 0.

    Returns:
        The ratio with the percentile interval of a bootstrap that draws both sources anew.
        `n` is how many trials count.

    Raises:
        ConfigError: If no trial counts.
        RangeError: If a numerator is not between 0 and its denominator.

    Source:
        Owen, 2007, https://doi.org/10.1214/07-AOAS122 (the pigeonhole bootstrap).
        Differs: none.
    """
    require_parts(numerators, denominators)
    above, below = _crossed_sums((numerators, denominators), rows, columns, resamples, seed)
    drawn = above[below > 0] / below[below > 0]
    value = float(numerators.sum() / denominators.sum())
    low, high = np.quantile(drawn, _TAILS).tolist()
    n = int(np.count_nonzero(denominators))
    return Estimate(value, min(low, value), max(high, value), n, "crossed bootstrap")


def crossed_difference_of_ratios(
    first_numerators: Values,
    first_denominators: Values,
    second_numerators: Values,
    second_denominators: Values,
    rows: Clusters,
    columns: Clusters,
    *,
    threshold: float = 0.0,
    resamples: int = 10_000,
    seed: int = 0,
) -> Difference:
    """Return the first ratio minus the second, on the same trials of two shared sources.

    Args:
        first_numerators: One a trial, between 0 and its denominator.
        first_denominators: One a trial.
        second_numerators: Of the same trials, in the same order.
        second_denominators: Likewise.
        rows: The first source of each trial.
        columns: The second source of each trial.
        threshold: What the difference is held against.
        resamples: How many.
        seed: Of the resampling, at least 0.

    Raises:
        ConfigError: If no trial counts for one of the models.
        RangeError: If a numerator is not between 0 and its denominator.

    Source:
        Owen, 2007, https://doi.org/10.1214/07-AOAS122 (the pigeonhole bootstrap).
        Differs: none.
    """
    require_parts(first_numerators, first_denominators)
    require_parts(second_numerators, second_denominators)
    parts = (first_numerators, first_denominators, second_numerators, second_denominators)
    sums = _crossed_sums(parts, rows, columns, resamples, seed)
    sums = sums[:, (sums[1] > 0) & (sums[3] > 0)]
    drawn = sums[0] / sums[1] - sums[2] / sums[3]
    one, under_one, two, under_two = (float(part.sum()) for part in parts)
    value = one / under_one - two / under_two
    low, high = np.quantile(drawn, _TAILS).tolist()
    n = int(np.count_nonzero(first_denominators + second_denominators))
    return Difference(
        Estimate(value, min(low, value), max(high, value), n, "paired crossed bootstrap"),
        float(drawn.std()),
        threshold,
        (1 + int(np.count_nonzero(drawn <= threshold))) / (len(drawn) + 1),
        (1 + int(np.count_nonzero(drawn >= threshold))) / (len(drawn) + 1),
    )


def _crossed_sums(
    parts: tuple[Values, ...], rows: Clusters, columns: Clusters, resamples: int, seed: int
) -> Float[np.ndarray, "part resample"]:
    """Return each part's sum in every resample of the rows and of the columns."""
    row_names, row_places = np.unique(rows, return_inverse=True)
    column_names, column_places = np.unique(columns, return_inverse=True)
    row_times, column_times = _times(len(row_names), len(column_names), resamples, seed)
    out = np.empty((len(parts), resamples))
    for sums, part in zip(out, parts, strict=True):
        table = np.zeros((len(row_names), len(column_names)))
        np.add.at(table, (row_places, column_places), part)
        sums[:] = ((row_times @ table) * column_times).sum(1)
    return out


@lru_cache(maxsize=2)  # every model and every pair of models meets the same resamples
def _times(
    rows: int, columns: int, resamples: int, seed: int
) -> tuple[Float[np.ndarray, "resample row"], Float[np.ndarray, "resample column"]]:
    """Return how often each row and each column is drawn in every resample; not to be written."""
    generator = keyed_generator(seed, "crossed bootstrap")
    drawn = tuple(
        generator.multinomial(count, np.full(count, 1 / count), size=resamples).astype(np.float64)
        for count in (rows, columns)
    )
    for times in drawn:
        times.setflags(write=False)
    return drawn[0], drawn[1]
