"""Channel statistics: gives an image the mean colour and the contrast of another picture."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from cuelens.arguments import require_chance
from cuelens.datasets.styles import ProceduralStyles, Styles
from cuelens.randomness import Chance
from cuelens.tensors import Images, PerImage, require_pixels
from cuelens.transforms.arguments import outside_share
from cuelens.transforms.style_choice import drawn_pictures, drawn_rows, require_strength

__all__ = ["ChannelStatistics"]

_BUILT_IN = ProceduralStyles()
_Numbers = Float[np.ndarray, "batch channel 1 1"]


def _statistics(images: NDArray[np.float64]) -> tuple[_Numbers, _Numbers]:
    """Return the mean and the deviation of each channel."""
    lines = np.ascontiguousarray(images).reshape(*images.shape[:2], 1, -1)
    mean = lines.mean(-1, keepdims=True)
    return mean, np.sqrt(((lines - mean) ** 2).mean(-1, keepdims=True))


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelStatistics:
    """Gives each channel of an image the mean and deviation of a picture that chance draws.

    Red, green and blue are moved and scaled as they are stored; contours and texture stay, colours
    and contrast become the picture's. A channel that is flat takes the mean alone. Values that
    leave [0, 1] are clipped: `clipped_share` says how many.

    Attributes:
        styles: The pictures.
        strength: From 0 to 1: how far each pixel goes from its own value, 0, to the new one.

    Raises:
        ConfigError: If `strength` is outside [0, 1].

    Source:
        Reinhard et al., 2001, https://doi.org/10.1109/38.946629.
        Differs: in red, green and blue, where the paper has a decorrelated logarithmic space, in
        which black has no place.
    """

    version: ClassVar[int] = 1

    styles: Styles = _BUILT_IN
    strength: float = 1.0

    def __post_init__(self) -> None:
        require_strength(self.strength)

    def rows(self, chance: Chance) -> Int[Tensor, " batch"]:
        """Return which picture gives each image its style: a row of `styles`, see `drawn_rows`."""
        return drawn_rows(self.styles, chance)

    def clipped_share(self, images: Images, *, chance: Chance) -> PerImage:
        """Return the share of each image's values that leave [0, 1] and are clipped."""
        return outside_share(self._moved(images.detach(), chance))

    def _moved(self, images: Images, chance: Chance) -> Images:
        require_chance(chance, images)
        if self.strength == 0 or not len(images):
            return images.clone()
        own = images.double().cpu().numpy()
        mean, deviation = _statistics(own)
        styles = drawn_pictures(self.styles, chance, like=images).double().cpu().numpy()
        wanted_mean, wanted_deviation = _statistics(styles)
        flat = deviation < 1e-9  # nothing but rounding
        scale = np.where(flat, 0, wanted_deviation / np.where(flat, 1, deviation))
        moved = (own - mean) * scale + wanted_mean
        return torch.from_numpy(own + self.strength * (moved - own)).to(images)

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the images in other colours and another contrast.

        Args:
            images: Pixels in [0, 1], three channels or one.
            chance: Of the styles.

        Returns:
            Pixels in [0, 1].

        Raises:
            RangeError: If `images` leaves [0, 1].
            DataError: If there are neither three channels nor one, or a style picture changed.
            ConfigError: If `chance` is not that of the images.
        """
        images = require_pixels(images)
        return self._moved(images, chance).clamp_(0, 1)
