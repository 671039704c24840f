"""How often do the 95 % intervals hold the truth, for which rates and how many images?

Each row draws records whose truth is known, many times, and counts. Rates are covered exactly, by
going through every outcome. Asked for: a mean over rates from .02 to .98 between 93.5 and 96.5 %
for each number of images, and at least 92 % at every rate.
"""

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import expit, ndtri
from scipy.stats import binom

from bench.measure import Row, print_row, selected, versions_of
from cuelens.clusters import crossed_ratio, ratio_by_cluster
from cuelens.contrasts import difference_of_contrasts
from cuelens.means import mean
from cuelens.ratios import delta_difference_of_ratios, difference_of_ratios, ratio
from cuelens.seeds import difference_of_checkpoints, difference_of_recipes
from cuelens.shares import Sums, share_of_difference
from cuelens.statistics import Estimate, paired_difference, wilson

__all__ = ["CASES", "RATES", "Case", "coverages", "row_of"]

RATES = (0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98)
IMAGES = (50, 200, 1000, 5000)
_MEAN, _LEAST = (0.935, 0.965), 0.92
_CLEAN = (0.8, 0.6)

Draw = Callable[[np.random.Generator, float], tuple[Estimate | None, float]]
"""Draws records of a rate once, and returns the interval made of them, and the truth."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """An interval to be counted.

    Attributes:
        row: What is covered, and on how much.
        draw: Makes one interval; None where coverage is computed exactly.
        exact: Returns the coverage at a rate.
        rates: At which truths.
        share: Of the repeats that it takes, since some intervals are slow.
    """

    row: str
    draw: Draw | None = None
    exact: Callable[[float], float] | None = None
    rates: tuple[float, ...] = RATES
    share: float = 1.0


def _other(rate: float) -> float:
    """Return what the second model keeps: a little nearer to one half."""
    return 0.5 + 0.9 * (rate - 0.5)


def _right(rng: np.random.Generator, rates: Sequence[float], n: int) -> np.ndarray:
    """Return who is right, one row a rate; half of the variance is the image's own."""
    hard = rng.standard_normal(n)
    latent = (hard + rng.standard_normal((len(rates), n))) / np.sqrt(2)
    return (latent < ndtri(np.array(rates))[:, None]) * 1.0


def _kept(rng: np.random.Generator, rates: Sequence[float], n: int) -> tuple[np.ndarray, ...]:
    """Return numerators and denominators of two models that keep these rates."""
    while True:
        clean = _right(rng, _CLEAN, n)
        if clean.any(1).all():
            break
    kept = _right(rng, rates, n)
    return clean[0] * kept[0], clean[0], clean[1] * kept[1], clean[1]


def _wilson(n: int) -> Callable[[float], float]:
    @cache
    def limits() -> np.ndarray:
        found = [wilson(count, n) for count in range(n + 1)]
        return np.array([(one.low, one.high) for one in found])

    def exact(rate: float) -> float:
        held = (limits()[:, 0] <= rate) & (rate <= limits()[:, 1])
        return float(binom.pmf(np.arange(n + 1), n, rate)[held].sum())

    return exact


def _ratio(n: int) -> Draw:
    def draw(rng: np.random.Generator, rate: float) -> tuple[Estimate, float]:
        above, below, _, _ = _kept(rng, (rate, rate), n)
        return ratio(above, below), rate

    return draw


def _paired(n: int) -> Draw:
    def draw(rng: np.random.Generator, rate: float) -> tuple[Estimate, float]:
        one, two = _right(rng, (rate, _other(rate)), n)
        only = int((one > two).sum()), int((two > one).sum())
        return paired_difference(*only, n), rate - _other(rate)

    return draw


def _difference(n: int, difference: Callable[..., object]) -> Draw:
    def draw(rng: np.random.Generator, rate: float) -> tuple[Estimate, float]:
        found = difference(*_kept(rng, (rate, _other(rate)), n))
        return found.estimate, rate - _other(rate)  # type: ignore[attr-defined]

    return draw


