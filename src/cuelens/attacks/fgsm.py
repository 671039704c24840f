"""The fast gradient sign method: one step as long as the radius."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from cuelens.attacks.ascent import Watched, ascend, logits_and_gradient, require_arguments, start
from cuelens.attacks.protocol import Attacked
from cuelens.balls import Ball
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels

__all__ = ["FGSM"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FGSM:
    """One steepest step on the cross-entropy, as long as the ball's radius.

    Attributes:
        ball: The threat model. Its radius is in units of the pixel range [0, 1].
        random_start: Start from a random point of the ball instead of the image.

    Source:
        Goodfellow et al., 2015, https://arxiv.org/abs/1412.6572, section 4.
        Differs: any ball, where the paper has Linf; with a random start the step keeps its length
        and is projected, as in Wong et al., 2020, https://arxiv.org/abs/2001.03994, whose step
        is 1.25 times the radius.
    """

    version: ClassVar[int] = 1

    ball: Ball
    random_start: bool = False

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
            Pixels in [0, 1], each within the ball of its image; one step each.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images.
            ModelError: If a logit is not finite.
        """
        images, labels = require_arguments(images, labels, chance)
        steps = torch.ones_like(labels)
        if not len(images):
            return Attacked(images=images.clone(), steps=steps)
        watched = Watched(classify, labels)
        current = start(self.ball, images, random_start=self.random_start, chance=chance)
        _, gradient = logits_and_gradient(watched, current, labels)
        watched.require_finite()
        found = ascend(
            self.ball, self.ball.radius, originals=images, current=current, gradient=gradient
        )
        return Attacked(images=found, steps=steps)
