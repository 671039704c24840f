"""Colour channels: which images have colours, and how bright those are to the eye."""

from jaxtyping import Float
from torch import Tensor

from cuelens.errors import DataError
from cuelens.tensors import Images

__all__ = ["LUMINANCE", "luminance", "require_colours"]

LUMINANCE = (0.299, 0.587, 0.114)
"""How bright red, green and blue are to the eye: ITU-R BT.601, on the pixels as stored."""


def require_colours(images: Images) -> None:
    """Refuse images that are neither red, green and blue nor grey.

    Raises:
        DataError: If there are neither three channels nor one.
    """
    channels = images.shape[1]
    if channels not in (1, 3):
        raise DataError(
            f"`images` must have 3 channels (red, green, blue) or 1, got {channels}. "
            "Convert them before."
        )


def luminance(images: Images) -> Float[Tensor, "batch height width"]:
    """Return how bright each pixel is: its weighted mean, or its only channel.

    Raises:
        DataError: If there are neither three channels nor one.
    """
    require_colours(images)
    if images.shape[1] == 1:
        return images[:, 0].clone()
    red, green, blue = images.unbind(1)
    return (red * LUMINANCE[0]).add_(green * LUMINANCE[1]).add_(blue * LUMINANCE[2])
