"""Projected gradient descent, in full or until each image is fooled."""

import math
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

import torch

from cuelens.attacks.arguments import (
    in_batches,
    require_ball,
    require_batch_size,
    require_steps,
    usual_batch,
)
from cuelens.attacks.ascent import ascend, logits_and_gradient, start
from cuelens.attacks.curves import CurveRecorder
from cuelens.attacks.protocol import Attacked
from cuelens.balls import Ball, Linf
from cuelens.errors import ConfigError
from cuelens.losses import cross_entropy, margin
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.reals import require_number
from cuelens.tensors import Images, Labels, PerImage, PerImageInt

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
        batch_size: How many images are attacked at once; bounds the memory, changes no result.
            None: 100 on a CPU, 500 elsewhere.

    Raises:
        ArgumentError: If `step` is no number.
        ConfigError: If `ball` is no `Ball`, `step` or `steps` is not positive, or a step in Linf
            is longer than 1.

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
    batch_size: int | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_ball(self.ball)
        require_number("step", self.step)
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
        require_steps(self.steps, "Usual are 7 in training and 20 or more in evaluation.")
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
        # Whoever leaves early makes room for the next: those attacks fill their batches themselves.
        search = self._climb_until_fooled if self.stop_when_fooled else self._climb
        size = max(len(images), 1) if self.stop_when_fooled else self.batch_size
        return in_batches(search, classify, images, labels, chance=chance, batch_size=size)

    def _climb(
        self, classify: Classify, images: Images, labels: Labels, chance: Chance
    ) -> Attacked:
        """Take every step with every image of a batch."""
        current = start(self.ball, images, random_start=self.random_start, chance=chance)
        record = CurveRecorder(labels, steps=self.steps)
        loss = partial(cross_entropy, labels=labels)
        for step in range(self.steps if len(images) else 0):
            logits, losses, gradient = logits_and_gradient(classify, current, loss)
            length = partial(self._length, current, images)
            record.note(step, slice(None), logits, length, losses=losses)
            current = ascend(
                self.ball, self.step, originals=images, current=current, gradient=gradient
            )
        found = current.clone() if current is images else current
        return self._attacked(found, images, torch.full_like(labels, self.steps), record)

    def _climb_until_fooled(
        self, classify: Classify, images: Images, labels: Labels, chance: Chance
    ) -> Attacked:
        """Let an image leave where its own gradient pass shows it fooled, and the next one in."""
        size = self.batch_size or usual_batch(images.device)
        record = CurveRecorder(labels, steps=self.steps)
        found, taken = images.clone(), torch.full_like(labels, self.steps)
        places = labels.new_zeros(0)
        originals = current = images[:0]
        steps = labels.new_zeros(0)
        begun = 0
        while begun < len(images) or len(places):
            if begun < len(images) and len(places) < size:
                fresh = torch.arange(
                    begun, min(begun + size - len(places), len(images)), device=labels.device
                )
                begin = start(
                    self.ball,
                    images[fresh],
                    random_start=self.random_start,
                    chance=chance.take(fresh),
                )
                begun += len(fresh)
                places, steps = torch.cat([places, fresh]), torch.cat([steps, 0 * fresh])
                originals, current = images[places], torch.cat([current, begin])
            classes = labels[places]
            loss = partial(cross_entropy, labels=classes)
            logits, losses, gradient = logits_and_gradient(classify, current, loss)
            length = partial(self._length, current, originals)
            record.note(steps, places, logits, length, losses=losses)
            fooled = margin(logits, classes) < 0
            found[places[fooled]], taken[places[fooled]] = current[fooled], steps[fooled]
            current = ascend(
                self.ball, self.step, originals=originals, current=current, gradient=gradient
            )
            steps = steps + 1
            ended = ~fooled & (steps == self.steps)
            found[places[ended]] = current[ended]
            left = fooled | ended
            if left.any():
                stays = ~left
                places, steps = places[stays], steps[stays]
                originals, current = originals[stays], current[stays]
        return self._attacked(found, images, taken, record)

    def _attacked(
        self, found: Images, images: Images, steps: PerImageInt, record: CurveRecorder
    ) -> Attacked:
        lengths = self.ball.length(found - images)
        curve = record.curve(steps=steps, lengths=lengths)
        return Attacked(images=found, steps=steps, lengths=lengths, curve=curve)

    def _length(self, current: Images, originals: Images) -> PerImage:
        return self.ball.length(current - originals)
