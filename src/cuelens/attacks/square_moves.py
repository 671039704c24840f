"""How the Square attack searches a ball: where it begins, and what it tries next.

It knows what a try changes and how to take it back; whether one is kept, it does not know.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from cuelens.attacks.squares import Content, Windows, dipoles, window_side, windows_drawn
from cuelens.balls import L2, Linf
from cuelens.randomness import Chance
from cuelens.tensors import Images

__all__ = ["Change", "L2Moves", "LinfMoves", "Moves", "settle"]

_TINY = 1e-12

Numbers = Float[Tensor, "batch number"]
"""Uniform in [0, 1): all the chance of one query."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a try wrote into one window of each image, and what was there before."""

    windows: Windows
    before: Content
    after: Content


def settle(images: Images, changes: tuple[Change, ...], kept: Bool[Tensor, " batch"]) -> None:
    """Take a try back, in place, in the images where it is not kept.

    Args:
        images: As the try left them.
        changes: Of the try; a later one covers an earlier one.
        kept: Which images stay as they are.
    """
    rows = kept[:, None, None]
    for change in changes:
        change.windows.write(images, torch.where(rows, change.after, change.before))


@runtime_checkable
class Moves(Protocol):
    """A search of one kind of ball. A try costs what its windows cost, not what the images do."""

    def numbers(self, channels: int) -> int:
        """Return with how many numbers of [0, 1) a try is drawn, for each image."""
        ...

    def start(self, images: Images, *, chance: Chance) -> Images:
        """Return where the search begins: a pattern on the boundary, clamped to [0, 1]."""
        ...

    def attempt(
        self, images: Images, originals: Images, numbers: Numbers, *, query: int
    ) -> tuple[Change, ...]:
        """Change the images in place, within the ball and [0, 1].

        Args:
            images: The best so far; contiguous.
            originals: The centres of the balls.
            numbers: The chance of this query.
            query: Counts from 1.

        Returns:
            What changed, for `settle`.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class LinfMoves:
    """Windows whose every channel goes to the top or the bottom of the ball.

    Attributes:
        ball: The threat model.
        start_share: Of the image's area that the first windows cover.
    """

    ball: Linf
    start_share: float

    def numbers(self, channels: int) -> int:
        """Return how many say where a window lies and which sign a channel has."""
        return 2 + channels

    def start(self, images: Images, *, chance: Chance) -> Images:
        """Return the images under vertical stripes, each one pixel wide with a sign a channel."""
        channels, width = images.shape[1], images.shape[3]
        numbers = chance.uniform((channels, 1, width), method="square-start")
        return (images + self.ball.radius * _signs(numbers, images)).clamp_(0, 1)

    def attempt(
        self, images: Images, originals: Images, numbers: Numbers, *, query: int
    ) -> tuple[Change, ...]:
        """Fill one window of each image, each channel with a sign of its own."""
        side = window_side(query, images, start_share=self.start_share, least=1, odd=False)
        windows = windows_drawn(numbers[:, :2], images, side)
        before = windows.read(images)
        # The published step of twice the radius ends on the boundary, wherever it began.
        signs = _signs(numbers[:, 2:, None], images)
        after = (windows.read(originals) + self.ball.radius * signs).clamp_(0, 1)
        windows.write(images, after)
        return (Change(windows, before, after),)


@dataclass(frozen=True, kw_only=True, slots=True)
class L2Moves:
    """Windows that take over the length of another window, and what clamping left unused.

    Attributes:
        ball: The threat model.
        start_share: Of the image's area that the first windows cover.
    """

    ball: L2
    start_share: float

    def numbers(self, channels: int) -> int:
        """Return how many say where two windows lie, how a dipole is turned, and its signs."""
        return 5 + channels

    def start(self, images: Images, *, chance: Chance) -> Images:
        """Return the images under a grid of dipoles, about five along the shorter side."""
        batch, channels, height, width = images.shape
        side = max(min(height, width) // 5, 1)
        rows, columns = height // side, width // side
        top, left = (height - rows * side) // 2, (width - columns * side) // 2
        numbers = chance.uniform((rows, columns, 1 + channels), method="square-start")
        pattern = torch.zeros_like(images)
        for row in range(rows):
            for column in range(columns):
                tile = _dipoles_drawn(numbers[:, row, column].to(images.device), images, side)
                across = slice(top + row * side, top + (row + 1) * side)
                along = slice(left + column * side, left + (column + 1) * side)
                pattern[:, :, across, along] = tile.view(batch, channels, side, side)
        return (images + self.ball.radius * self.ball.steepest(pattern)).clamp_(0, 1)

    def attempt(
        self, images: Images, originals: Images, numbers: Numbers, *, query: int
    ) -> tuple[Change, ...]:
        """Add a dipole to one window of each image, paid for by another, which is emptied."""
        side = window_side(query, images, start_share=self.start_share, least=3, odd=True)
        into = windows_drawn(numbers[:, :2], images, side)
        out = windows_drawn(numbers[:, 2:4], images, side)
        length = self.ball.length(images - originals)
        unused = (self.ball.radius**2 - length.square()) / images.shape[1]
        # Emptied one after the other, so that what they share is counted once.
        into_before, into_centre = into.read(images), into.read(originals)
        into.write(images, into_centre)
        out_before, out_centre = out.read(images), out.read(originals)
        out.write(images, out_centre)
        held = into_before - into_centre
        squares = _squares(held) + _squares(out_before - out_centre) + unused[:, None, None]
        direction = _unit(held) + _dipoles_drawn(numbers[:, 4:], images, side)
        lengths = squares.clamp_min_(0).sqrt_()
        after = (into_centre + _unit(direction) * lengths).clamp_(0, 1)
        into.write(images, after)
        return (Change(out, out_before, out_centre), Change(into, into_before, after))


def _signs(numbers: Tensor, like: Tensor) -> Tensor:
    """Return -1 or 1 for each number of [0, 1), in the type of `like` and on its device."""
    return (numbers.to(like.device) >= 0.5).to(like.dtype).mul_(2).sub_(1)


def _dipoles_drawn(numbers: Numbers, like: Images, side: int) -> Content:
    """Return a dipole an image: the first number turns it, the others are signs of channels."""
    ways = dipoles(side, like.dtype, like.device)[(numbers[:, 0] >= 0.5).long()]
    return ways[:, None] * _signs(numbers[:, 1:, None], like)


def _squares(content: Content) -> Float[Tensor, "batch channel 1"]:
    """Return the sum of squares of each channel."""
    return content.square().sum(2, keepdim=True)


def _unit(content: Content) -> Content:
    """Return each channel scaled to unit length; nothing stays nothing."""
    return content / _squares(content).sqrt_().clamp_min_(_TINY)
