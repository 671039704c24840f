"""TRADES: accuracy on the images, and the same answer around them."""

import math
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch.nn.functional import cross_entropy

from cuelens.attacks.ascent import ascend, logits_and_gradient
from cuelens.balls import Ball
from cuelens.errors import ConfigError
from cuelens.losses import kullback_leibler
from cuelens.networks.classifier import Classify
from cuelens.tensors import Images
from cuelens.training.min_max import require_warm_up, strength_of
from cuelens.training.objectives import Lesson, Loss

__all__ = ["TRADES"]

_START = 1e-3
"""Deviation of the noise that the ascent starts from: at the image itself the slope is nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TRADES:
    """Cross-entropy on the images, and how far the answers move within a ball around them.

    Attributes:
        ball: The threat model. Its radius is in units of the pixel range [0, 1].
        step: Length of one step of the ascent, in the ball's norm and units. Positive.
        steps: Of the ascent on the divergence. At least 1.
        beta: Weight of the divergence. At least 0.
        warm_up: Epochs over which radius and step rise linearly from nothing. At least 0.

    Raises:
        ConfigError: If a setting is outside its range.

    Source:
        Zhang et al., 2019, https://arxiv.org/abs/1901.08573, equation 5 and algorithm 1.
        Differs: the radius warm-up, off by default.
    """

    ball: Ball
    step: float
    steps: int = 10
    beta: float = 6.0
    warm_up: float = 0.0

    def __post_init__(self) -> None:
        for name in ("step", "steps"):
            value = getattr(self, name)
            if not (value > 0 and math.isfinite(value)):
                raise ConfigError(
                    f"`{name}` must be a positive finite number, got {value}. Usual are 10 steps "
                    "of 2/255."
                )
        if not (self.beta >= 0 and math.isfinite(self.beta)):
            raise ConfigError(
                f"`beta` must be a finite number of at least 0, got {self.beta}. Usual is 6."
            )
        require_warm_up(self.warm_up)

    def __call__(self, learner: Classify, classify: Classify, lesson: Lesson) -> Loss:
        """Return the cross-entropy plus `beta` times the divergence, each a mean over the batch.

        Both terms pass their gradient to the answers on the images.
        """
        attacked = self._attacked(classify, lesson)
        logits = learner(lesson.images)
        divergence = kullback_leibler(learner(attacked), logits).mean()
        return cross_entropy(logits, lesson.labels) + self.beta * divergence

    def _attacked(self, classify: Classify, lesson: Lesson) -> Images:
        """Return the images where the answers are furthest from those on the images."""
        images, strength = lesson.images, strength_of(self.warm_up, lesson.epochs_done)
        if strength == 0:
            return images
        # Every ball is a dataclass with a radius, which a protocol cannot say.
        ball = replace(self.ball, radius=self.ball.radius * strength)  # type: ignore[type-var]
        with torch.no_grad():
            divergence = partial(kullback_leibler, reference=classify(images))
        noise = lesson.chance.normal(images.shape[1:], method="trades-start").to(images)
        current = images + _START * noise
        for _ in range(self.steps):
            _, _, gradient = logits_and_gradient(classify, current, divergence)
            current = ascend(
                ball, self.step * strength, originals=images, current=current, gradient=gradient
            )
        return current
