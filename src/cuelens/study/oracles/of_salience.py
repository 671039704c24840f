"""Oracles of salience maps: those of a linear model are known."""

from collections.abc import Callable

import torch

from cuelens.randomness import Chance
from cuelens.salience import Gradient, IntegratedGradients, Salience, SmoothGrad
from cuelens.salience.score import Score
from cuelens.study.oracles.finding import Finding, Oracle, near
from cuelens.study.oracles.linear_model import IDS, linear_model, middle_images
from cuelens.tensors import Images

__all__ = ["SALIENCE"]

_LABELS = torch.zeros(len(IDS), dtype=torch.int64)

Make = Callable[[], Salience]


def _gradient() -> Salience:
    return Gradient(score=Score.LOGIT)


def _smooth() -> Salience:
    return SmoothGrad(samples=8, noise=0.1, score=Score.LOGIT)


def _integrated() -> Salience:
    return IntegratedGradients(steps=8, score=Score.LOGIT)


def gradient_is_the_weight(make: Make = _gradient) -> Finding:
    """Look whether the gradient of a linear logit is its weight, for every image."""
    return _against_weights(make())


def smooth_is_the_gradient(make: Make = _smooth) -> Finding:
    """Look whether SmoothGrad of a linear logit is its weight, whatever the noise."""
    return _against_weights(make())


def _against_weights(method: Salience) -> Finding:
    weight = linear_model().weights[0].reshape(1, 3, 8, 8)
    return near([float((_maps(method) - weight).abs().max())], [0.0], 1e-6)


def _maps(method: Salience) -> Images:
    return method(linear_model(), middle_images(), _LABELS, chance=Chance(0, IDS))


def integrated_is_complete(make: Make = _integrated) -> Finding:
    """Look whether integrated gradients of an image sum to its logit minus that of black."""
    maps, images = _maps(make()), middle_images()
    gained = linear_model()(images)[:, 0] - linear_model()(torch.zeros_like(images))[:, 0]
    return near([float((maps.sum((1, 2, 3)) - gained).abs().max())], [0.0], 1e-6)


SALIENCE = (
    Oracle(
        name="salience/gradient",
        claim="The gradient of a linear model is its weight.",
        look=gradient_is_the_weight,
    ),
    Oracle(
        name="salience/smoothgrad",
        claim="SmoothGrad of a linear model is its gradient.",
        look=smooth_is_the_gradient,
    ),
    Oracle(
        name="salience/integrated-gradients",
        claim="Integrated gradients sum to what the logit gained over the baseline.",
        look=integrated_is_complete,
    ),
)
