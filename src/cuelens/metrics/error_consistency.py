"""Whether two observers err on the same images, beyond what their accuracies lead to."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped

from cuelens.errors import ConfigError, RangeError
from cuelens.randomness import keyed_generator
from cuelens.statistics import CONFIDENCE, Estimate

__all__ = ["ErrorConsistency", "error_consistency"]

_TAILS = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorConsistency:
    """How often two observers are right or wrong together.

    Attributes:
        n: How many images both saw.
        observed: Share of images on which both are right or both are wrong.
        expected: The same for independent observers of these accuracies.
        kappa: (observed - expected) / (1 - expected): 0 for independent errors, 1 for the same
            ones. None where `expected` is 1: both are always right, or both always wrong, and
            there is nothing to agree on.
    """

    n: int
    observed: float
    expected: float
    kappa: Estimate | None


def error_consistency(
    first_right: Shaped[np.ndarray, " image"],
    second_right: Shaped[np.ndarray, " image"],
    *,
    resamples: int = 10_000,
    seed: int = 0,
) -> ErrorConsistency:
    """Return whether two observers err on the same images.

    Half an image of each of the four outcomes joins the images that are resampled: without them
    the interval of 50 images covers as little as .41 where one observer is seldom wrong.

    Args:
        first_right: 1 where the first observer is right, else 0.
        second_right: Of the same images, in the same order.
        resamples: How many.
        seed: Of the resampling, at least 0.

    Returns:
        Cohen's kappa of right and wrong, with the percentile interval of a paired bootstrap over
        images.

    Raises:
        ConfigError: If there is no image, or the lengths differ.
        RangeError: If an outcome is neither 0 nor 1.

    Source:
        Geirhos et al., 2020, https://arxiv.org/abs/2006.16736, section 2.
        Differs: an interval of kappa, where the paper has one for independent observers.
    """
    if not len(first_right) == len(second_right) > 0:
        raise ConfigError(
            "`first_right` and `second_right` must hold the same images, at least one, got "
            f"{len(first_right)} and {len(second_right)}."
        )
    for name, right in (("first_right", first_right), ("second_right", second_right)):
        partly = int(np.count_nonzero((right != 0) & (right != 1)))
        if partly:
            raise RangeError(
                f"`{name}` must be 0 or 1 for each image, got {partly} of {len(right)} that are "
                "neither. Compare single observers, and single draws."
            )
    outcomes = 2 * first_right.astype(np.int64) + second_right.astype(np.int64)
    counts = np.bincount(outcomes, minlength=4).astype(np.float64)
    observed, expected = (float(share[0]) for share in _agreement(counts[None]))
    if expected == 1:
        return ErrorConsistency(n=len(outcomes), observed=observed, expected=1.0, kappa=None)
    n = len(outcomes)
    generator = keyed_generator(seed, "error consistency")
    drawn = generator.multinomial(n + 2, (counts + 0.5) / (n + 2), size=resamples)
    both, chance = _agreement(drawn.astype(np.float64))
    kappas = (both - chance)[chance < 1] / (1 - chance[chance < 1])
    value = (observed - expected) / (1 - expected)
    low, high = np.quantile(kappas, _TAILS).tolist()
    estimate = Estimate(value, min(low, value), max(high, value), n, "paired bootstrap")
    return ErrorConsistency(n=n, observed=observed, expected=expected, kappa=estimate)


def _agreement(
    counts: Float[np.ndarray, "table 4"],
) -> tuple[Float[np.ndarray, " table"], Float[np.ndarray, " table"]]:
    """Return how often both are right or both wrong, and how often by independence.

    Args:
        counts: Images of which neither, only the second, only the first, and both are right.
    """
    n = counts.sum(1)
    first, second = (counts[:, 2] + counts[:, 3]) / n, (counts[:, 1] + counts[:, 3]) / n
    return (counts[:, 0] + counts[:, 3]) / n, first * second + (1 - first) * (1 - second)
