"""Projected gradient descent, in full or until each image is fooled."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch

from cuelens.attacks.ascent import Watched, ascend, logits_and_gradient, require_arguments, start
from cuelens.attacks.protocol import Attacked
from cuelens.balls import Ball, Linf
from cuelens.errors import ConfigError
from cuelens.losses import margin
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels

__all__ = ["PGD"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PGD:
    """Repeated steepest ascent on the cross-entropy, projected back into a ball.

    Attributes:
        ball: The threat model. Its radius is in units of the pixel range [0, 1].
        step: Length of one step, in the ball's own norm and units. Positive.
        steps: How many steps to take. At least 1.
        random_start: Start from a random point of the ball instead of the image.
        stop_when_fooled: For evaluation: an image leaves the batch where a logit first exceeds
            that of its label (a tie is not enough), and is kept as it was there. Else, for
            training and for pictures, every step is taken.

    Raises:
        ConfigError: If `step` or `steps` is not positive, or a step in Linf is longer than 1.

    Source:
        Madry et al., 2018, https://arxiv.org/abs/1706.06083, section 2.1.
        Differs: none, unless `stop_when_fooled`.
    """

    version: ClassVar[int] = 1

    ball: Ball
    step: float
    steps: int
    random_start: bool = True
    stop_when_fooled: bool = False

    def __post_init__(self) -> None:
        if not (self.step > 0 and math.isfinite(self.step)):
            raise ConfigError(
                f"`step` must be a positive finite number, got {self.step}. "
                "In pixel units a quarter of the radius is usual, such as 2/255 for 8/255."
            )
        if isinstance(self.ball, Linf) and self.step > 1:
            raise ConfigError(
                f"`step` must be at most 1 (pixels are in [0, 1]), got {self.step:g}. "
                f"Did you mean {self.step:g}/255?"
            )
        if self.steps < 1:
            raise ConfigError(
                f"`steps` must be at least 1, got {self.steps}. Usual are 7 in training and "
                "20 or more in evaluation."
            )

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Attacked:
        """Return the perturbed images.

        Args:
            classify: Maps images to logits; already in eval mode.
            images: Pixels in [0, 1].
            labels: True classes.
            chance: Of the random start.

        Returns:
            Pixels in [0, 1], each within the ball of its image, and the steps each one took.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images.
            ModelError: If a logit is not finite.
        """
        images, labels = require_arguments(images, labels, chance)
        watched = Watched(classify, labels)
        current = start(self.ball, images, random_start=self.random_start, chance=chance)
        climb = self._climb_until_fooled if self.stop_when_fooled else self._climb
        attacked = climb(watched, images, current, labels)
        watched.require_finite()
        return attacked

    def _climb(
        self, classify: Classify, images: Images, current: Images, labels: Labels
    ) -> Attacked:
        """Take every step with every image."""
        for _ in range(self.steps if len(images) else 0):
            _, gradient = logits_and_gradient(classify, current, labels)
            current = ascend(
                self.ball, self.step, originals=images, current=current, gradient=gradient
            )
        taken = torch.full_like(labels, self.steps)
        return Attacked(images=current if len(images) else images.clone(), steps=taken)

    def _climb_until_fooled(
        self, classify: Classify, images: Images, current: Images, labels: Labels
    ) -> Attacked:
        """Let each image leave where the logits of its own gradient pass are already wrong."""
        found = current.clone()
        taken = torch.full_like(labels, self.steps)
        places = torch.arange(len(labels), device=labels.device)
        for step in range(self.steps):
            if not len(places):
                break
            logits, gradient = logits_and_gradient(classify, current, labels)
            fooled = margin(logits, labels) < 0
            if fooled.any():
                found[places[fooled]] = current[fooled]
                taken[places[fooled]] = step
                kept = ~fooled
                places, images, current = places[kept], images[kept], current[kept]
                labels, gradient = labels[kept], gradient[kept]
            current = ascend(
                self.ball, self.step, originals=images, current=current, gradient=gradient
            )
        found[places] = current
        return Attacked(images=found, steps=taken)
