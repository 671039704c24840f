"""What share of a difference another set of networks accounts for."""

import numpy as np
import pytest

from cuelens.errors import ConfigError
from cuelens.seeds import difference_of_checkpoints, difference_of_recipes
from cuelens.shares import Sums, share_of_difference

IMAGES = 600


def drawn(rng, rates, *, images=IMAGES, clean=0.8):
    """Return networks (one a set) that keep these rates of what they get right."""
    sets = []
    for rate in rates:
        below = (rng.random((1, images)) < clean) * 1.0
        sets.append(Sums(numerators=below * (rng.random((1, images)) < rate), denominators=below))
    return sets


def recipes(rng, leans, *, seeds=6, images=IMAGES, spread=0.15):
    """Return sets of several networks; hard images are hard for all."""
    hard = rng.standard_normal((1, images))
    sets = []
    for lean in leans:
        rates = 1 / (1 + np.exp(-(lean + spread * rng.standard_normal((seeds, 1)) + hard)))
        ones = np.ones((seeds, images))
        right = (rng.random((seeds, images)) < rates) * 1.0
        sets.append(Sums(numerators=right, denominators=ones))
    return sets


def mean_of(lean, spread):
    rng = np.random.default_rng(9)
    leans = lean + np.hypot(spread, 1.0) * rng.standard_normal(400_000)
    return (1 / (1 + np.exp(-leans))).mean()


def covered(repeats, draw, truth, **options):
    """Return how often the interval holds the truth; an interval without ends does."""
    hits = 0
    for _ in range(repeats):
        found = share_of_difference(*draw(), **options)
        hits += found is None or found.low <= truth <= found.high
    return hits / repeats


@pytest.mark.parametrize("share", [0.0, 0.5, 0.8, 1.0])
def test_the_share_is_covered_for_other_images(share):
    rng = np.random.default_rng(1)
    rates = (0.5, 0.7, 0.5 + 0.2 * share)
    assert 0.925 <= covered(800, lambda: drawn(rng, rates), share) <= 0.975


def test_a_small_difference_is_covered_too_which_the_delta_method_does_not_do():
    rng = np.random.default_rng(2)
    rates, without_ends = (0.5, 0.53, 0.53), 0
    for _ in range(200):
        without_ends += share_of_difference(*drawn(rng, rates, images=200)) is None
    assert without_ends > 100
    assert 0.925 <= covered(600, lambda: drawn(rng, rates, images=200), 1.0) <= 0.99


def test_the_share_of_recipes_is_covered_for_other_seeds_and_images():
    rng = np.random.default_rng(3)
    low, high, middle = (mean_of(lean, 0.15) for lean in (0.0, 1.2, 0.8))
    truth = (middle - low) / (high - low)
    draw = lambda: recipes(rng, (0.0, 1.2, 0.8))  # noqa: E731
    assert 0.925 <= covered(300, draw, truth, recipes=True) <= 0.99
    assert covered(300, draw, truth) < 0.85


def test_the_interval_holds_the_shares_that_are_not_rejected():
    rng = np.random.default_rng(4)
    base, full, other = drawn(rng, (0.5, 0.7, 0.62))
    found = share_of_difference(base, full, other)
    one, two = (
        difference_of_checkpoints(
            first.numerators, first.denominators, base.numerators, base.denominators
        ).estimate.value
        for first in (other, full)
    )
    assert found.value == pytest.approx(one / two)
    for end in (found.low, found.high):  # a linear combination of three ratios, by hand
        moves = [
            (s.numerators - s.numerators.sum() / s.denominators.sum() * s.denominators)
            / s.denominators.sum()
            for s in (base, full, other)
        ]
        combined = moves[2] - moves[0] - end * (moves[1] - moves[0])
        error = np.sqrt(np.square(combined).sum() * IMAGES / (IMAGES - 1))
        assert abs(one - end * two) / error == pytest.approx(1.964, abs=1e-3)


def test_a_network_that_is_the_same_shows_all_of_the_difference():
    base, full, _ = drawn(np.random.default_rng(5), (0.5, 0.7, 0.6))
    found = share_of_difference(base, full, full)
    assert (found.value, found.low, found.high) == pytest.approx((1.0, 1.0, 1.0))
    none = share_of_difference(base, full, base)
    assert (none.value, none.low, none.high) == pytest.approx((0.0, 0.0, 0.0))


def test_what_cannot_be_told_apart_has_no_share():
    base, _, other = drawn(np.random.default_rng(6), (0.5, 0.5, 0.6))
    one_more = base.numerators.copy()
    one_more[0, np.flatnonzero(base.denominators[0] > base.numerators[0])[0]] = 1.0
    almost = Sums(numerators=one_more, denominators=base.denominators)
    assert share_of_difference(base, almost, other) is None
    assert share_of_difference(base, base, other) is None


def test_the_denominator_of_the_two_way_share_is_that_of_the_difference_of_recipes():
    base, full, _ = recipes(np.random.default_rng(7), (0.0, 1.2, 0.8))
    found = share_of_difference(base, full, base, recipes=True)
    whole = difference_of_recipes(
        full.numerators, full.denominators, base.numerators, base.denominators
    )
    assert found.value == 0
    assert whole.estimate.low > 0
    assert found.n == IMAGES


def test_one_network_is_no_recipe():
    sets = drawn(np.random.default_rng(8), (0.5, 0.7, 0.6))
    with pytest.raises(ConfigError) as caught:
        share_of_difference(*sets, recipes=True)
    assert str(caught.value) == (
        "A share for other training seeds needs at least 2 seeds a set, got 1. Train more "
        "networks, or ask for the share of these."
    )
