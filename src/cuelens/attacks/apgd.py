"""Auto-PGD on the cross-entropy, APGD-CE: no step length to choose."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch

from cuelens.attacks.arguments import (
    in_batches,
    require_ball,
    require_batch_size,
    require_steps,
)
from cuelens.attacks.auto_step import auto_climb, start_on_boundary
from cuelens.attacks.curves import CurveRecorder
from cuelens.attacks.protocol import Attacked
from cuelens.balls import Ball
from cuelens.losses import cross_entropy
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, Logits, PerImage, PerImageInt

__all__ = ["APGD"]


@dataclass(frozen=True, kw_only=True, slots=True)
class APGD:
    """Ascent with momentum on the cross-entropy; steps halve where the loss stops rising.

    Attributes:
        ball: The threat model. Its radius is in units of the pixel range [0, 1].
        steps: How many steps to take. At least 1.
        random_start: Start from a random point of the ball's boundary instead of the image.
        stop_when_fooled: An image leaves the batch at its first wrong iterate. Else every step
            is taken, and the last wrong iterate is kept.
        batch_size: How many images are attacked at once; bounds the memory, changes no result.
            None: 100 on a CPU, 500 elsewhere.

    Raises:
        ConfigError: If `ball` is no `Ball`, or `steps` or `batch_size` is below 1.

    Source:
        Croce & Hein, 2020, https://arxiv.org/abs/2003.01690, algorithm 1, loss CE.
        Differs: with `stop_when_fooled` images leave the batch, which changes no verdict. An image
        that is not fooled comes back where its loss was highest, not unchanged.
    """

    version: ClassVar[int] = 1

    ball: Ball
    steps: int = 100
    random_start: bool = True
    stop_when_fooled: bool = True
    batch_size: int | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_ball(self.ball)
        require_steps(self.steps, "Usual are 100.")
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
            Pixels in [0, 1], each within the ball of its image, and the steps each one took.

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
        def loss(logits: Logits, rows: PerImageInt) -> PerImage:
            return cross_entropy(logits, labels[rows])

        begin = images
        if self.random_start:
            begin = start_on_boundary(self.ball, images, chance=chance)
        record = CurveRecorder(labels, steps=self.steps + 1)
        climbed = auto_climb(
            classify,
            images,
            labels,
            ball=self.ball,
            loss=loss,
            begin=begin,
            steps=self.steps,
            stop_when_fooled=self.stop_when_fooled,
            record=record,
            places=torch.arange(len(labels), device=labels.device),
        )
        lengths = self.ball.length(climbed.images - images)
        curve = record.curve(steps=climbed.steps, lengths=lengths)
        return Attacked(images=climbed.images, steps=climbed.steps, lengths=lengths, curve=curve)
