"""A picture painted in a style, as the condition paints it; its own style is read once.

While the strength is moved only the painting is done anew: reading the style takes half as long.
"""

import threading
from functools import lru_cache

from cuelens.errors import ModelError
from cuelens.explore.controls import STYLES
from cuelens.explore.pictures import Picture
from cuelens.sources.style_networks import StyleVector
from cuelens.tensors import Images
from cuelens.transforms import Stylised
from cuelens.transforms.painting import between, painted, styles_of
from cuelens.transforms.style_vectors import style_vectors

__all__ = ["painted_picture", "read_styles"]


@lru_cache(maxsize=16)
def painted_picture(picture: Picture, *, strength: float, number: int) -> Images:
    """Return a picture as the condition `stylised` paints it, bit for bit; remembered.

    Args:
        picture: What is painted.
        strength: How far the style goes from its own, 0, to the other's, 1; at 0 it is not painted.
        number: Of the style, from 1.

    Returns:
        Of the same shape, pixels in [0, 1].

    Raises:
        ModelError: If what stylising needs is not installed.
    """
    if strength == 0:
        return picture.images
    row = number - 1
    style = style_vectors(STYLES, [row])[row]
    if strength < 1:
        style = between(_own_style(picture), style, strength)
    size = Stylised(styles=STYLES).working_size
    return painted(picture.images, [style], working_size=size, strength=1)


def read_styles(leaving: threading.Event) -> None:
    """Read every style before it is asked for: to draw one and read it takes a third of a second.

    Where what stylising needs is not installed, nothing is read: who moves the slider is told.

    Args:
        leaving: Once it is set no further style is read.
    """
    for row in range(len(STYLES)):
        if leaving.is_set():
            return
        try:
            style_vectors(STYLES, [row])
        except ModelError:
            return


@lru_cache(maxsize=32)
def _own_style(picture: Picture) -> StyleVector:
    return styles_of(picture.images)[0]
