"""For or against the class: on a linear model, whose gradient is known."""

import pytest
import torch

from cuelens import salience
from cuelens.networks import InputSpecification
from cuelens.randomness import Chance
from cuelens.salience import Side, side_of

WEIGHTS = torch.tensor([[1.0, -2.0], [0.0, 0.0]])


def linear(images: torch.Tensor) -> torch.Tensor:
    return images.flatten(1) @ WEIGHTS.T


@pytest.mark.parametrize("score", salience.Score)
def test_a_positive_value_is_on_the_side_that_is_said(score: salience.Score) -> None:
    method = salience.Gradient(score=score)
    images, labels = torch.full((1, 1, 1, 2), 0.5), torch.tensor([0])
    maps = method(linear, images, labels, chance=Chance(0, ("i",)))
    speaks = WEIGHTS[0] - WEIGHTS[1]  # for class 0
    sign = {Side.FOR: 1, Side.AGAINST: -1}[side_of(method)]
    assert (sign * maps.flatten() * speaks > 0).all()


def test_squares_variances_and_the_loss_of_the_paper_have_their_sides() -> None:
    assert side_of(salience.SquaredSmoothGrad(samples=2, noise=0.1)) is Side.NEITHER
    assert side_of(salience.VarGrad(samples=2, noise=0.1)) is Side.NEITHER
    paper = salience.PaperSmoothGrad(samples=2, specification=InputSpecification())
    assert side_of(paper) is Side.AGAINST
