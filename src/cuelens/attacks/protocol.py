"""What every attack promises."""

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from cuelens.attacks.curves import Curve
from cuelens.balls import ThreatModel
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, PerImage, PerImageInt

__all__ = ["Attack", "Attacked"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Attacked:
    """What an attack found.

    An image that is wrong when clean is attacked like any other, as the reference libraries do; a
    suite leaves it out.

    Attributes:
        images: Pixels in [0, 1], each within the attack's ball of its original.
        steps: How many steps each image took; fewer than the attack's steps where the image left
            because it was fooled, 0 where it was wrong before the first step.
        lengths: Of the perturbations, in the units of the attack's threat model.
        curve: Loss and length against step.
    """

    images: Images
    steps: PerImageInt
    lengths: PerImage
    curve: Curve


@runtime_checkable
class Attack(Protocol):
    """Searches a ball around each image for pixels that the classifier gets wrong.

    An attack never changes its arguments, the model's mode or any parameter's `grad`, returns
    pixels in [0, 1] inside its ball, treats each image by itself, and draws only from `chance`.
    It works through its images in batches, so that its memory does not depend on their number.

    Attributes:
        version: Raised whenever the same settings give other pixels; part of every record's key.
    """

    version: ClassVar[int]

    @property
    def ball(self) -> ThreatModel:
        """The threat model."""
        ...

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Attacked:
        """Return the perturbed images.

        Raises:
            ArgumentError: If images or labels are no tensors of their kind.
        """
        ...
