"""Means of the pixels around, weighted by how alike they are: what edge-preserving filters share.

It weighs neighbours by what they look like and by how far they are; which of the two matters is for
the filter to say.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import Float

from cuelens.transforms.windows import Block, Flat, mirrored

__all__ = ["neighbour_means"]


def _half_window(radius: int) -> Iterator[tuple[int, int]]:
    """Yield the offsets of one half of a square window; the other half mirrors it."""
    for across in range(1, radius + 1):
        yield 0, across
    for down in range(1, radius + 1):
        for across in range(-radius, radius + 1):
            yield down, across


def _box_sums(
    squares: Flat, patch: int, steps: Iterable[int]
) -> Float[np.ndarray, "channel inside"]:
    """Return the sums over square windows that lie inside."""
    for step in steps:
        places = squares.shape[1] - 2 * patch * step
        total = squares[:, :places]
        for shift in range(step, 2 * patch * step + 1, step):
            total = total + squares[:, shift : shift + places]
        squares = total
    return squares


def neighbour_means(
    block: Block, *, search: int, patch: int, tolerance: float, closeness: float
) -> Block:
    """Return each pixel's mean over its window, alike pixels weighing more.

    The weight of a neighbour is exp(-d / tolerance - closeness r^2), where r is its distance in
    pixels and d the mean squared difference, over channels, of the patches about the two. All
    channels of a pixel have the same weights. Beyond its borders an image goes on as its mirror
    image.

    Args:
        block: Any range.
        search: Radius of the window, in pixels. At least 0.
        patch: Radius of the patches that are compared, in pixels. At least 0: the pixels alone.
        tolerance: Squared, in pixel units. Above 0.
        closeness: Per square pixel. At least 0.
    """
    field = mirrored(block, search + patch, search + patch)
    places, corner = field.last - field.first, field.shift(patch, patch)
    centre = field.flat[:, field.first : field.last]
    change, weight = np.zeros_like(centre), np.ones_like(centre[:1])
    scale = -1 / (tolerance * len(block) * (2 * patch + 1) ** 2)
    for down, across in _half_window(search):
        # A pair of pixels is compared once and serves both: the first may be a pixel of the image
        # or lie before it by as much as the second lies behind.
        apart = field.shift(down, across)
        start, stop = field.first - apart - corner, field.last + corner
        differences = field.flat[:, start + apart : stop + apart] - field.flat[:, start:stop]
        squares = differences * differences
        for channel in range(1, len(block)):
            squares[:1] += squares[channel]
        alike = _box_sums(squares[:1], patch, (field.shift(1, 0), field.shift(0, 1)))
        alike = alike * alike.dtype.type(scale)
        alike -= alike.dtype.type(closeness * (down**2 + across**2))
        np.exp(alike, out=alike)
        pulls = differences[:, corner : corner + places + apart]
        pulls *= alike
        change += pulls[:, apart:]
        change -= pulls[:, :places]
        weight += alike[:, apart:]
        weight += alike[:, :places]
    change /= weight
    change += centre
    return field.block(change)
