"""What every salience method promises."""

from typing import ClassVar, Protocol, runtime_checkable

from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels

__all__ = ["Salience"]


@runtime_checkable
class Salience(Protocol):
    """Maps images to raw, signed maps of the same shape; display is another matter.

    A salience method never changes its arguments, the model's mode or any parameter's `grad`,
    treats each image by itself, and draws only from `chance`.

    Attributes:
        version: Raised whenever the same settings give other maps; part of every record's key.
    """

    version: ClassVar[int]

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Images:
        """Return one signed number a pixel and channel; any range.

        Raises:
            ArgumentError: If images or labels are no tensors of their kind.
        """
        ...
