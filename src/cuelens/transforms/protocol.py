"""What every transform promises, those that need to know where the figure is among them."""

from typing import ClassVar, Protocol, runtime_checkable

from cuelens.randomness import Chance
from cuelens.tensors import Images, Masks

__all__ = ["MaskTransform", "Movement", "Transform"]


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
        """Return the transformed images, pixels in [0, 1].

        Raises:
            ArgumentError: If `images` is no floating-point tensor of four axes.
        """
        ...


@runtime_checkable
class MaskTransform(Protocol):
    """Maps images and the masks of their figures to images: for data sets that know masks.

    It promises what a `Transform` promises, of an image with its mask. At run time a protocol is
    told by its members alone, so ask for this one first: `needs_masks` is what no other has.

    Attributes:
        version: As of a `Transform`.
        needs_masks: True.
    """

    version: ClassVar[int]
    needs_masks: ClassVar[bool]

    def __call__(self, images: Images, *, masks: Masks, chance: Chance) -> Images:
        """Return the transformed images, pixels in [0, 1]."""
        ...


@runtime_checkable
class Movement(Protocol):
    """A transform that moves pixels and changes none: what it moved can be put back.

    A map of a moved image is compared with the map of the image itself only after that.
    """

    def put_back(self, moved: Images, *, chance: Chance) -> Images:
        """Return moved images, or maps of them, with every pixel where it was; any range."""
        ...
