"""Occlusion: what the score loses when a window of the image is covered."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch

from cuelens.arguments import require_arguments
from cuelens.errors import ConfigError
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.reals import require_whole
from cuelens.salience.baselines import Baseline, ConstantColour
from cuelens.salience.copies import require_batch_size, scores_at_copies
from cuelens.salience.score import Score, require_score
from cuelens.tensors import Images, Labels

__all__ = ["Occlusion"]

_GREY = ConstantColour(value=0.5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Occlusion:
    """The score that is lost where a square window covers the image.

    Windows begin at the left and upper edge, every `stride` pixels; the last of a row and of a
    column may end beyond the image. A pixel gets the mean loss over the windows that cover it,
    spread equally over the channels. An image of side n takes about (n / stride)^2 passes, 49 as
    the settings are.

    Attributes:
        window: Side in pixels. At least 1, at most the image's shorter side. None: a quarter of
            that side.
        stride: From one window to the next, in pixels. At least 1, at most `window`, so that
            every pixel is covered. None: half the window.
        cover: What is seen in the window.
        score: What is explained.
        batch_size: How many covered images meet the classifier at a time. Bounds memory, changes
            no map, and is therefore no part of the method's identity.

    Raises:
        ConfigError: If a number is outside its range.

    Source:
        Zeiler & Fergus, 2014, https://arxiv.org/abs/1311.2901, section 4.2.
        Differs: the loss of the score, where the paper draws the score that is left; pixels under
        several windows get their mean.
    """

    version: ClassVar[int] = 1

    window: int | None = None
    stride: int | None = None
    cover: Baseline = _GREY
    score: Score = Score.PROBABILITY
    batch_size: int = field(default=64, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_score(self.score)
        for name, value in (("window", self.window), ("stride", self.stride)):
            if value is None:
                continue
            require_whole(name, value)
            if value < 1:
                raise ConfigError(f"`{name}` must be at least 1 pixel, got {value}.")
        if self.window is not None:
            self._stride(self.window)
        require_batch_size(self.batch_size)

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Images:
        """Return the maps.

        Args:
            classify: Maps images to logits; already in eval mode.
            images: Pixels in [0, 1].
            labels: The classes that are explained.
            chance: Of the cover, if it draws.

        Returns:
            Score lost, signed, in units of the score; same shape as `images`, the same number in
            every channel, their sum over channels the loss.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images, or the images are smaller
                than the window.
        """
        images, labels = require_arguments(images, labels, chance)
        places = self._places(*images.shape[2:])
        cover = self.cover(images, chance=chance)
        total = torch.zeros_like(images[:, :1])
        windows = torch.zeros_like(total)
        clean = torch.zeros_like(images[:, 0, 0, 0])

        def covered(number: int, rows: slice) -> Images:
            copies = images[rows].clone()
            if number:  # copy 0 is the image itself
                place = (slice(None), slice(None), *places[number - 1])
                copies[place] = cover[rows][place]
            return copies

        found = scores_at_copies(
            classify,
            labels,
            covered,
            copies=1 + len(places),
            score=self.score,
            batch_size=self.batch_size,
        )
        for number, rows, scores in found:
            if number:
                place = (rows, slice(None), *places[number - 1])
                total[place] += (clean[rows] - scores)[:, None, None, None]
                windows[place] += 1
            else:
                clean[rows] = scores
        return total.div_(windows).div_(images.shape[1]).repeat(1, images.shape[1], 1, 1)

    def _places(self, height: int, width: int) -> list[tuple[slice, slice]]:
        """Return rows and columns of every window."""
        shorter = min(height, width)
        window = self.window or -(-shorter // 4)
        if window > shorter:
            raise ConfigError(
                f"`window` must be at most the images' shorter side, {shorter} pixels, got "
                f"{window}."
            )
        stride = self._stride(window)
        # The last window of a side reaches its end, or beyond.
        tops, lefts = (range(0, side - window + stride, stride) for side in (height, width))
        return [
            (slice(top, top + window), slice(left, left + window)) for top in tops for left in lefts
        ]

    def _stride(self, window: int) -> int:
        stride = self.stride or -(-window // 2)
        if stride > window:
            raise ConfigError(
                f"`stride` must be at most `window`, {window} pixels, so that every pixel is "
                f"covered, got {stride}."
            )
        return stride
