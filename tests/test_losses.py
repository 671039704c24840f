"""Each loss is what its formula says, image by image."""

import pytest
import torch
from scipy.special import log_softmax

from cuelens.losses import cross_entropy, margin
from cuelens.randomness import Chance

LOGITS = Chance(0, tuple("abcdef")).normal((5,), method="test")
LABELS = torch.tensor([0, 1, 2, 3, 4, 0])


def test_cross_entropy_is_minus_the_log_of_the_softmax():
    expected = -torch.from_numpy(log_softmax(LOGITS.double().numpy(), axis=1))
    torch.testing.assert_close(
        cross_entropy(LOGITS, LABELS), expected[torch.arange(6), LABELS].float()
    )


def test_cross_entropy_of_equal_logits_is_the_log_of_the_classes():
    torch.testing.assert_close(
        cross_entropy(torch.zeros(1, 10), torch.tensor([3])), torch.tensor([10.0]).log()
    )


def test_margin_is_the_label_against_the_best_other_class():
    logits = torch.tensor([[3.0, 1.0, 2.0], [3.0, 1.0, 2.0], [1.0, 1.0, 0.0]])
    assert margin(logits, torch.tensor([0, 1, 0])).tolist() == [1.0, -2.0, 0.0]


def test_margin_is_positive_exactly_where_the_answer_is_right():
    right = LOGITS.argmax(1) == LABELS
    assert ((margin(LOGITS, LABELS) > 0) == right).all()


@pytest.mark.parametrize("loss", [cross_entropy, margin])
def test_each_image_is_treated_by_itself(loss):
    together = loss(LOGITS, LABELS)
    for row in range(6):
        one = slice(row, row + 1)
        torch.testing.assert_close(loss(LOGITS[one], LABELS[one]), together[one])


@pytest.mark.parametrize("loss", [cross_entropy, margin])
def test_arguments_are_left_alone(loss):
    logits, labels = LOGITS.clone(), LABELS.clone()
    loss(logits, labels)
    assert torch.equal(logits, LOGITS)
    assert torch.equal(labels, LABELS)


def test_margin_passes_gradients_to_the_two_logits_it_compares():
    logits = torch.tensor([[3.0, 1.0, 2.0]], requires_grad=True)
    margin(logits, torch.tensor([0])).sum().backward()
    assert logits.grad is not None
    assert logits.grad.tolist() == [[1.0, 0.0, -1.0]]
