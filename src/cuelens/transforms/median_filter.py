"""Median filter: takes fine texture away and keeps contours sharp."""

from dataclasses import dataclass
from typing import ClassVar

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.tensors import Images, require_pixels
from cuelens.transforms.median_network import evaluate, merging, selecting, sorting
from cuelens.transforms.windows import Block, in_blocks, mirrored

__all__ = ["MedianFilter"]


def _medians(block: Block, radius: int) -> Block:
    """Return the median of the window about each pixel, of every channel."""
    field = mirrored(block, radius, radius)
    size, column = 2 * radius + 1, field.shift(0, 1)
    places = field.flat.shape[1] - field.shift(2 * radius, 0)
    rows = [field.shift(row, 0) for row in range(size)]
    run = evaluate(sorting(size), [field.flat[:, row : row + places] for row in rows])
    # A run is the sorted numbers of 1, 2, 4, ... columns, made once wherever it begins. A window
    # is made of such runs: 5 columns of one of 1 and one of 4.
    whole = field.last - field.first
    found = [ranked[:, :whole] for ranked in run]
    begin, length = 1, 1
    while 2 * length < size:
        places -= length * column
        halves = [ranked[:, :places] for ranked in run]
        halves += [ranked[:, length * column :] for ranked in run]
        length *= 2
        # In the last run, of more than half the window, not every rank can be the median.
        least = max(0, length * size - 1 - size**2 // 2)
        run = evaluate(merging(len(run), len(run), range(least, len(halves) - least)), halves)
        if size & length:
            start = begin * column
            part = [ranked[:, start : start + whole] for ranked in run]
            begin += length
            join = merging if 2 * length < size else selecting
            found = evaluate(join(len(found), len(part)), [*found, *part])
    return field.block(found[0])


@dataclass(frozen=True, kw_only=True, slots=True)
class MedianFilter:
    """Gives each pixel the median of the square window about it, channel by channel.

    Details smaller than half the window go, straight contours stay as sharp as they are; images
    go on beyond their borders as their mirror image.

    Attributes:
        radius: In pixels, of a window of 2 radius + 1 pixels a side. At least 0, where nothing
            changes, at most 16.

    Raises:
        ConfigError: If `radius` is outside its range.

    Source:
        Huang et al., 1979, https://doi.org/10.1109/TASSP.1979.1163188, section 1.
        Differs: finds the same medians by a fixed network of minima and maxima.
    """

    version: ClassVar[int] = 1

    radius: int

    def __post_init__(self) -> None:
        if not 0 <= self.radius <= 16:
            raise ConfigError(
                f"`radius` must be from 0 (changes nothing) to 16 pixels, got {self.radius}."
            )

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the filtered images.

        Args:
            images: Pixels in [0, 1].
            chance: Unused.

        Returns:
            Pixels in [0, 1], each the value of one in its window.

        Raises:
            RangeError: If `images` leaves [0, 1].
        """
        images = require_pixels(images)
        if not self.radius:
            return images.clone()
        return in_blocks(images, lambda block: _medians(block, self.radius), alone=True)
