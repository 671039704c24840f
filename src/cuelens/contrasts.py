"""What a condition costs beyond its control, and how much more it costs one model than another.

It knows numbers an image: right under the condition minus right under the control, where the model
is right clean. Both shares have the same denominator, so their difference is one ratio of sums.
"""

import itertools
import math

import numpy as np
from scipy.special import ndtr

from cuelens.errors import RangeError
from cuelens.ratios import require_total
from cuelens.statistics import Difference, Estimate, Values, Z

__all__ = ["difference_of_contrasts"]

_OUTCOMES = np.array(
    [
        (one - under_control, 1.0, other - other_under_control, 1.0)
        for one, under_control, other, other_under_control in itertools.product(
            (0.0, 1.0), repeat=4
        )
    ]
)
_IMAGES_ADDED = 2.0


def difference_of_contrasts(
    first_numerators: Values,
    first_denominators: Values,
    second_numerators: Values,
    second_denominators: Values,
    *,
    threshold: float = 0.0,
) -> Difference:
    """Return how much more one model keeps under a condition than under its control than another.

    The delta method on four influences an image, paired: of two models under two conditions. Two
    images, in equal parts of each of the 16 outcomes (right clean; kept or lost by either model
    under either condition), join them: without them models that never differ would have no
    interval.

    Args:
        first_numerators: One an image: right under the condition minus right under the control,
            times the denominator; fractions are means over levels.
        first_denominators: Such as 1 where the first model is right clean, else 0.
        second_numerators: Of the same images, in the same order.
        second_denominators: Likewise.
        threshold: What the difference is held against.

    Returns:
        The first ratio of sums minus the second, in [-2, 2]. `n` is how many images count for
        either model.

    Raises:
        ConfigError: If no image counts for one of the models.
        RangeError: If a numerator is larger than its denominator, with either sign.

    Source:
        Agresti and Min, 2005, https://doi.org/10.1002/sim.1781 (images that join).
        Differs: a difference of differences of ratios in place of one of proportions.
    """
    rows = np.stack(
        [first_numerators, first_denominators, second_numerators, second_denominators], axis=1
    )
    for numerators, denominators in (rows[:, :2].T, rows[:, 2:].T):
        _require_contrasts(numerators, denominators)
    one, under_one, two, under_two = rows.sum(0)
    value = float(one / under_one - two / under_two)
    n = int(np.count_nonzero(rows[:, 1] + rows[:, 3]))
    joined = np.concatenate([rows, _OUTCOMES])
    weights = np.ones(len(joined))
    weights[len(rows) :] = _IMAGES_ADDED / len(_OUTCOMES)
    one, under_one, two, under_two = weights @ joined
    moves = (joined[:, 0] - one / under_one * joined[:, 1]) / under_one
    moves -= (joined[:, 2] - two / under_two * joined[:, 3]) / under_two
    error = math.sqrt(float(weights @ np.square(moves)))
    centre = float(one / under_one - two / under_two)
    score = (centre - threshold) / error
    return Difference(
        Estimate(
            value,
            min(centre - Z * error, value),
            max(centre + Z * error, value),
            n,
            "delta method",
        ),
        error,
        threshold,
        float(ndtr(-score)),
        float(ndtr(score)),
    )


def _require_contrasts(numerators: Values, denominators: Values) -> None:
    require_total(numerators, denominators)
    outside = int(np.count_nonzero(np.abs(numerators) > denominators))
    if outside:
        raise RangeError(
            f"`numerators` must lie between minus and plus their denominators, got {outside} of "
            f"{len(numerators)} that do not. Count an image above only where it counts below."
        )
