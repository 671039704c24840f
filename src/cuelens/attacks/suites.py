"""Several attacks on the same images, of which the worst counts.

It knows the usual suites and how to take the worst case image by image; it does not know records.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from cuelens.attacks.apgd import APGD
from cuelens.attacks.arguments import Watched, checked, require_ball, usual_batch
from cuelens.attacks.pgd import PGD
from cuelens.attacks.protocol import Attack
from cuelens.attacks.square import Square
from cuelens.attacks.targeted_apgd import TargetedAPGD
from cuelens.attacks.targeted_fab import TargetedFAB
from cuelens.balls import Ball
from cuelens.errors import ConfigError
from cuelens.losses import margin
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, PerImage, PerImageInt

__all__ = ["Suite", "WorstCase", "quick_suite", "strong_suite"]


@dataclass(frozen=True, kw_only=True, slots=True)
class WorstCase:
    """What the attacks of a suite found together.

    Attributes:
        images: Pixels in [0, 1]: where an attack fooled the classifier, what did; where none did,
            what the last one made; where the image was wrong when clean, the image itself.
        clean_right: Which images were right when clean. The others were not attacked: their steps
            and lengths are 0.
        broken_by: Place in the suite of the attack that fooled the classifier; -1 where none did,
            and where the image was wrong when clean.
        steps: How many steps the attack took that fooled the classifier, or the last one.
        lengths: Of the perturbations, in the units of the suite's ball.
    """

    images: Images
    clean_right: Bool[Tensor, " batch"]
    broken_by: PerImageInt
    steps: PerImageInt
    lengths: PerImage

    @property
    def robust(self) -> Bool[Tensor, " batch"]:
        """Which images were right when clean and survived; their share is the robust accuracy."""
        return self.clean_right & (self.broken_by < 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Suite:
    """Attacks by name, of which each image keeps the worst.

    Attributes:
        members: Name and attack, in the order in which they run; all of one ball.
        in_turn: Whether each attacks only what is still right, and the search ends in float32 on
            every survivor. Else each attacks every image, so that each has its own number.

    Raises:
        ConfigError: If there is no member, a name comes twice or the balls differ.
    """

    members: tuple[tuple[str, Attack], ...]
    in_turn: bool

    def __post_init__(self) -> None:
        names = [name for name, _ in self.members]
        if not names or len(set(names)) < len(names):
            raise ConfigError(
                f"`members` must be at least one attack, each with a name of its own, got "
                f"{', '.join(names) or 'none'}."
            )
        balls = {repr(attack.ball) for _, attack in self.members}
        if len(balls) > 1:
            raise ConfigError(
                f"The attacks of a suite must have one ball, got {', '.join(sorted(balls))}. "
                "A worst case over several threats is not a robust accuracy."
            )

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> WorstCase:
        """Return the worst case over the members, each on the images that are still right.

        Args:
            classify: Maps images to logits; already in eval mode.
            images: Pixels in [0, 1].
            labels: True classes.
            chance: Of the attacks.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images.
            ModelError: If the logits are not (batch, class), or not finite.
        """
        images, labels = checked(images, labels, chance)
        found = images.clone()
        broken, steps = torch.full_like(labels, -1), torch.zeros_like(labels)
        lengths = images.new_zeros(len(images))
        watched = Watched(classify, labels)
        right = ~_wrong(watched, images, labels)
        watched.require_finite()
        places = torch.nonzero(right)[:, 0]
        for number, (_, attack) in enumerate(self.members):
            if not len(places):
                break
            run = attack(classify, images[places], labels[places], chance=chance.take(places))
            found[places], steps[places], lengths[places] = run.images, run.steps, run.lengths
            wrong = _wrong(classify, run.images, labels[places])
            broken[places[wrong]] = number
            places = places[~wrong]
        return WorstCase(
            images=found, clean_right=right, broken_by=broken, steps=steps, lengths=lengths
        )


def _wrong(classify: Classify, images: Images, labels: Labels) -> Bool[Tensor, " batch"]:
    """Return which images are classified wrong; a tie is not."""
    wrong = torch.zeros(len(images), dtype=torch.bool, device=images.device)
    with torch.no_grad():
        for rows in torch.split(
            torch.arange(len(images), device=images.device), usual_batch(images.device)
        ):
            wrong[rows] = margin(classify(images[rows]), labels[rows]) < 0
    return wrong


def quick_suite(ball: Ball) -> Suite:
    """Return PGD of 20 steps of a quarter of the radius, and one run of APGD-CE; each alone.

    Args:
        ball: The threat model.

    Raises:
        ConfigError: If `ball` is no `Ball`.
    """
    require_ball(ball)
    pgd = PGD(ball=ball, step=ball.radius / 4, steps=20, stop_when_fooled=True)
    return Suite(members=(("pgd-20", pgd), ("apgd-ce", APGD(ball=ball))), in_turn=False)


def strong_suite(ball: Ball) -> Suite:
    """Return the standard AutoAttack four, each on the images that are still right.

    Args:
        ball: The threat model.

    Source:
        Croce & Hein, 2020, https://arxiv.org/abs/2003.01690, section 6.
        Differs: as its members do; nothing that changes a verdict on purpose.
    """
    members: tuple[tuple[str, Attack], ...] = (
        ("apgd-ce", APGD(ball=ball)),
        ("apgd-t", TargetedAPGD(ball=ball)),
        ("fab-t", TargetedFAB(ball=ball)),
        ("square", Square(ball=ball)),
    )
    return Suite(members=members, in_turn=True)
