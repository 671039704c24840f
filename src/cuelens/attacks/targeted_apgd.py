"""Auto-PGD aimed at one class after the other, APGD-T, on the targeted DLR loss."""

import warnings
from dataclasses import dataclass, field
from typing import ClassVar

from cuelens.attacks.arguments import (
    in_batches,
    require_ball,
    require_batch_size,
    require_steps,
)
from cuelens.attacks.auto_step import auto_climb, start_on_boundary
from cuelens.attacks.curves import CurveRecorder
from cuelens.attacks.protocol import Attacked
from cuelens.attacks.targets import Aimed, over_targets, require_targets
from cuelens.balls import Ball
from cuelens.errors import FallbackWarning
from cuelens.losses import targeted_dlr, targeted_margin
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, Logits, PerImage, PerImageInt

__all__ = ["TargetedAPGD"]

_CLASSES_OF_DLR = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetedAPGD:
    """Ascent with momentum on the targeted DLR loss, for each of the best other classes.

    The loss divides by a distance between the first, third and fourth largest logits. With 2 or 3
    classes it is undefined: there the attack climbs the plain margin towards its target, and
    warns that it does.

    Attributes:
        ball: The threat model. Its radius is in units of the pixel range [0, 1].
        steps: How many steps to take towards each class. At least 1.
        targets: How many classes to aim at, the most probable first; all others, if fewer.
        batch_size: How many images are attacked at once; bounds the memory, changes no result.
            None: 100 on a CPU, 500 elsewhere.

    Raises:
        ConfigError: If `ball` is no `Ball`, or `steps`, `targets` or `batch_size` is below 1.

    Source:
        Croce & Hein, 2020, https://arxiv.org/abs/2003.01690, sections 4 and 5 (APGD-T).
        Differs: an image leaves the batch where it is fooled, which changes no verdict; few
        classes as above; the label is never a target, even of an image that is wrong.
    """

    version: ClassVar[int] = 1

    ball: Ball
    steps: int = 100
    targets: int = 9
    batch_size: int | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_ball(self.ball)
        require_steps(self.steps, "Usual are 100.")
        require_targets(self.targets)
        require_batch_size(self.batch_size)

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Attacked:
        """Return the perturbed images.

        Args:
            classify: Maps images to logits; already in eval mode.
            images: Pixels in [0, 1].
            labels: True classes.
            chance: Of the random starts.

        Returns:
            Pixels in [0, 1], each within the ball of its image, and the steps each one took.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images.
            ModelError: If the logits are not (batch, class), or not finite.

        Warns:
            FallbackWarning: If there are fewer than 4 classes.
        """
        return in_batches(
            self._search, classify, images, labels, chance=chance, batch_size=self.batch_size
        )

    def _search(
        self, classify: Classify, images: Images, labels: Labels, chance: Chance
    ) -> Attacked:
        record = CurveRecorder(labels, steps=self.targets * self.steps + 1)

        def aim(places: PerImageInt, targets: Labels, chance: Chance, before: int) -> Aimed:
            def loss(logits: Logits, rows: PerImageInt) -> PerImage:
                aimed = targeted_margin if _few_classes(logits) else targeted_dlr
                return aimed(logits, labels[places[rows]], targets[rows])

            begin = start_on_boundary(self.ball, images[places], chance=chance.again(before))
            climbed = auto_climb(
                classify,
                images[places],
                labels[places],
                ball=self.ball,
                loss=loss,
                begin=begin,
                steps=self.steps,
                stop_when_fooled=True,
                record=record,
                places=places,
                first_step=before * self.steps,
            )
            return Aimed(images=climbed.images, steps=climbed.steps, fooled=climbed.fooled)

        return over_targets(
            aim,
            classify,
            images,
            labels,
            ball=self.ball,
            targets=self.targets,
            chance=chance,
            record=record,
        )


def _few_classes(logits: Logits) -> bool:
    """Return whether the targeted DLR loss is undefined, and say so."""
    classes = logits.shape[1]
    if classes >= _CLASSES_OF_DLR:
        return False
    warnings.warn(
        f"The targeted DLR loss needs at least {_CLASSES_OF_DLR} classes, got {classes}. "
        "TargetedAPGD climbs the margin towards its target instead.",
        FallbackWarning,
        stacklevel=2,
    )
    return True
