"""In which order the classes are: known and unknown wrong orders are found, sound ones are left."""

import numpy as np
import pytest
import torch

from cuelens.study.preflight.class_orders import class_orders
from cuelens.study.preflight.of_classes import chance_finding, order_finding
from cuelens.study.preflight.rivals import outcome_of


def answers(classes: int, count: int, *, right: float, seed: int = 0):
    """Return logits that are right for a share of the images, and the labels."""
    chance = np.random.default_rng(seed)
    labels = torch.arange(count) % classes
    shown = torch.where(
        torch.from_numpy(chance.uniform(size=count)) < right,
        labels,
        torch.from_numpy(chance.integers(classes, size=count)),
    )
    logits = torch.from_numpy(chance.standard_normal((count, classes))).float()
    logits[torch.arange(count), shown] += 6
    return logits, labels


def names(classes: int) -> tuple[str, ...]:
    return tuple(f"class {place}" for place in range(classes))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("classes", "right"), [(2, 0.8), (10, 0.3), (10, 0.9), (100, 0.6)])
def test_outputs_in_the_order_of_the_labels_raise_no_alarm(classes, right, seed):
    logits, labels = answers(classes, 300, right=right, seed=seed)
    found, outputs = order_finding(logits, labels, names(classes))
    assert (found.name, found.raised, outputs) == ("class-order", False, None)


@pytest.mark.parametrize("order", list(class_orders(names(12))))
def test_every_known_order_is_found(order):
    outputs = torch.tensor(class_orders(names(12))[order])
    logits, labels = answers(12, 120, right=0.8)
    moved = torch.empty_like(logits)
    moved[:, outputs] = logits  # column `outputs[label]` answers for the label
    found, got = order_finding(moved, labels, names(12))
    assert found.raised
    assert got is not None
    assert got.tolist() == outputs.tolist()


def test_a_known_order_is_found_with_one_image_a_class():
    logits, labels = answers(1000, 200, right=0.8)
    found, outputs = order_finding(logits.roll(1, 1), labels, names(1000))
    assert found.raised
    assert outputs is not None
    assert outputs[:3].tolist() == [1, 2, 3]
    assert "taking the outputs one place higher" in found.sentence


def test_any_order_is_found_and_said():
    outputs = torch.tensor([3, 0, 4, 1, 2])
    logits, labels = answers(5, 200, right=0.8)
    moved = torch.empty_like(logits)
    moved[:, outputs] = logits
    found, got = order_finding(moved, labels, ("ant", "bee", "cow", "dog", "elk"))
    assert found.raised
    assert got is not None
    assert got.tolist() == outputs.tolist()
    assert found.fix == (
        "Name the classes in the order of the network's outputs: output 3 is ant, output 0 is bee, "
        "output 4 is cow, output 1 is dog and 1 more."
    )
    assert found.numbers["images"] == 100  # the half that judges


def test_two_classes_that_changed_places_are_found():
    logits, labels = answers(10, 400, right=0.8)
    moved = logits[:, [0, 1, 2, 5, 4, 3, 6, 7, 8, 9]]
    found, outputs = order_finding(moved, labels, names(10))
    assert found.raised
    assert found.numbers["moved"] == 2
    assert outputs is not None
    assert outputs[[3, 5]].tolist() == [5, 3]


def test_guesses_have_no_order():
    logits, labels = answers(10, 400, right=0.0)
    found, _ = order_finding(logits, labels, names(10))
    assert not found.raised
    assert chance_finding(outcome_of(logits, labels), classes=10).raised


def test_too_few_images_of_each_class_are_said():
    logits, labels = answers(1000, 200, right=0.8)
    found, _ = order_finding(logits, labels, names(1000))
    assert found.sentence.endswith(
        "There are too few images of each class to look for any other."
    )  # fmt: skip


def test_better_than_guessing_raises_no_alarm():
    logits, labels = answers(10, 200, right=0.3)
    found = chance_finding(outcome_of(logits, labels), classes=10)
    assert (found.name, found.raised) == ("near-chance", False)
