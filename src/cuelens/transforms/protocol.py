"""What every transform promises."""

from typing import ClassVar, Protocol, runtime_checkable

from cuelens.randomness import Chance
from cuelens.tensors import Images

__all__ = ["Transform"]


@runtime_checkable
class Transform(Protocol):
    """Maps images to images of the same shape, one cue weaker.

    A transform never changes its arguments, returns pixels in [0, 1], treats each image by
    itself, and draws only from `chance`: an image and its id determine the result.

    Attributes:
        version: Raised whenever the same settings give other pixels; part of every record's key.
    """

    version: ClassVar[int]

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the transformed images, pixels in [0, 1]."""
        ...