def _contrast(n: int) -> Draw:
    def draw(rng: np.random.Generator, rate: float) -> tuple[Estimate, float]:
        one, first, two, second = _kept(rng, (rate, _other(rate)), n)
        control = _right(rng, (0.9, 0.8), n)
        found = difference_of_contrasts(
            one - first * control[0], first, two - second * control[1], second
        )
        return found.estimate, rate - _other(rate) - 0.1

    return draw


def _mean(n: int) -> Draw:
    def draw(rng: np.random.Generator, rate: float) -> tuple[Estimate, float]:
        return mean(rng.beta(4 * rate, 4 * (1 - rate), n)), rate

    return draw


def _clusters(count: int, *, bootstrap: bool = False) -> Draw:
    def draw(rng: np.random.Generator, rate: float) -> tuple[Estimate, float]:
        rates = rng.beta(8 * rate, 8 * (1 - rate), count)
        right = (rng.random((count, 80)) < rates[:, None]) * 1.0
        ones = np.ones(right.size)
        if not bootstrap:
            return ratio_by_cluster(right.ravel(), ones, np.repeat(np.arange(count), 80)), rate
        drawn = right.mean(1)[rng.integers(0, count, (1000, count))].mean(1)
        low, high = np.quantile(drawn, (0.025, 0.975))
        return Estimate(float(drawn.mean()), float(low), float(high), count, ""), rate

    return draw


@cache
def _crossed_truth(rate: float) -> float:
    rng = np.random.default_rng(7)
    spread = np.sqrt(0.8**2 + 0.5**2)
    return float(expit(np.log(rate / (1 - rate)) + spread * rng.standard_normal(2_000_000)).mean())


def _crossed(rng: np.random.Generator, rate: float) -> tuple[Estimate, float]:
    """Draw 1,280 trials of 160 shapes and 48 textures, as the published ones are."""
    rows = np.repeat(np.arange(160), 8)
    columns = np.concatenate([rng.permutation(48)[:8] for _ in range(160)])
    lean = np.log(rate / (1 - rate)) + 0.8 * rng.standard_normal(160)[rows]
    lean += 0.5 * rng.standard_normal(48)[columns]
    right = (rng.random(len(rows)) < expit(lean)) * 1.0
    found = crossed_ratio(right, np.ones(len(rows)), rows, columns, resamples=1000)
    return found, _crossed_truth(rate)


@cache
def _recipe_truth(lean: float) -> float:
    rng = np.random.default_rng(9)
    return float(expit(lean + np.hypot(0.2, 1.0) * rng.standard_normal(2_000_000)).mean())


def _recipes(difference: Callable[..., object], n: int) -> Draw:
    def draw(rng: np.random.Generator, rate: float) -> tuple[Estimate, float]:
        leans = float(np.log(rate / (1 - rate))), float(np.log(rate / (1 - rate))) + 0.5
        hard = rng.standard_normal((1, n))
        sides = [
            (rng.random((5, n)) < expit(lean + 0.2 * rng.standard_normal((5, 1)) + hard)) * 1.0
            for lean in leans
        ]
        ones = np.ones((5, n))
        found = difference(sides[0], ones, sides[1], ones)
        truth = _recipe_truth(leans[0]) - _recipe_truth(leans[1])
        return found.estimate, truth  # type: ignore[attr-defined]

    return draw


def _share(n: int) -> Draw:
    def draw(rng: np.random.Generator, share: float) -> tuple[Estimate | None, float]:
        sets = []
        for rate in (0.5, 0.7, 0.5 + 0.2 * share):
            below = (rng.random((1, n)) < 0.8) * 1.0
            sets.append(Sums(numerators=below * (rng.random((1, n)) < rate), denominators=below))
        return share_of_difference(*sets), share

    return draw


