"""Square windows of images, one an image, and the pattern that the L2 attack puts into them.

It knows where a window lies and how large it is; it does not know balls or classifiers.
"""

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from cuelens.tensors import Images

__all__ = ["Content", "Windows", "dipoles", "window_side", "windows_drawn"]

Content = Float[Tensor, "batch channel pixel"]
"""What the images show in one window each, row by row."""

_HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
"""After so many queries, the share of the image that a window covers halves."""


@dataclass(frozen=True, slots=True)
class Windows:
    """One window of each image of a batch, all of one side.

    Attributes:
        pixels: Places of the window's pixels in a channel, counted row by row.
    """

    pixels: Int[Tensor, "batch pixel"]

    def read(self, images: Images) -> Content:
        """Return a copy of what the images show in their windows."""
        return images.flatten(2).gather(2, self._in_every_channel(images))

    def write(self, images: Images, content: Content) -> None:
        """Put `content` into the windows of contiguous `images`, in place."""
        batch, channels = images.shape[:2]
        images.view(batch, channels, -1).scatter_(2, self._in_every_channel(images), content)

    def _in_every_channel(self, images: Images) -> Int[Tensor, "batch channel pixel"]:
        return self.pixels[:, None].expand(-1, images.shape[1], -1)


def windows_drawn(numbers: Float[Tensor, "batch 2"], images: Images, side: int) -> Windows:
    """Return windows that lie where the numbers say, each place in the image equally likely.

    Args:
        numbers: Of row and column, uniform in [0, 1), float32. Times a whole number they round
            below it, so that no window hangs over the edge.
        images: Only their size matters.
        side: Of the windows, in pixels; not above that of the images.
    """
    height, width = images.shape[2:]
    top = (numbers[:, :1] * (height - side + 1)).long()
    left = (numbers[:, 1:] * (width - side + 1)).long()
    return Windows(top * width + left + _offsets(side, width, images.device))


@lru_cache(maxsize=16)
def _offsets(side: int, width: int, device: torch.device) -> Int[Tensor, " pixel"]:
    """Return how far the pixels of a window lie behind its first one."""
    line = torch.arange(side, device=device)
    return (line[:, None] * width + line).flatten()


def window_side(query: int, images: Images, *, start_share: float, least: int, odd: bool) -> int:
    """Return how many pixels wide and high the window of a query is.

    Args:
        query: Counts from 1.
        images: Only their size matters.
        start_share: Of the image's area that the first windows cover.
        least: The smallest side, where the image has room for it.
        odd: Whether an even side grows by 1, where the image has room for it.

    Source:
        Andriushchenko et al., 2020, https://arxiv.org/abs/1912.00049, section 3.1, with the
        schedule of 10,000 queries.
        Differs: none.
    """
    height, width = images.shape[2:]
    share = start_share / 2 ** bisect_left(_HALVINGS, query - 1)
    side = max(round(math.sqrt(share * height * width)), least)
    if odd and side % 2 == 0:
        side += 1
    return min(side, height, width)


@lru_cache(maxsize=16)
def dipoles(side: int, kind: torch.dtype, device: torch.device) -> Float[Tensor, "2 pixel"]:
    """Return a bump beside its negative, of unit length: one above the other, then turned.

    A bump is a stack of squares of side 1, 3, 5 and so on about its centre, the k-th 1/k**2 high.

    Args:
        side: Of the window, in pixels.
        kind: Type of the result.
        device: Of the result.

    Source:
        Andriushchenko et al., 2020, https://arxiv.org/abs/1912.00049, section 3.3.
        Differs: none.
    """
    above = torch.cat([_bump(side // 2, side), -_bump(side - side // 2, side)])
    both = torch.stack([above.flatten(), above.T.flatten()])
    unit: Tensor = both / torch.linalg.vector_norm(above)
    return unit.to(device, kind)


def _bump(height: int, width: int) -> Float[Tensor, "height width"]:
    """Return the stack of squares in a rectangle, scaled to unit length, in float64."""
    if not height:
        return torch.zeros(0, width, dtype=torch.float64)
    layers = torch.arange(1, max(height, width) // 2 + 2, dtype=torch.float64) ** -2
    heights = layers.flip(0).cumsum(0).flip(0)  # at each distance, all layers that reach as far
    rows = (torch.arange(height) - height // 2).abs()
    columns = (torch.arange(width) - width // 2).abs()
    bump = heights[torch.maximum(rows[:, None], columns)]
    length: Tensor = torch.linalg.vector_norm(bump)
    return bump / length
