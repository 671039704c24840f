"""When another way to read the images is surely better."""

import numpy as np
import pytest
import torch

from cuelens.study.preflight.rivals import Outcome, accuracies, looked_at, outcome_of, surely_better

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


def looks(loss: float, right: float, seen: list[int]):
    """Return a rival whose loss is so much larger than 1, and right for this share of images."""

    def look(images: torch.Tensor, labels: torch.Tensor) -> Outcome:
        seen.extend(images[:, 0, 0, 0].long().tolist())
        chance = np.random.default_rng(len(images))
        return Outcome(
            right=labels.numpy() < right * N,
            loss=1 + loss + 0.1 * chance.standard_normal(len(images)),
        )

    return look


IMAGES, LABELS = torch.arange(float(N)).reshape(N, 1, 1, 1), torch.arange(N)


def test_a_rival_that_is_far_worse_is_left_at_each_fourth_image():
    seen: list[int] = []
    found = looked_at(looks(0.5, 0.9, seen), IMAGES, LABELS, outcome(100))
    assert seen == list(range(0, N, 4))
    assert not found.whole
    assert accuracies({"it": found}) == {"accuracy of each fourth image, it": 0.9}
    assert surely_better(outcome(100), {"it": found}) is None


def test_a_rival_that_may_be_better_meets_every_image_once():
    seen: list[int] = []
    found = looked_at(looks(-0.5, 0.7, seen), IMAGES, LABELS, outcome(100))
    assert sorted(seen) == list(range(N))
    assert found.whole
    assert found.right.tolist() == [number < 0.7 * N for number in range(N)]
    assert accuracies({"it": found}) == {"accuracy, it": 0.7}
    assert surely_better(outcome(100), {"it": found}) is not None


def test_of_few_images_all_are_met():
    seen: list[int] = []
    few = Outcome(right=outcome(100).right[:80], loss=outcome(100).loss[:80])
    assert looked_at(looks(0.5, 0.9, seen), IMAGES[:80], LABELS[:80], few).whole
    assert seen == list(range(80))


def test_who_was_left_at_some_images_counts_for_the_correction():
    eight = outcome(108, loss=0.98, seed=1)  # p = .0078 alone
    left = Outcome(right=np.zeros(N // 4, dtype=bool), loss=np.full(N // 4, 5.0), whole=False)
    assert surely_better(outcome(100), {"other": eight}) is not None
    assert surely_better(outcome(100), {"other": eight, "left": left}) is None
