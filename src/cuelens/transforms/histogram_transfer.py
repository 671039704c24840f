"""Histogram transfer: gives each channel of an image the very values of another picture."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from cuelens.arguments import require_chance
from cuelens.datasets.styles import ProceduralStyles, Styles
from cuelens.randomness import Chance
from cuelens.tensors import Images, require_pixels
from cuelens.transforms.style_choice import drawn_pictures, drawn_rows, require_strength

__all__ = ["HistogramTransfer", "match_histograms"]

_BUILT_IN = ProceduralStyles()


def match_histograms(images: Images, pictures: Images) -> Images:
    """Return images whose channels hold the values of other pictures, in their own order.

    The darkest pixel takes the darkest value, and so on. Of pixels that are equal, the one that
    comes first in reading order takes the darker value.

    Args:
        images: Any range.
        pictures: As many, of the same shape.
    """
    own = images.detach().cpu().flatten(2).numpy()
    values = np.sort(pictures.detach().cpu().flatten(2).numpy(), axis=2)
    out = np.empty_like(own)
    np.put_along_axis(out, own.argsort(axis=2, kind="stable"), values.astype(own.dtype), axis=2)
    return torch.from_numpy(out).view(images.shape).to(images)


@dataclass(frozen=True, kw_only=True, slots=True)
class HistogramTransfer:
    """Gives each channel of an image the values of a picture that chance draws, exactly.

    Which pixel is brighter than which stays, so contours do; colours and tones are the picture's.
    All pixels of a flat area cannot have one value then: a gradient appears where it was.

    Attributes:
        styles: The pictures.
        strength: From 0 to 1: how far each pixel goes from its own value, 0, to the new one.

    Raises:
        ConfigError: If `strength` is outside [0, 1].

    Source:
        Gonzalez & Woods, Digital Image Processing, 4th edition, 2018, section 3.3 ("histogram
        specification").
        Differs: exact: equal pixels are told apart by their place.
    """

    version: ClassVar[int] = 1

    styles: Styles = _BUILT_IN
    strength: float = 1.0

    def __post_init__(self) -> None:
        require_strength(self.strength)

    def rows(self, chance: Chance) -> Int[Tensor, " batch"]:
        """Return which picture gives each image its style: a row of `styles`, see `drawn_rows`."""
        return drawn_rows(self.styles, chance)

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the images in other colours and tones.

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
        require_chance(chance, images)
        if self.strength == 0 or not len(images):
            return images.clone()
        matched = match_histograms(images, drawn_pictures(self.styles, chance, like=images))
        if self.strength < 1:
            matched.sub_(images).mul_(self.strength).add_(images).clamp_(0, 1)
        return matched
