"""Critical-band noise: adds noise of one octave, to ask which octaves a classifier reads."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from cuelens.arguments import require_chance
from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.spectra import filtered, frequencies, in_band
from cuelens.tensors import Images, PerImage, require_pixels
from cuelens.transforms.arguments import outside_share, require_band

__all__ = ["CriticalBandNoise"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CriticalBandNoise:
    """Lowers the contrast and adds Gaussian noise of a band of spatial frequencies.

    The noise is the same in all channels: it changes brightness, not colour. The deviation at
    which accuracy falls to a criterion, octave by octave, tells what a classifier reads, see
    `cuelens.metrics.critical_band`. What leaves [0, 1] is clipped: `clipped_share` says how much.

    Attributes:
        centre: Geometric centre of the band, in cycles per image. More than 0; images must hold
            frequencies of the band. The paper has 1.75, 3.5, ..., 112 at 224 px.
        deviation: Standard deviation of each image's noise, in pixel units; at least 0. The paper
            has 0, .02, .04, .08 and .16.
        octaves: Width of the band. More than 0.
        contrast: What the distance of each value from the image's mean is multiplied by before;
            from 0 to 1. The mean moves to `mean`, so that there is room for the noise.

    Raises:
        ConfigError: If a setting is outside its range.

    Source:
        Subramanian et al., 2023, https://arxiv.org/abs/2309.13190, on critical band
        masking, and the published code.
        Differs: images keep their colours; a sharp ring instead of a level of a Laplacian pyramid;
        what leaves the range is clipped, where the paper's code moves the pixel below the noise;
        the deviation is that of the band, exactly, in each image.
    """

    version: ClassVar[int] = 1
    mean: ClassVar[float] = 0.449

    centre: float
    deviation: float
    octaves: float = 1.0
    contrast: float = 0.2

    def __post_init__(self) -> None:
        require_band(self.centre, self.octaves)
        if not (self.deviation >= 0 and math.isfinite(self.deviation)):
            raise ConfigError(
                f"`deviation` must be a finite number of at least 0 (pixels are in [0, 1]), "
                f"got {self.deviation:g}."
            )
        if not 0 <= self.contrast <= 1:
            raise ConfigError(
                f"`contrast` must lie in [0, 1] (1 keeps the contrast), got {self.contrast:g}."
            )

    def noise(self, images: Images, chance: Chance) -> Float[Tensor, "batch 1 height width"]:
        """Return the noise of each image, float64; every deviation scales the same one.

        Raises:
            ConfigError: If the images hold no frequency of the band, or are not those of `chance`.
        """
        require_chance(chance, images)
        height, width = images.shape[2:]
        band = in_band(height, width, self.centre, self.octaves)
        if not band.any():
            raise ConfigError(
                f"`centre` must be that of a band which images of {height} x {width} px hold "
                f"(frequencies go up to {frequencies(height, width).max():.3g} cycles per image), "
                f"got {self.centre:g} with {self.octaves:g} octaves."
            )
        white = chance.normal((1, height, width), method="critical-band-noise").double()
        noise = filtered(white, band.astype(float))
        for picture in noise:
            values = picture.numpy()
            values *= self.deviation / np.sqrt(np.square(values).mean())
        return noise

    def clipped_share(self, images: Images, *, chance: Chance) -> PerImage:
        """Return the share of each image's values that leave [0, 1] and are clipped."""
        return outside_share(self._unclipped(images.detach(), chance))

    def _unclipped(self, images: Images, chance: Chance) -> Images:
        noise = self.noise(images, chance).to(images)
        means = [picture.mean() for picture in images.cpu().double().numpy()]
        centres = torch.tensor(means).to(images).view(-1, 1, 1, 1)
        return images.sub(centres).mul_(self.contrast).add_(self.mean).add_(noise)

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the images, fainter and with noise.

        Args:
            images: Pixels in [0, 1].
            chance: Of the noise.

        Returns:
            Pixels in [0, 1].

        Raises:
            RangeError: If `images` leaves [0, 1].
            ConfigError: If the images hold no frequency of the band, or are not those of `chance`.
        """
        images = require_pixels(images)
        return self._unclipped(images, chance).clamp_(0, 1)
