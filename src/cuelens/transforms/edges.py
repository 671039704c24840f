"""Edges: the contours of an image as thin black lines on white, by Canny's method."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy
from jaxtyping import Bool

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.tensors import Images, require_pixels
from cuelens.transforms.channels import luminance
from cuelens.transforms.gaussian_blur import blur, gaussian_weights
from cuelens.transforms.windows import Block, in_blocks

__all__ = ["Edges"]

_LEAST = 1 / 255
"""A slope of less than one grey level a pixel is no edge, however flat the rest of the image is."""

_ROUNDING = 1e-9
"""Two slopes that differ by less, relatively, are equal."""

_TOUCHING = np.stack([np.zeros((3, 3)), np.ones((3, 3)), np.zeros((3, 3))])
"""The eight neighbours in the same image, none in the images before and behind it."""

Lines = Bool[np.ndarray, "channel height width batch"]


class _Neighbours:
    """What stands beside each pixel; beyond the borders, its mirror image."""

    def __init__(self, values: Block) -> None:
        self._padded = np.pad(values, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="symmetric")
        self._height, self._width = values.shape[1:3]

    def at(self, down: int, across: int) -> Block:
        rows = slice(1 + down, 1 + down + self._height)
        columns = slice(1 + across, 1 + across + self._width)
        return self._padded[:, rows, columns]


def _crests(down: Block, across: Block, steepness: Block) -> Lines:
    """Return where no pixel ahead or behind, along the slope, is steeper.

    Between the eight neighbours steepness is interpolated. Of two that are equally steep, as on
    either side of a sharp step, the brighter one is the crest.

    Args:
        down: How much brighter it gets a pixel down.
        across: How much brighter it gets a pixel to the right.
        steepness: The length of the two.
    """
    beside = _Neighbours(steepness)
    vertical = np.abs(down) > np.abs(across)
    longer, shorter = np.where(vertical, down, across), np.where(vertical, across, down)
    share = np.divide(np.abs(shorter), np.abs(longer), out=np.zeros_like(longer), where=longer != 0)
    alike = (down >= 0) == (across >= 0)

    def towards(sign: int) -> Block:
        straight = np.where(vertical, beside.at(sign, 0), beside.at(0, sign))
        turned = np.where(vertical, beside.at(sign, -sign), beside.at(-sign, sign))
        diagonal = np.where(alike, beside.at(sign, sign), turned)
        between: Block = straight * (1 - share) + diagonal * share
        return between

    one, other, rising = towards(1), towards(-1), longer >= 0
    ahead, behind = np.where(rising, one, other), np.where(rising, other, one)
    lines: Lines = steepness > ahead * (1 + _ROUNDING)
    lines &= steepness >= behind * (1 - _ROUNDING)
    return lines


def _connected(weak: Lines, strong: Lines) -> Lines:
    """Return the weak pixels that strong ones can be reached from, over weak ones."""
    pieces, count = scipy.ndimage.label(np.moveaxis(weak[0], 2, 0), _TOUCHING)
    kept = np.zeros(count + 1, dtype=np.bool_)
    kept[pieces[np.moveaxis(strong[0], 2, 0)]] = True
    kept[0] = False  # what is no piece
    return np.moveaxis(kept[pieces], 0, 2)[None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Edges:
    """Draws the contours of an image, one pixel wide, black on white; texture and colour go.

    Canny's method on the luminance: blur, take the slope by central differences, keep the pixels
    that are steepest along it, draw the strong ones among them and the weak ones that touch these.
    A slope is strong if it is among the steepest of the image, weak if it is at least `ratio` of
    the least of the strong; below one grey level (1/255) a pixel nothing is drawn. Where only the
    hue changes there is no edge.

    Attributes:
        deviation: Of the Gaussian that blurs first, in pixels. At least 0; finer contours go.
        share: Of the pixels, before lines are thinned, whose slope is strong. Above 0, below 1.
        ratio: Of the weak threshold to the strong one. Above 0, at most 1.

    Raises:
        ConfigError: If a setting is outside its range.

    Source:
        Canny, 1986, https://doi.org/10.1109/TPAMI.1986.4767851, with the defaults of MATLAB's
        `edge`, as Geirhos et al., 2019, https://arxiv.org/abs/1811.12231, section 2 ("edges").
        Differs: differences of the blurred image, where MATLAB takes the derivative of a Gaussian;
        the exact share instead of one of 64 classes; the least slope.
    """

    version: ClassVar[int] = 1

    deviation: float = math.sqrt(2)
    share: float = 0.3
    ratio: float = 0.4

    def __post_init__(self) -> None:
        if not (self.deviation >= 0 and math.isfinite(self.deviation)):
            raise ConfigError(
                f"`deviation` must be a finite number of at least 0 pixels, got {self.deviation:g}."
            )
        if not 0 < self.share < 1:
            raise ConfigError(
                f"`share` must be above 0 and below 1 (of the pixels), got {self.share:g}."
            )
        if not 0 < self.ratio <= 1:
            raise ConfigError(
                f"`ratio` must be above 0 and at most 1 (weak to strong threshold), "
                f"got {self.ratio:g}."
            )

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the contours.

        Args:
            images: Pixels in [0, 1], three channels or one.
            chance: Unused.

        Returns:
            0 on a contour, 1 elsewhere, in all channels.

        Raises:
            RangeError: If `images` leaves [0, 1].
            DataError: If there are neither three channels nor one.
        """
        images = require_pixels(images)
        drawn = in_blocks(luminance(images)[:, None], self._drawn)
        return drawn.repeat(1, images.shape[1], 1, 1)

    def _drawn(self, grey: Block) -> Block:
        smooth = _Neighbours(blur(grey.astype(np.float64), gaussian_weights(self.deviation)))
        down = (smooth.at(1, 0) - smooth.at(-1, 0)) / 2
        across = (smooth.at(0, 1) - smooth.at(0, -1)) / 2
        steepness = np.sqrt(down * down + across * across)
        pixels = steepness.reshape(-1, grey.shape[3])
        place = len(pixels) - 1 - math.floor(self.share * len(pixels))
        strong = np.partition(pixels, place, axis=0)[place]
        crests = _crests(down, across, steepness)
        lines = _connected(
            crests & (steepness > np.maximum(strong * self.ratio, _LEAST)),
            crests & (steepness > np.maximum(strong, _LEAST)),
        )
        dark: Block = np.logical_not(lines).astype(grey.dtype)
        return dark
