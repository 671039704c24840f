"""Contrast about mid-grey."""

import math
from dataclasses import dataclass
from typing import ClassVar

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.tensors import Images, require_pixels

__all__ = ["Contrast"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Contrast:
    """Scales the distance of each pixel from mid-grey, and clips it to [0, 1].

    Attributes:
        factor: At least 0: 0 leaves mid-grey alone, 1 changes nothing.

    Raises:
        ConfigError: If `factor` is negative or not finite.

    Source:
        Hendrycks & Dietterich, 2019, https://arxiv.org/abs/1903.12261, section 4 ("contrast").
        Differs: about mid-grey instead of the mean of each image.
    """

    version: ClassVar[int] = 1

    factor: float

    def __post_init__(self) -> None:
        if not (self.factor >= 0 and math.isfinite(self.factor)):
            raise ConfigError(
                f"`factor` must be a finite number of at least 0 (1 changes nothing), "
                f"got {self.factor:g}."
            )

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the images of another contrast.

        Args:
            images: Pixels in [0, 1].
            chance: Unused.

        Returns:
            Pixels in [0, 1].

        Raises:
            RangeError: If `images` leaves [0, 1].
        """
        images = require_pixels(images)
        if self.factor == 1:
            return images.clone()
        return images.sub(0.5).mul_(self.factor).add_(0.5).clamp_(0, 1)
