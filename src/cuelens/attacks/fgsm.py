"""The fast gradient sign method: one step as long as the radius."""

from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

import torch

from cuelens.attacks.arguments import in_batches, require_ball, require_batch_size
from cuelens.attacks.ascent import ascend, logits_and_gradient, start
from cuelens.attacks.curves import CurveRecorder
from cuelens.attacks.protocol import Attacked
from cuelens.balls import Ball
from cuelens.losses import cross_entropy
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
        batch_size: How many images are attacked at once; bounds the memory, changes no result.
            None: 100 on a CPU, 500 elsewhere.

    Raises:
        ConfigError: If `ball` is no `Ball`, or `batch_size` is below 1.

    Source:
        Goodfellow et al., 2015, https://arxiv.org/abs/1412.6572, section 4.
        Differs: any ball, where the paper has Linf; with a random start the step keeps its length
        and is projected, as in Wong et al., 2020, https://arxiv.org/abs/2001.03994, whose step
        is 1.25 times the radius.
    """

    version: ClassVar[int] = 1

    ball: Ball
    random_start: bool = False
    batch_size: int | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_ball(self.ball)
        require_batch_size(self.batch_size)

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
            ModelError: If the logits are not (batch, class), or not finite.
        """
        return in_batches(
            self._search, classify, images, labels, chance=chance, batch_size=self.batch_size
        )

    def _search(
        self, classify: Classify, images: Images, labels: Labels, chance: Chance
    ) -> Attacked:
        steps = torch.ones_like(labels)
        record = CurveRecorder(labels, steps=1)
        found = start(self.ball, images, random_start=self.random_start, chance=chance)
        if len(images):
            loss = partial(cross_entropy, labels=labels)
            logits, losses, gradient = logits_and_gradient(classify, found, loss)
            length = partial(self.ball.length, found - images)
            record.note(0, slice(None), logits, length, losses=losses)
            found = ascend(
                self.ball, self.ball.radius, originals=images, current=found, gradient=gradient
            )
        lengths = self.ball.length(found - images)
        curve = record.curve(steps=steps, lengths=lengths)
        return Attacked(images=found, steps=steps, lengths=lengths, curve=curve)
