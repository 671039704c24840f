"""Greyscale: takes colour away and keeps brightness."""

from dataclasses import dataclass
from typing import ClassVar

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.tensors import Images, require_pixels
from cuelens.transforms.channels import LUMINANCE, require_colours

__all__ = ["Greyscale"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Greyscale:
    """Gives the three channels of each pixel their weighted mean.

    Attributes:
        weights: Of red, green and blue; not negative, sum 1. The default is brightness as the
            eye sees it; equal weights are another grey, its control.

    Raises:
        ConfigError: If a weight is negative or they do not sum to 1.

    Source:
        ITU-R BT.601, https://www.itu.int/rec/R-REC-BT.601, section 2.5.1, on the pixels as stored.
        Differs: none.
    """

    version: ClassVar[int] = 1

    weights: tuple[float, float, float] = LUMINANCE

    def __post_init__(self) -> None:
        if min(self.weights) < 0 or not abs(sum(self.weights) - 1) < 1e-6:
            raise ConfigError(
                f"`weights` must be three numbers of at least 0 that sum to 1, got {self.weights}."
            )

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return grey images.

        Args:
            images: Pixels in [0, 1], three channels or one.
            chance: Unused.

        Returns:
            Pixels in [0, 1], all channels equal; images of one channel as they are.

        Raises:
            RangeError: If `images` leaves [0, 1].
            DataError: If there are neither three channels nor one.
        """
        images = require_pixels(images)
        require_colours(images)
        if images.shape[1] == 1:
            return images.clone()
        red, green, blue = images.unbind(1)
        grey = red * self.weights[0]
        grey.add_(green * self.weights[1]).add_(blue * self.weights[2]).clamp_(0, 1)
        return grey[:, None].repeat(1, 3, 1, 1)
