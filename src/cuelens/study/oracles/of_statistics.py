"""Oracles of statistics: published intervals and p-values."""

from collections.abc import Callable, Sequence

import numpy as np

from cuelens.metrics import cue_answers, reciprocal_rank
from cuelens.ratios import delta_difference_of_ratios, difference_of_ratios
from cuelens.statistics import (
    Difference,
    Estimate,
    clopper_pearson,
    holm,
    mcnemar,
    paired_difference,
    wilson,
)
from cuelens.study.oracles.finding import Finding, Oracle, near

__all__ = ["STATISTICS"]


def wilson_intervals(interval: Callable[[int, int], Estimate] = wilson) -> Finding:
    """Look at Wilson's interval of 162 of 734 and of 0 of 10."""
    found = [interval(162, 734), interval(0, 10)]
    limits = [limit for one in found for limit in (one.low, one.high)]
    return near(limits, [0.19220, 0.25212, 0.0, 0.27753], 6e-6)


def exact_interval(interval: Callable[[int, int], Estimate] = clopper_pearson) -> Finding:
    """Look at the exact interval of 162 of 734."""
    found = interval(162, 734)
    return near([found.low, found.high], [0.19120, 0.25248], 6e-6)


def mcnemar_values(test: Callable[[int, int], float] = mcnemar) -> Finding:
    """Look at the p-values of two published pairs of networks; the second times 1e97."""
    return near([test(55, 57), test(27, 452) * 1e97], [0.925, 0.0014], 6e-4)


def tango_limits(
    interval: Callable[[int, int, int], Estimate] = paired_difference,
) -> Finding:
    """Look whether a paired interval turns round with its models, and shrinks as it should."""
    one, other = interval(30, 10, 200), interval(10, 30, 200)
    return near([one.value, one.low + other.high, one.high + other.low], [0.1, 0.0, 0.0], 1e-9)


def holm_values(correct: Callable[[Sequence[float]], Sequence[float]] = holm) -> Finding:
    """Look at four p-values after Holm's correction."""
    return near(list(correct([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02], 1e-12)


def reciprocal_ranks(
    mean: Callable[..., Estimate] = reciprocal_rank,
) -> Finding:
    """Look at the mean reciprocal rank of the ranks 1 and 4."""
    return near([mean(np.array([1, 4])).value], [0.625], 1e-12)


def answers_by_cue(count: Callable[..., object] = cue_answers) -> Finding:
    """Look at a reader of shapes and a reader of textures: shape bias 1 and 0."""
    shape = np.arange(100) % 10
    texture = (shape + 1 + np.arange(100) % 9) % 10
    biases = []
    for prediction in (shape, texture):
        found = count(prediction, shape, texture)
        by_shape, by_texture = (int(getattr(found, cue).sum()) for cue in ("shape", "texture"))
        biases.append(by_shape / max(by_shape + by_texture, 1))
    return near(biases, [1.0, 0.0], 0.0)


Compare = Callable[..., Difference]


def bootstrap_and_delta(
    bootstrap: Compare = difference_of_ratios, delta: Compare = delta_difference_of_ratios
) -> Finding:
    """Look whether two ways to the interval of a difference of retentions agree."""
    generator = np.random.Generator(np.random.Philox(key=11))
    hard = generator.standard_normal(1000)
    rights = [(hard + generator.standard_normal(1000) < limit) * 1.0 for limit in (1, 0.2, 0.9, 0)]
    clean, kept, other_clean, other_kept = rights
    parts = (clean * kept, clean, other_clean * other_kept, other_clean)
    found, wanted = bootstrap(*parts).estimate, delta(*parts).estimate
    return near([found.low, found.high], [wanted.low, wanted.high], 0.005)


STATISTICS = (
    Oracle(
        name="statistics/wilson",
        claim="Wilson's interval of 162 of 734 is .19220 to .25212, of 0 of 10 is 0 to .27753.",
        look=wilson_intervals,
    ),
    Oracle(
        name="statistics/clopper-pearson",
        claim="The exact interval of 162 of 734 is .19120 to .25248.",
        look=exact_interval,
    ),
    Oracle(
        name="statistics/mcnemar",
        claim="Exact McNemar gives p = .925 for 55 against 57 and 1.4e-100 for 27 against 452.",
        look=mcnemar_values,
    ),
    Oracle(
        name="statistics/paired",
        claim="The paired interval of two models turns round with them.",
        look=tango_limits,
    ),
    Oracle(
        name="statistics/holm",
        claim="Holm's correction of .01, .04, .03 and .005 is .03, .06, .06 and .02.",
        look=holm_values,
    ),
    Oracle(
        name="statistics/retention",
        claim="Bootstrap and delta method agree on a difference of retentions.",
        look=bootstrap_and_delta,
    ),
    Oracle(
        name="metrics/reciprocal-rank",
        claim="The ranks 1 and 4 have the mean reciprocal rank .625.",
        look=reciprocal_ranks,
    ),
    Oracle(
        name="metrics/shape-bias",
        claim="A reader of shapes has shape bias 1, a reader of textures 0.",
        look=answers_by_cue,
    ),
)
