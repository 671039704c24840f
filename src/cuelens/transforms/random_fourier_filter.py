"""Random Fourier filtering: takes frequencies away at random, coarse and fine alike."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Bool
from numpy.typing import NDArray

from cuelens.arguments import require_chance
from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.spectra import filtered
from cuelens.tensors import Images, PerImage, require_pixels
from cuelens.transforms.arguments import outside_share

__all__ = ["RandomFourierFilter"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RandomFourierFilter:
    """Keeps each spatial frequency with a probability, another choice for each image.

    All channels keep the same frequencies, and their means. A frequency and its opposite, which
    are one wave of a real picture, stay or go together. Values that leave [0, 1] are clipped:
    `clipped_share` says how many.

    Attributes:
        kept: The probability, from 0 to 1: 0 leaves the mean of each channel alone, 1 changes
            nothing. A smaller one keeps some of what a larger one keeps.

    Raises:
        ConfigError: If `kept` is outside [0, 1].

    Source:
        Jo & Bengio, 2017, https://arxiv.org/abs/1711.11561, on randomly filtered images.
        Differs: another filter for each image, keyed; the mean is always kept.
    """

    version: ClassVar[int] = 1

    kept: float

    def __post_init__(self) -> None:
        if not 0 <= self.kept <= 1:
            raise ConfigError(
                f"`kept` must lie in [0, 1] (the probability of each frequency to stay; 1 changes "
                f"nothing), got {self.kept:g}."
            )

    def masks(self, images: Images, chance: Chance) -> Bool[np.ndarray, "batch height half_width"]:
        """Return which frequencies stay, in the layout of `cuelens.spectra.frequencies`."""
        require_chance(chance, images)
        height, width = images.shape[2:]
        half = width // 2 + 1
        numbers = chance.uniform((height, half), method="random-fourier-filter").numpy()
        # In these columns lie both a frequency and its opposite: they share one number.
        for column in {0, width // 2} if width % 2 == 0 else {0}:
            numbers[:, height // 2 + 1 :, column] = numbers[:, (height - 1) // 2 : 0 : -1, column]
        masks: NDArray[np.bool_] = numbers < self.kept
        masks[:, 0, 0] = True
        return masks

    def clipped_share(self, images: Images, *, chance: Chance) -> PerImage:
        """Return the share of each image's values that leave [0, 1] and are clipped."""
        return outside_share(self._unclipped(images, chance))

    def _unclipped(self, images: Images, chance: Chance) -> Images:
        return filtered(images, self.masks(images, chance).astype(float))

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the filtered images.

        Args:
            images: Pixels in [0, 1].
            chance: Of which frequencies stay.

        Returns:
            Pixels in [0, 1].

        Raises:
            RangeError: If `images` leaves [0, 1].
            ConfigError: If `chance` is not that of the images.
        """
        images = require_pixels(images)
        if self.kept == 1:
            return images.clone()
        return self._unclipped(images, chance).clamp_(0, 1)
