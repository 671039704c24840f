import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from cuelens.errors import ConfigError, RangeError
from cuelens.metrics import error_consistency


def outcomes(both, only_first, only_second, neither):
    """Return two observers' outcomes with these counts."""
    counts = [both, only_first, only_second, neither]
    return np.repeat([1, 1, 0, 0], counts), np.repeat([1, 0, 1, 0], counts)


def test_a_table_computed_by_hand():
    # 100 images: right .6 and .5; agree .4 + .3 = .7, expected .6 * .5 + .4 * .5 = .5.
    found = error_consistency(*outcomes(40, 20, 10, 30))
    assert (found.n, found.observed) == (100, 0.7)
    assert found.expected == pytest.approx(0.5)
    assert found.kappa.value == pytest.approx(0.4)
    assert found.kappa.method == "paired bootstrap"


@pytest.mark.parametrize("counts", [(500, 30, 70, 900), (200, 500, 600, 250), (400, 200, 100, 300)])
def test_it_is_cohens_kappa_of_right_and_wrong_with_about_its_interval(counts):
    found = error_consistency(*outcomes(*counts)).kappa
    table = np.array([[counts[0], counts[1]], [counts[2], counts[3]]])
    reference = cohens_kappa(table)
    assert found.value == pytest.approx(reference.kappa, abs=1e-12)
    width = reference.kappa_upp - reference.kappa_low
    assert found.low == pytest.approx(reference.kappa_low, abs=0.08 * width)
    assert found.high == pytest.approx(reference.kappa_upp, abs=0.08 * width)


def test_observers_that_always_agree_have_kappa_one_and_opposites_below_zero():
    right = np.arange(60) % 2 == 0
    assert error_consistency(right, right).kappa.value == 1.0
    assert error_consistency(right, right).kappa.high == 1.0
    assert error_consistency(right, ~right).kappa.value == pytest.approx(-1.0)


def test_independent_errors_have_kappa_zero_within_the_interval():
    rng = np.random.default_rng(0)
    covered = sum(
        found.low < 0 < found.high
        for found in (
            error_consistency(rng.random(400) < 0.7, rng.random(400) < 0.4, resamples=1000).kappa
            for _ in range(200)
        )
    )
    assert 182 <= covered <= 198  # 95 % of 200, three standard errors


@pytest.mark.parametrize("right", [0, 1])
def test_observers_that_are_never_or_always_right_have_no_kappa(right):
    found = error_consistency(np.full(5, right), np.full(5, right))
    assert (found.observed, found.expected, found.kappa) == (1.0, 1.0, None)


def test_order_of_images_does_not_matter_and_turning_the_pair_changes_nothing_but_draws():
    first, second = outcomes(40, 20, 10, 30)
    order = np.random.default_rng(0).permutation(100)
    found = error_consistency(first, second)
    assert error_consistency(first[order], second[order]) == found
    assert error_consistency(second, first).kappa.value == pytest.approx(found.kappa.value)


def test_what_is_no_outcome_is_refused_in_words():
    with pytest.raises(ConfigError) as caught:
        error_consistency(np.ones(0), np.ones(0))
    assert str(caught.value) == (
        "`first_right` and `second_right` must hold the same images, at least one, got 0 and 0."
    )
    with pytest.raises(RangeError) as caught:
        error_consistency(np.ones(3), np.array([1.0, 0.5, np.nan]))
    assert str(caught.value) == (
        "`second_right` must be 0 or 1 for each image, got 2 of 3 that are neither. Compare "
        "single observers, and single draws."
    )
