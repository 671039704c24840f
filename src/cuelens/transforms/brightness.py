"""Brightness: the same for every pixel."""

from dataclasses import dataclass
from typing import ClassVar

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.tensors import Images, PerImage, require_pixels

__all__ = ["Brightness"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Brightness:
    """Adds a number to every pixel, and clips it to [0, 1].

    Attributes:
        shift: -1 to 1 in pixel units; 0 changes nothing, below it images get darker.

    Raises:
        ConfigError: If `shift` is outside its range.

    Source:
        Hendrycks & Dietterich, 2019, https://arxiv.org/abs/1903.12261, section 4 ("brightness").
        Differs: added to all channels instead of to the value of HSV.
    """

    version: ClassVar[int] = 1

    shift: float

    def __post_init__(self) -> None:
        if not -1 <= self.shift <= 1:
            raise ConfigError(
                f"`shift` must be from -1 to 1 (pixels are in [0, 1]), got {self.shift:g}."
            )

    def clipped_share(self, images: Images) -> PerImage:
        """Return the share of each image's values that leave [0, 1] and are clipped."""
        shifted = images.detach() + self.shift
        return ((shifted < 0) | (shifted > 1)).flatten(1).to(images.dtype).mean(1)

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the brighter or darker images.

        Args:
            images: Pixels in [0, 1].
            chance: Unused.

        Returns:
            Pixels in [0, 1].

        Raises:
            RangeError: If `images` leaves [0, 1].
        """
        images = require_pixels(images)
        return images.add(self.shift).clamp_(0, 1)
