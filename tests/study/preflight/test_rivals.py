"""When another way to read the images is surely better."""

import numpy as np
import pytest
import torch

from cuelens.study.preflight.rivals import Outcome, outcome_of, surely_better

N = 200


def outcome(right: int, *, loss: float = 1.0, start: int = 0, seed: int = 0) -> Outcome:
    """Return one that is right for `right` images in a row."""
    places = (np.arange(N) >= start) & (np.arange(N) < start + right)
    chance = np.random.default_rng(seed)
    return Outcome(right=places, loss=loss + 0.1 * chance.standard_normal(N))


def test_a_rival_that_is_right_for_many_more_is_better():
    found = surely_better(outcome(100), {"other": outcome(140, loss=0.5)})
    assert found is not None
    assert (found.name, found.accuracy) == ("other", 0.7)
    assert found.gain == pytest.approx(0.2)
    assert found.loss_change == pytest.approx(-0.5)
    assert found.p == pytest.approx(2 * 0.5**40)


def test_the_best_of_several_is_taken():
    rivals = {"some": outcome(130, loss=0.7), "more": outcome(150, loss=0.6)}
    found = surely_better(outcome(100), rivals)
    assert found is not None
    assert found.name == "more"


@pytest.mark.parametrize(
    "rival",
    [
        outcome(103, loss=0.5),  # no 2 points
        outcome(105, loss=0.999),  # five discordant images: p = .06
        outcome(100, loss=0.5, start=3),
        outcome(140, loss=1.5),  # more are right, at a larger loss
    ],
)
def test_what_may_be_chance_or_is_small_is_not(rival):
    assert surely_better(outcome(100), {"other": rival}) is None


def test_many_rivals_make_a_p_value_larger():
    seven = outcome(107, loss=0.98, seed=1)  # p = .016 alone
    assert surely_better(outcome(100), {"other": seven}) is None
    eight = outcome(108, loss=0.98, seed=1)  # p = .0078 alone
    assert surely_better(outcome(100), {"other": eight}) is not None
    many = {f"other {place}": eight for place in range(8)}
    assert surely_better(outcome(100), many) is None


def test_a_likely_rival_counts_where_its_loss_is_surely_smaller():
    seven = outcome(107, loss=0.5)
    found = surely_better(outcome(100), {"other": seven})
    assert found is not None
    assert found.p == pytest.approx(2 * 0.5**7)


def test_logits_that_are_no_numbers_are_wrong():
    logits = torch.tensor([[0.0, 1.0], [torch.nan, 1.0], [torch.inf, 0.0]])
    found = outcome_of(logits, torch.tensor([1, 1, 0]))
    assert found.right.tolist() == [True, False, False]
    assert np.isfinite(found.loss).all()
