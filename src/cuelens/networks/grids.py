"""Answers of layers as grids of places in the image: convolutions, token grids, channels last.

It knows shapes alone; what they leave open is stated by whoever knows the network.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Literal

from jaxtyping import Float
from torch import Tensor

__all__ = ["Answer", "GridLayout", "Grids", "Sides", "layout_of"]

Answer = Float[Tensor, "row *rest"]
"""What a layer answers with; usually one row an image."""

Grids = Float[Tensor, "batch channel rows columns"]
"""Channels of each place of a grid."""

Sides = tuple[int, int]
"""Height and width."""


@dataclass(frozen=True, slots=True)
class GridLayout:
    """Where in a layer's answer the grid is.

    Attributes:
        kind: (batch, channel, height, width), (batch, height, width, channel), or
            (batch, token, channel) with the grid row by row.
        height: Of the grid, in cells.
        width: Of the grid, in cells.
        prefix: How many tokens come before the grid: class and register tokens.
    """

    kind: Literal["channels-first", "channels-last", "tokens"]
    height: int
    width: int
    prefix: int = 0

    @property
    def sides(self) -> Sides:
        """Height and width."""
        return self.height, self.width

    def read(self, answer: Answer) -> Grids:
        """Return the grid of an answer that is laid out so; what is no part of it is dropped."""
        if self.kind == "channels-first":
            return answer
        if self.kind == "channels-last":
            return answer.permute(0, 3, 1, 2)
        places = answer[:, self.prefix :].transpose(1, 2)
        return places.reshape(*places.shape[:2], *self.sides)


def layout_of(
    shape: Sequence[int], *, size: Sides, stated: Sides | None = None, seen: Sides | None = None
) -> GridLayout | None:
    """Return where the grid is in answers of a shape; None where there is none.

    A grid has the image's proportions, to within one cell. Channels come first unless only the
    other reading has a grid. Tokens before the grid are fewer than those in it: the grid that
    earlier layers had is taken if it fits, else the largest.

    Args:
        shape: Of the answer, the batch included.
        size: Of the images, in pixels.
        stated: The grid, where it is known; then proportions do not count.
        seen: That of layers before.
    """
    if len(shape) == 4:
        first, last = (shape[2], shape[3]), (shape[1], shape[2])
        if first == stated or (stated is None and _proportional(first, size)):
            return GridLayout("channels-first", *first)
        if last == stated or (stated is None and _proportional(last, size)):
            return GridLayout("channels-last", *last)
    if len(shape) == 3 and shape[2] > 1:
        for sides in [stated] if stated else [seen, _largest(shape[1], size)]:
            prefix = shape[1] - sides[0] * sides[1] if sides else -1
            if sides and prefix >= 0 and (stated or 2 * prefix < shape[1]):
                return GridLayout("tokens", *sides, prefix)
    return None


def _proportional(sides: Sides, size: Sides) -> bool:
    """Return whether a grid has the proportions of an image, to within one cell."""
    return abs(sides[0] * size[1] - sides[1] * size[0]) <= max(size)


def _largest(tokens: int, size: Sides) -> Sides:
    """Return the largest grid of the image's proportions that so many tokens make."""
    height, width = size
    most = isqrt(tokens * height // width) + 1
    grids = ((rows, max(1, round(rows * width / height))) for rows in range(most, 0, -1))
    return next((grid for grid in grids if grid[0] * grid[1] <= tokens), (1, 1))
