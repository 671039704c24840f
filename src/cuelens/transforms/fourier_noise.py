"""Fourier noise: adds one wave, to ask how much a classifier minds that frequency."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch

from cuelens.arguments import require_chance
from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.tensors import Images, PerImage, require_pixels
from cuelens.transforms.arguments import outside_share
from cuelens.waves import wave

__all__ = ["FourierNoise"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FourierNoise:
    """Adds a wave of one spatial frequency to every channel, each with a random sign.

    The error rates under all of `cuelens.waves.fourier_basis` make the Fourier heat map of a
    classifier, see `cuelens.metrics.fourier_heat_map`.

    Attributes:
        row: Cycles down the image. Beyond half the height a wave is seen as a slower one.
        column: Cycles across the image.
        norm: Euclidean norm of what is added to each channel, in pixel units; at least 0. It is
            the root mean square times the side in pixels: 4 at 32 px is .125, 16 at 224 px is
            .07, about the paper's. What leaves [0, 1] is clipped: `clipped_share` says how much.

    Raises:
        ConfigError: If `norm` is negative or not finite.

    Source:
        Yin et al., 2019, https://arxiv.org/abs/1906.08988, section 2.
        Differs: keyed signs; the result is clipped.
    """

    version: ClassVar[int] = 1

    row: int
    column: int
    norm: float

    def __post_init__(self) -> None:
        if not (self.norm >= 0 and math.isfinite(self.norm)):
            raise ConfigError(
                f"`norm` must be a finite number of at least 0 (0 changes nothing), "
                f"got {self.norm:g}."
            )

    def clipped_share(self, images: Images, *, chance: Chance) -> PerImage:
        """Return the share of each image's values that leave [0, 1] and are clipped."""
        return outside_share(self._unclipped(images.detach(), chance))

    def _unclipped(self, images: Images, chance: Chance) -> Images:
        require_chance(chance, images)
        batch, channels, height, width = images.shape
        added = torch.from_numpy(self.norm * wave(height, width, self.row, self.column)).to(images)
        numbers = chance.uniform((channels,), method="fourier-noise")
        signs = (numbers >= 0.5).to(images).mul_(2).sub_(1).view(batch, channels, 1, 1)
        return images + signs * added

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the images with a wave added.

        Args:
            images: Pixels in [0, 1].
            chance: Of the signs; the same for every frequency and norm.

        Returns:
            Pixels in [0, 1].

        Raises:
            RangeError: If `images` leaves [0, 1].
            ConfigError: If `chance` is not that of the images.
        """
        images = require_pixels(images)
        if self.norm == 0:
            return images.clone()
        return self._unclipped(images, chance).clamp_(0, 1)