_MIDDLE = (0.1, 0.25, 0.5, 0.75, 0.9)
CASES: tuple[Case, ...] = (
    *(Case(row=f"rate/wilson/{n}", exact=_wilson(n)) for n in IMAGES),
    *(Case(row=f"retention/wilson-of-a-ratio/{n}", draw=_ratio(n)) for n in IMAGES),
    *(Case(row=f"accuracy-difference/tango/{n}", draw=_paired(n), share=0.5) for n in IMAGES),
    *(
        Case(
            row=f"retention-difference/bootstrap/{n}",
            draw=_difference(n, difference_of_ratios),
            share=0.25,
        )
        for n in IMAGES
    ),
    *(
        Case(row=f"retention-difference/delta/{n}", draw=_difference(n, delta_difference_of_ratios))
        for n in IMAGES
    ),
    *(Case(row=f"contrast-difference/delta/{n}", draw=_contrast(n)) for n in IMAGES),
    *(Case(row=f"measure/student/{n}", draw=_mean(n), rates=_MIDDLE) for n in IMAGES),
    *(Case(row=f"share/fieller/{n}", draw=_share(n), rates=(0.0, 0.5, 0.8, 1.0)) for n in IMAGES),
    *(
        Case(row=f"few-clusters/t/{count}", draw=_clusters(count), rates=_MIDDLE)
        for count in (10, 16)
    ),
    *(
        Case(
            row=f"few-clusters/percentile-bootstrap/{count}",
            draw=_clusters(count, bootstrap=True),
            rates=_MIDDLE,
        )
        for count in (10, 16)
    ),
    Case(row="shape-bias/crossed/1280", draw=_crossed, rates=_MIDDLE, share=0.1),
    *(
        Case(
            row=f"recipes/two-way/{n}",
            draw=_recipes(difference_of_recipes, n),
            rates=_MIDDLE,
            share=0.25,
        )
        for n in (200, 1000)
    ),
    Case(
        row="recipes/as-checkpoints/1000",
        draw=_recipes(difference_of_checkpoints, 1000),
        rates=_MIDDLE,
        share=0.25,
    ),
)
"""Two rows are there to show what fails: a percentile bootstrap over few clusters, and recipes
judged as if their networks were all there are."""


def coverages(case: Case, *, repeats: int, seed: int = 0) -> dict[float, float]:
    """Return how often the interval holds the truth, by rate.

    Args:
        case: What is covered.
        repeats: How often records are drawn at each rate, before the case's share.
        seed: Of the draws.
    """
    found = {}
    for place, rate in enumerate(case.rates):
        if case.exact is not None:
            found[rate] = case.exact(rate)
            continue
        assert case.draw is not None  # noqa: S101 - either is given
        rng = np.random.default_rng((seed, place))
        times = max(1, round(case.share * repeats))
        held = 0
        for _ in range(times):
            estimate, truth = case.draw(rng, rate)
            held += estimate is None or estimate.low <= truth <= estimate.high
        found[rate] = held / times
    return found


def row_of(case: Case, *, repeats: int, seed: int = 0) -> Row:
    """Return the row of a case."""
    found = coverages(case, repeats=repeats, seed=seed)
    middle, (rate, least) = (
        float(np.mean(list(found.values()))),
        min(found.items(), key=lambda item: item[1]),
    )
    times = 0 if case.exact is not None else max(1, round(case.share * repeats))
    # What chance alone does to the least of so many counts: its limit is let down by that.
    slack = 0.0 if not times else 2.5 * float(np.sqrt(0.92 * 0.08 / times))
    held = _MEAN[0] <= middle <= _MEAN[1] and least >= _LEAST - slack
    return Row(
        bench="coverage",
        row=case.row,
        ours=middle,
        peer=0.95,
        peer_name="nominal",
        ratio=middle / 0.95,
        unit="coverage",
        threads=int(os.environ.get("OMP_NUM_THREADS", "0")) or (os.cpu_count() or 1),
        versions=versions_of("numpy", "scipy"),
        notes={
            "least": least,
            "least_at": rate,
            "rates": len(found),
            "repeats": times,
            "counting_error_of_least": slack / 2.5,
            "held": "yes" if held else "no",
        },
    )


def main() -> None:
    """Print one row a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", help="how the rows to count begin; all if omitted")
    parser.add_argument("--repeats", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for case in selected(CASES, options.rows):
        print_row(row_of(case, repeats=options.repeats, seed=options.seed))


if __name__ == "__main__":
    main()
