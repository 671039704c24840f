"""Bilateral filter: smooths texture away and leaves strong contours standing."""

import math
from dataclasses import dataclass
from typing import ClassVar

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.tensors import Images, require_pixels
from cuelens.transforms.neighbours import neighbour_means
from cuelens.transforms.windows import Block, in_blocks

__all__ = ["BilateralFilter"]


@dataclass(frozen=True, kw_only=True, slots=True)
class BilateralFilter:
    """Gives each pixel the mean of the pixels that are near it and look like it.

    A neighbour weighs exp(-r^2 / (2 deviation^2) - d^2 / (2 range_deviation^2)), where r is how
    far it is in pixels and d how far in colour: the root mean square over the channels. The
    window is square and ends at 2 deviations, rounded up; images go on beyond their borders as
    their mirror image.

    Attributes:
        deviation: In pixels. At least 0, where nothing changes.
        range_deviation: In pixel units: what differs by much more is not mixed. Above 0.

    Raises:
        ConfigError: If a deviation is outside its range.

    Source:
        Tomasi & Manduchi, 1998, https://doi.org/10.1109/ICCV.1998.710815, section 2.
        Differs: distances in the pixels as stored, where the paper converts colours to CIE-Lab.
    """

    version: ClassVar[int] = 1

    deviation: float
    range_deviation: float = 0.15

    def __post_init__(self) -> None:
        if not (self.deviation >= 0 and math.isfinite(self.deviation)):
            raise ConfigError(
                f"`deviation` must be a finite number of at least 0 pixels (0 changes nothing), "
                f"got {self.deviation:g}."
            )
        if not (self.range_deviation > 0 and math.isfinite(self.range_deviation)):
            raise ConfigError(
                f"`range_deviation` must be a finite number above 0 (pixels are in [0, 1]), "
                f"got {self.range_deviation:g}."
            )

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the smoothed images.

        Args:
            images: Pixels in [0, 1].
            chance: Unused.

        Returns:
            Pixels in [0, 1].

        Raises:
            RangeError: If `images` leaves [0, 1].
        """
        images = require_pixels(images)
        if self.deviation == 0:
            return images.clone()
        # The clamp undoes rounding alone: a mean is never outside what it is the mean of.
        return in_blocks(images, self._smoothed).clamp_(0, 1)

    def _smoothed(self, block: Block) -> Block:
        return neighbour_means(
            block,
            search=math.ceil(2 * self.deviation),
            patch=0,
            tolerance=2 * self.range_deviation**2,
            closeness=0.5 / self.deviation**2,
        )
