"""Gaussian blur: takes fine texture away, and sharp contours with it."""

import math
from dataclasses import dataclass
from typing import ClassVar

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.tensors import Images, require_pixels
from cuelens.transforms.windows import Block, in_blocks, mirrored

__all__ = ["GaussianBlur", "blur", "gaussian_weights"]

_TRUNCATE = 4.0


def gaussian_weights(deviation: float) -> tuple[float, ...]:
    """Return the weights of a pixel and of its neighbours up to 4 deviations away; the sum is 1.

    Args:
        deviation: In pixels. At least 0.

    Returns:
        Of the pixel itself, of each of the two at distance 1, and so on.
    """
    radius = int(_TRUNCATE * deviation + 0.5)
    if not radius:
        return (1.0,)
    raw = [math.exp(-0.5 * (place / deviation) ** 2) for place in range(radius + 1)]
    total = raw[0] + 2 * sum(raw[1:])
    return tuple(weight / total for weight in raw)


def blur(block: Block, weights: tuple[float, ...]) -> Block:
    """Return a block, blurred down the columns and then along the rows; mirrored at its borders."""
    radius = len(weights) - 1
    for down, across in ((1, 0), (0, 1)):
        field = mirrored(block, down * radius, across * radius)
        total = field.flat[:, field.first : field.last] * weights[0]
        for distance, weight in enumerate(weights[1:], 1):
            shift = field.shift(down * distance, across * distance)
            before = field.flat[:, field.first - shift : field.last - shift]
            behind = field.flat[:, field.first + shift : field.last + shift]
            both = before + behind
            both *= weight
            total += both
        block = field.block(total)
    return block


@dataclass(frozen=True, kw_only=True, slots=True)
class GaussianBlur:
    """Gives each pixel the mean of its surroundings, weighted by a Gaussian.

    The Gaussian is cut off at 4 deviations (rounded to whole pixels) and its weights sum to 1;
    images go on beyond their borders as their mirror image.

    Attributes:
        deviation: In pixels. At least 0, where nothing changes.

    Raises:
        ConfigError: If `deviation` is negative or not finite.

    Source:
        Burgert et al., 2025, https://arxiv.org/abs/2509.20234, section 3 (texture suppression).
        Differs: the deviation is the level; the window ends at 4 deviations.
    """

    version: ClassVar[int] = 1

    deviation: float

    def __post_init__(self) -> None:
        if not (self.deviation >= 0 and math.isfinite(self.deviation)):
            raise ConfigError(
                f"`deviation` must be a finite number of at least 0 pixels (0 changes nothing), "
                f"got {self.deviation:g}."
            )

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the blurred images.

        Args:
            images: Pixels in [0, 1].
            chance: Unused.

        Returns:
            Pixels in [0, 1].

        Raises:
            RangeError: If `images` leaves [0, 1].
        """
        images = require_pixels(images)
        weights = gaussian_weights(self.deviation)
        if len(weights) == 1:
            return images.clone()
        # The clamp undoes rounding alone: a mean is never outside what it is the mean of.
        return in_blocks(images, lambda block: blur(block, weights), alone=True).clamp_(0, 1)
