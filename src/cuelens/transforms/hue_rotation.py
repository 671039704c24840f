"""Hue rotation: turns every colour about the grey axis and keeps how bright it is."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.tensors import Images, PerImage, require_pixels
from cuelens.transforms.channels import LUMINANCE, require_colours

__all__ = ["HueRotation"]

_BLUE_SCALE = 0.436 / (1 - LUMINANCE[2])
_RED_SCALE = 0.615 / (1 - LUMINANCE[0])
"""Of B - Y and R - Y: what the plane of hues is measured in."""


def _turned(degrees: float) -> tuple[tuple[float, float], ...]:
    """Return what R - G and B - G add to G, for each channel of the turned colour."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    columns = []
    for red, blue in ((1.0, 0.0), (0.0, 1.0)):
        bright = LUMINANCE[0] * red + LUMINANCE[2] * blue
        across, up = _BLUE_SCALE * (blue - bright), _RED_SCALE * (red - bright)
        to_blue = (cosine * across - sine * up) / _BLUE_SCALE
        to_red = (sine * across + cosine * up) / _RED_SCALE
        to_green = -(LUMINANCE[0] * to_red + LUMINANCE[2] * to_blue) / LUMINANCE[1]
        columns.append((bright + to_red, bright + to_green, bright + to_blue))
    return tuple(zip(*columns, strict=True))


@dataclass(frozen=True, kw_only=True, slots=True)
class HueRotation:
    """Turns the hue of every pixel; luminance stays, grey stays.

    The turn is that of a television's tint control: in the plane of the two colour differences,
    linear, from red over yellow to green and blue. Luminance (BT.601) is kept exactly but for
    clipping: a colour that no screen has is clipped to [0, 1], and `clipped_share` says how much
    is. A turn in HSV clips nothing and makes blue as bright as yellow.

    Attributes:
        degrees: Any finite number; multiples of 360 change nothing.

    Raises:
        ConfigError: If `degrees` is not finite.

    Source:
        ITU-R BT.601, https://www.itu.int/rec/R-REC-BT.601, section 2.5.1 (luminance), and the
        U and V of ITU-R BT.470, on the pixels as stored.
        Differs: none.
    """

    version: ClassVar[int] = 1

    degrees: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.degrees):
            raise ConfigError(
                f"`degrees` must be a finite number (0 changes nothing), got {self.degrees:g}."
            )

    def _unclipped(self, images: Images) -> Images:
        red, green, blue = images.unbind(1)
        to_red, to_blue = red - green, blue - green  # 0 where a pixel is grey: it stays, exactly
        out = torch.empty_like(images, memory_format=torch.contiguous_format)
        for channel, (by_red, by_blue) in zip(out.unbind(1), _turned(self.degrees), strict=True):
            torch.mul(to_red, by_red, out=channel)
            channel.add_(to_blue * by_blue).add_(green)
        return out

    def clipped_share(self, images: Images) -> PerImage:
        """Return the share of each image's values that leave [0, 1] and are clipped."""
        require_colours(images)
        if images.shape[1] == 1 or self.degrees % 360 == 0:
            return torch.zeros(len(images), dtype=images.dtype, device=images.device)
        turned = self._unclipped(images.detach())
        # What only rounding carries past 0 or 1 is not counted.
        return ((turned < -1e-6) | (turned > 1 + 1e-6)).flatten(1).to(images.dtype).mean(1)

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the images in turned colours.

        Args:
            images: Pixels in [0, 1], three channels or one.
            chance: Unused.

        Returns:
            Pixels in [0, 1]; images of one channel as they are.

        Raises:
            RangeError: If `images` leaves [0, 1].
            DataError: If there are neither three channels nor one.
        """
        images = require_pixels(images)
        require_colours(images)
        if images.shape[1] == 1 or self.degrees % 360 == 0:
            return images.clone()
        return self._unclipped(images).clamp_(0, 1)
