"""Paints each image in a style that is already known, at a working size, and takes it back.

It does not know which image gets which style, or why.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from cuelens.sources.style_networks import STYLE_SIDE, StyleVector, style_networks
from cuelens.tensors import Images
from cuelens.transforms.working_size import (
    back_from_pixels,
    central_square,
    for_each,
    resized,
    to_pixels,
    working_sides,
)

__all__ = ["between", "painted", "styles_of"]


def painted(
    images: Images, styles: Sequence[StyleVector | None], *, working_size: int, strength: float
) -> Images:
    """Return each image painted in its style, on as many threads as torch has.

    Args:
        images: Pixels in [0, 1], three channels or one.
        styles: One an image; None for the image's own.
        working_size: The shorter side in pixels at which images are painted.
        strength: How far the style goes from the image's own, 0, to the one given, 1.

    Returns:
        Pixels in [0, 1], the size of `images`.

    Raises:
        DataError: If there are neither three channels nor one.
        ModelError: If what painting needs is not installed.
    """
    networks = style_networks()

    def paint(place: int) -> Tensor:
        pixels, style = to_pixels(images[place]), styles[place]
        if style is None or strength < 1:
            own = networks.style_of(central_square(pixels, STYLE_SIDE))
            style = own if style is None else between(own, style, strength)
        sides = working_sides(pixels.shape[0], pixels.shape[1], working_size)
        return back_from_pixels(networks.painted(resized(pixels, *sides), style), images[place])

    return for_each(images, paint)


def styles_of(pictures: Images) -> list[StyleVector]:
    """Return the style of the central square of each picture.

    Args:
        pictures: Pixels in [0, 1], three channels or one.

    Raises:
        DataError: If there are neither three channels nor one.
        ModelError: If what painting needs is not installed.
    """
    networks = style_networks()
    return [
        networks.style_of(central_square(to_pixels(picture), STYLE_SIDE)) for picture in pictures
    ]


def between(own: StyleVector, other: StyleVector, strength: float) -> StyleVector:
    """Return the style that lies between two: at strength 0 the own, at 1 the other."""
    share = np.float32(strength)
    between: StyleVector = own * (1 - share) + other * share
    return between
