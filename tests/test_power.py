"""How many images and seeds are enough."""

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower, TTestIndPower

from cuelens.errors import ConfigError
from cuelens.power import images_needed, power_of_seeds, seeds_needed


@pytest.mark.parametrize("power", [0.8, 0.9, 0.95])
@pytest.mark.parametrize(("distance", "spread"), [(0.02, 0.5), (0.04, 0.3), (0.1, 1.0)])
def test_images_are_those_of_the_normal_test(power, distance, spread):
    found = images_needed(distance, spread, power=power, level=0.025)
    peer = NormalIndPower(ddof=0).solve_power(
        distance / spread, alpha=0.025, power=power, ratio=0, alternative="larger"
    )
    assert found == pytest.approx(peer, abs=1)


@pytest.mark.parametrize("seeds", [3, 5, 20])
def test_the_power_of_seeds_alone_is_that_of_the_two_sample_t_test(seeds):
    found = power_of_seeds(seeds, 0.02, 0.015, error=0.0, images=1000, level=0.025)
    peer = TTestIndPower().power(0.02 / 0.015, seeds, alpha=0.025, alternative="larger")
    assert found == pytest.approx(peer, abs=1e-6)


def test_seeds_needed_are_the_fewest_that_reach_the_power():
    settings = {"error": 0.004, "images": 2000}
    found = seeds_needed(0.02, 0.02, power=0.8, level=0.025, **settings)
    reached, short = (
        power_of_seeds(seeds, 0.02, 0.02, level=0.025, **settings) for seeds in (found, found - 1)
    )
    assert short < 0.8 <= reached


def test_where_images_are_too_few_no_number_of_seeds_is_enough():
    assert seeds_needed(0.02, 0.0, error=0.02, images=100, power=0.8, level=0.025) is None
    assert seeds_needed(0.02, 0.0, error=0.0, images=100, power=0.8, level=0.025) == 2


def test_more_images_are_needed_for_less_difference_and_more_power():
    counts = [
        images_needed(distance, 0.5, power=power, level=level)
        for distance, power, level in ((0.04, 0.8, 0.025), (0.02, 0.8, 0.025), (0.02, 0.9, 0.005))
    ]
    assert counts == sorted(counts)
    assert images_needed(10.0, 0.0, power=0.8, level=0.025) == 2


def test_the_normal_count_holds_in_a_simulation():
    rng = np.random.default_rng(0)
    n = images_needed(0.05, 0.6, power=0.8, level=0.025)
    shown = 0
    for _ in range(2000):
        steps = rng.normal(0.07, 0.6, n)  # the margin is .02
        shown += steps.mean() - 1.96 * steps.std(ddof=1) / np.sqrt(n) > 0.02
    assert shown / 2000 == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"distance": 0.0},
            (
                "`distance` must be positive and `spread` at least 0, both finite, got 0 and 0.5. "
                "An effect of the margin's size cannot be shown."
            ),
        ),
        (
            {"power": 0.01},
            "`power` must lie between `level` and 1, got 0.01 and 0.025. Usual are 0.8 and 0.025.",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(change, message):
    settings = {"distance": 0.02, "spread": 0.5, "power": 0.8, "level": 0.025} | change
    with pytest.raises(ConfigError) as caught:
        images_needed(**settings)
    assert str(caught.value) == message


def test_a_difference_far_beyond_its_margin_needs_few_seeds():
    settings = {"error": 0.0004, "images": 10_000, "level": 0.005}
    found = [power_of_seeds(seeds, 0.04, 0.01, **settings) for seeds in range(2, 1001)]
    assert all(0 <= one <= 1 for one in found)  # 190 seeds and more gave no number
    assert found == sorted(found)
    for error in (0.0004, 0.00045, 0.0005, 0.00055):
        assert seeds_needed(0.04, 0.01, power=0.9, **settings | {"error": error}) == 4
