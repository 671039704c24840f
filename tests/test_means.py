import math

import numpy as np
import pytest
from scipy import stats

from cuelens.errors import ConfigError, RangeError
from cuelens.means import difference_of_means, mean, student_difference


def test_a_mean_agrees_with_scipy():
    values = np.random.default_rng(0).normal(2.0, 1.0, 40)
    expected = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    found = mean(values)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert (found.n, found.method) == (40, "Student's t")


@pytest.mark.parametrize("threshold", [0.0, 0.3, -0.2])
def test_a_paired_difference_agrees_with_scipy(threshold):
    rng = np.random.default_rng(1)
    second = rng.normal(size=30)
    first = second + rng.normal(0.25, 0.5, 30)
    found = difference_of_means(first, second, threshold=threshold)
    above = stats.ttest_1samp(first - second, threshold, alternative="greater")
    below = stats.ttest_1samp(first - second, threshold, alternative="less")
    assert found.estimate.value == pytest.approx((first - second).mean())
    assert (found.p_above, found.p_below) == pytest.approx((above.pvalue, below.pvalue))
    assert found.estimate.method == "paired t"


def test_an_interval_ends_where_its_values_do_and_keeps_its_mean():
    values = np.array([0.9, 1.0])
    assert mean(values).high > 1
    found = mean(values, within=(0.0, 1.0))
    assert (found.value, found.low, found.high) == (0.95, mean(values).low, 1.0)
    apart = mean(np.array([0.0, 1.0]), within=(0.0, 1.0))
    assert (apart.low, apart.high) == (0.0, 1.0)
    beyond = mean(np.array([1.0, 1.0 + 1e-7]), within=(0.0, 1.0))  # rounding of a measure
    assert beyond.high == beyond.value > 1
    first, second = np.array([0.9, 0.2]), np.array([0.1, 0.8])
    cut = difference_of_means(first, second, within=(0.0, 1.0))
    whole = difference_of_means(first, second)
    assert (cut.estimate.low, cut.estimate.high) == (-1.0, 1.0)
    assert (cut.p_above, cut.error) == (whole.p_above, whole.error)


def test_swapping_the_models_turns_the_difference():
    rng = np.random.default_rng(2)
    first, second = rng.random(20), rng.random(20)
    one = difference_of_means(first, second, threshold=0.02)
    two = difference_of_means(second, first, threshold=-0.02)
    assert one.estimate.low == pytest.approx(-two.estimate.high)
    assert one.p_above == pytest.approx(two.p_below)


def test_a_difference_without_error_is_certain():
    found = student_difference(0.1, 0.0, 9, 10, 0.02, "t")
    assert (found.estimate.low, found.estimate.high) == (0.1, 0.1)
    assert (found.p_above, found.p_below) == (0.0, 1.0)
    assert student_difference(0.0, 0.0, 9, 10, 0.0, "t").p_above == 0.5


def test_infinite_freedom_is_the_normal_distribution():
    found = student_difference(1.0, 1.0, math.inf, 10, 0.0, "normal")
    assert found.estimate.high == pytest.approx(1 + 1.959963985)
    assert found.p_above == pytest.approx(stats.norm.sf(1.0))


def test_one_image_has_no_interval():
    with pytest.raises(ConfigError) as caught:
        mean(np.array([1.0]))
    assert str(caught.value) == (
        "A mean needs at least 2 images for its interval, got 1. Take more."
    )


def test_a_mean_of_nothing_and_of_no_numbers_is_refused():
    with pytest.raises(ConfigError, match=r"`values` must hold at least one number, got none\."):
        mean(np.array([]))
    with pytest.raises(RangeError, match=r"got 1 of 2 that are not"):
        mean(np.array([1.0, np.nan]))
