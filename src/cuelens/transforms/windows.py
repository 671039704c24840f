"""Windows about every pixel, as slices of one flat array that are shifted against each other.

Filters that look at the neighbours of a pixel are written as arithmetic on such slices, element by
element, in NumPy: an image then has the same bits in any batch, on any number of threads and in any
memory layout, and every slice is one run of memory. Nothing here knows what is done with a window.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from cuelens.tensors import Images

__all__ = ["Block", "Flat", "Mirrored", "in_blocks", "mirrored"]

Block = Float[np.ndarray, "channel height width batch"]
"""Some images with the batch innermost."""

Flat = Float[np.ndarray, "channel place"]
"""The pixels of a block, or a run of them, in one row a channel."""

VALUES = 2**16
"""How many pixel values a block has, if it is more than one image: what is made on the way stays in
the cache."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mirrored:
    """A block that goes on beyond its borders as its mirror image, laid flat.

    A pixel and its neighbour `down` rows below and `across` columns to the right are
    `shift(down, across)` places apart. Between the rows of the block lie the borders; what is
    computed there is left out by `block`.

    Attributes:
        flat: All pixels, borders included.
        height: Of the block, in pixels.
        width: Of the block, in pixels.
        batch: How many images.
        rows: Of border above, and below.
        columns: Of border at the left, and at the right.
    """

    flat: Flat
    height: int
    width: int
    batch: int
    rows: int
    columns: int

    def shift(self, down: int, across: int) -> int:
        """Return how many places apart two pixels are."""
        return (down * (self.width + 2 * self.columns) + across) * self.batch

    @property
    def first(self) -> int:
        """The place of the first pixel within the borders."""
        return self.shift(self.rows, self.columns)

    @property
    def last(self) -> int:
        """The place behind the last pixel within the borders."""
        return self.shift(self.rows + self.height - 1, self.columns + self.width)

    def block(self, inner: Flat) -> Block:
        """Return what was computed for the places from `first` to `last`, as a view.

        Args:
            inner: One row a channel, contiguous.
        """
        size = inner.itemsize
        steps = (self.shift(1, 0) * size, self.batch * size, size)
        return np.lib.stride_tricks.as_strided(
            inner,
            shape=(len(inner), self.height, self.width, self.batch),
            strides=(inner.strides[0], *steps),
            writeable=False,
        )


def mirrored(block: Block, rows: int, columns: int) -> Mirrored:
    """Return a block with borders that mirror it: d c b a | a b c d | d c b a, and on.

    Args:
        block: Any range.
        rows: Added above, and below.
        columns: Added at the left, and at the right.
    """
    channels, height, width, batch = block.shape
    for axis, border in ((1, rows), (2, columns)):
        if border:
            side = block.shape[axis]
            places = np.arange(-border, side + border) % (2 * side)
            block = block.take(np.where(places < side, places, 2 * side - 1 - places), axis)
    flat = np.ascontiguousarray(block).reshape(channels, -1)
    return Mirrored(flat=flat, height=height, width=width, batch=batch, rows=rows, columns=columns)


def in_blocks(images: Images, work: Callable[[Block], Block], *, alone: bool = False) -> Images:
    """Return what `work` makes of the images, some at a time.

    Args:
        images: Any range.
        work: Maps a block to a block of the same shape; treats each image by itself.
        alone: Whether each channel is an image of its own, as which it is handed on.

    Returns:
        A new contiguous tensor, where the images are.
    """
    if alone:
        return in_blocks(images.flatten(0, 1)[:, None], work).view(images.shape)
    pixels = images.detach().cpu().numpy()
    out = np.empty(pixels.shape, dtype=pixels.dtype)
    count = max(1, VALUES // max(1, math.prod(pixels.shape[1:])))
    for start in range(0, len(pixels), count):
        part = slice(start, start + count)
        out[part] = work(pixels[part].transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)
    return torch.from_numpy(out).to(images.device)
