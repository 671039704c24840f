import numpy as np
import pytest

from cuelens import metrics
from cuelens.errors import ConfigError, RangeError
from cuelens.statistics import Estimate, wilson

CLEAN = np.array([1, 1, 1, 1, 0, 0], dtype=bool)
RIGHT = np.array([1, 1, 0, 0, 1, 0], dtype=bool)


def test_accuracy_counts_every_image():
    found, expected = metrics.accuracy(RIGHT), wilson(3, 6)
    assert (found.value, found.n, found.method) == (0.5, 6, "Wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_top_k_counts_ranks_up_to_k():
    ranks = np.array([1, 2, 3, 4])
    assert metrics.top_k_accuracy(ranks, 3).value == 0.75
    assert metrics.top_k_accuracy(ranks, 1).value == 0.25


def test_retention_is_a_ratio_of_sums_over_what_was_right_clean():
    found = metrics.retention(CLEAN, RIGHT)
    assert (found.value, found.n) == (0.5, 4)


def test_retention_is_not_the_mean_of_the_ratios_of_batches():
    clean = np.array([1, 0, 0, 0, 1, 1, 1, 1])
    right = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    batches = [
        metrics.retention(clean[part], right[part]).value for part in (slice(4), slice(4, 8))
    ]
    assert np.mean(batches) == 0.5
    assert metrics.retention(clean, right).value == 0.8


def test_pair_common_accuracy_takes_what_both_models_get_right_clean():
    other = np.array([1, 0, 1, 0, 1, 1], dtype=bool)
    found = metrics.pair_common_accuracy(CLEAN, other, RIGHT)
    assert (found.value, found.n) == (0.5, 2)
    assert metrics.pair_common_accuracy(CLEAN, CLEAN, RIGHT) == metrics.retention(CLEAN, RIGHT)


def test_robust_accuracy_asks_for_right_clean_and_not_fooled():
    fooled = np.array([1, 0, 0, 1, 0, 0], dtype=bool)
    found = metrics.robust_accuracy(CLEAN, fooled)
    assert (found.value, found.n) == (2 / 6, 6)


def test_chance_corrected_puts_guessing_at_zero_and_everything_at_one():
    kept = Estimate(0.55, 0.1, 1.0, 40, "Wilson")
    found = metrics.chance_corrected(kept, 10)
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.0, 1.0))
    assert (found.n, found.method) == (40, "Wilson")


def test_an_area_weighs_every_level_alike():
    levels = np.array([[1, 0, 1], [1, 0, 0], [0, 0, 0], [0, 0, 1]])
    np.testing.assert_array_equal(metrics.area(levels), [0.5, 0.0, 0.5])
    kept = metrics.retention(np.ones(3), metrics.area(levels))
    assert kept.value == np.mean([metrics.retention(np.ones(3), row).value for row in levels])


def test_cue_reliance_is_what_is_lost_beyond_the_control():
    clean = np.ones(100)
    suppressed, control = np.repeat([1.0, 0.0], [20, 80]), np.repeat([1.0, 0.0], [92, 8])
    found = metrics.cue_reliance(clean, suppressed, control, 5)
    lost = 1 - (0.2 - 0.2) / 0.8
    lost_to_the_control = 1 - (0.92 - 0.2) / 0.8
    assert found.estimate.value == pytest.approx(lost - lost_to_the_control)
    assert found.estimate.low < found.estimate.value < found.estimate.high
    assert found.p_above < 0.001


def test_a_model_that_does_not_need_the_cue_has_no_reliance():
    same = np.repeat([1.0, 0.0], [70, 30])
    found = metrics.cue_reliance(np.ones(100), same, same, 10).estimate
    assert found.value == 0
    assert found.low < 0 < found.high


def test_reciprocal_ranks_are_averaged():
    assert metrics.reciprocal_rank(np.array([1, 4])).value == 0.625
    assert metrics.reciprocal_rank(np.array([1, 1, 1])).value == 1.0


def test_arguments_stay_as_they_were():
    clean, right = CLEAN.copy(), RIGHT.copy()
    metrics.retention(clean, right)
    metrics.robust_accuracy(clean, right)
    assert (clean == CLEAN).all()
    assert (right == RIGHT).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.top_k_accuracy(np.array([1]), 0), "`k` must be at least 1, got 0."),
        (
            lambda: metrics.chance_corrected(wilson(1, 2), 1),
            "`classes` must be at least 2, got 1.",
        ),
        (lambda: metrics.reciprocal_rank(np.array([0, 1])), "`ranks` must be at least 1, got 0."),
        (
            lambda: metrics.area(np.ones((0, 3))),
            "An area needs at least 1 level, got 0. Name the condition's levels.",
        ),
        (
            lambda: metrics.retention(np.zeros(3), np.ones(3)),
            (
                "`denominators` must have a positive sum, got 0 over 3 images. A share of nothing "
                "is unknown: leave it out and say why."
            ),
        ),
    ],
)
def test_wrong_settings_are_refused_in_words(call, message):
    with pytest.raises(ConfigError) as caught:
        call()
    assert str(caught.value) == message


def test_outcomes_beyond_one_are_refused():
    with pytest.raises(RangeError, match=r"^`numerators` must lie between 0 and their"):
        metrics.accuracy(np.array([0.5, 2.0]))
