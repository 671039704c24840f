import numpy as np
import pytest
from scipy.stats import ttest_ind

from cuelens.errors import ConfigError
from cuelens.ratios import delta_difference_of_ratios
from cuelens.seeds import (
    difference_of_checkpoints,
    difference_of_recipes,
    difference_of_seed_means,
)

IMAGES = 400


def networks(rng, seeds, lean, spread, hard):
    """Return what the networks of a recipe get right; hard images are hard for all."""
    leans = lean + spread * rng.standard_normal((seeds, 1)) + hard
    return (rng.random((seeds, IMAGES)) < 1 / (1 + np.exp(-leans))) * 1.0


def truth(lean, spread):
    rng = np.random.default_rng(9)
    leans = lean + np.hypot(spread, 1.0) * rng.standard_normal(400_000)
    return (1 / (1 + np.exp(-leans))).mean()


def coverage(difference_of, spread, repeats=200):
    rng = np.random.default_rng(4)
    expected = truth(0.5, spread) - truth(0.0, spread)
    hits = 0
    for _ in range(repeats):
        hard = rng.standard_normal((1, IMAGES))
        first, second = (networks(rng, 5, lean, spread, hard) for lean in (0.5, 0.0))
        ones = np.ones_like(first)
        found = difference_of(first, ones, second, ones).estimate
        hits += found.low <= expected <= found.high
    return hits / repeats


@pytest.mark.parametrize("spread", [0.0, 0.05, 0.2])
def test_recipes_are_covered_for_other_seeds_and_images(spread):
    assert 0.92 <= coverage(difference_of_recipes, spread) <= 0.99


def test_checkpoints_say_nothing_of_other_seeds():
    assert coverage(difference_of_checkpoints, 0.2) < 0.85


def test_one_checkpoint_each_is_the_delta_method():
    rng = np.random.default_rng(5)
    below = (rng.random((2, 1, IMAGES)) < 0.8) * 1.0
    above = below * (rng.random((2, 1, IMAGES)) < 0.6)
    many = difference_of_checkpoints(above[0], below[0], above[1], below[1])
    one = delta_difference_of_ratios(above[0, 0], below[0, 0], above[1, 0], below[1, 0])
    assert many.estimate.value == pytest.approx(one.estimate.value)
    assert many.error == pytest.approx(one.error, rel=0.02)


def test_seeds_that_differ_widen_the_interval():
    rng = np.random.default_rng(6)
    hard = np.zeros((1, IMAGES))
    first, second = (networks(rng, 6, lean, 0.5, hard) for lean in (0.5, 0.0))
    ones = np.ones_like(first)
    recipes, checkpoints = (
        f(first, ones, second, ones) for f in (difference_of_recipes, difference_of_checkpoints)
    )
    assert recipes.estimate.value == pytest.approx(checkpoints.estimate.value)
    assert recipes.error > 2 * checkpoints.error
    assert recipes.estimate.method == "two-way (seed x image)"


def test_measures_beyond_one_are_means_with_denominators_of_one():
    values = np.random.default_rng(7).normal(30.0, 2.0, (5, 50))
    ones = np.ones_like(values)
    found = difference_of_recipes(values + 10, ones, values, ones, threshold=9.0)
    assert found.estimate.value == pytest.approx(10)
    assert found.p_above < 0.025


def test_one_seed_is_no_recipe():
    ones = np.ones((1, 5))
    with pytest.raises(ConfigError) as caught:
        difference_of_recipes(ones, ones, ones, ones)
    assert str(caught.value) == (
        "A comparison of recipes needs at least 2 training seeds each, got 1 and 1. Train more "
        "networks, or compare these checkpoints."
    )


def test_one_image_has_no_interval():
    ones = np.ones((2, 1))
    with pytest.raises(ConfigError) as caught:
        difference_of_checkpoints(ones, ones, ones, ones)
    assert str(caught.value) == (
        "A comparison of networks needs at least 2 images, got 1. Take more images."
    )


def test_the_difference_of_seed_means_is_welchs():
    rng = np.random.default_rng(8)
    first, second = rng.normal(0.6, 0.02, 5), rng.normal(0.5, 0.05, 7)
    found = difference_of_seed_means(first, second)
    peer = ttest_ind(first, second, equal_var=False)
    interval = peer.confidence_interval()
    assert found.estimate.value == pytest.approx(first.mean() - second.mean())
    assert (found.estimate.low, found.estimate.high) == pytest.approx(tuple(interval))
    assert 2 * min(found.p_above, found.p_below) == pytest.approx(peer.pvalue)
    assert (found.estimate.n, found.estimate.method) == (12, "Welch (seeds)")
