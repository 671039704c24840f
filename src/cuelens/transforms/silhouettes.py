"""Filled silhouettes: the outline of the figure and nothing else."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from cuelens.errors import DataError
from cuelens.randomness import Chance
from cuelens.tensors import Images, Masks, require_pixels

__all__ = ["Silhouette"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Silhouette:
    """Fills the figure with black and everything else with white.

    Shape is all that is left: texture, colour, shading and background go. The mask says where
    the figure is, so only images whose masks are known have silhouettes.

    Source:
        Geirhos et al., 2019, https://arxiv.org/abs/1811.12231, section 2 ("silhouette").
        Differs: the masks are exact, since the figures are rendered.
    """

    version: ClassVar[int] = 1
    needs_masks: ClassVar[bool] = True

    def __call__(self, images: Images, *, masks: Masks, chance: Chance) -> Images:
        """Return the silhouettes.

        Args:
            images: Pixels in [0, 1]; only their shape and type are used.
            masks: True where the figure is.
            chance: Unused.

        Returns:
            0 where the figure is, 1 elsewhere, in all channels.

        Raises:
            RangeError: If `images` leaves [0, 1].
            DataError: If the masks are not those of the images.
        """
        images = require_pixels(images)
        expected = (len(images), *images.shape[2:])
        if masks.shape != expected:
            raise DataError(
                f"`masks` must have one mask an image, of its size: expected {expected}, got "
                f"{tuple(masks.shape)}. Give the masks of the same rows."
            )
        around = torch.logical_not(masks.to(images.device))
        return around[:, None].to(images.dtype).repeat(1, images.shape[1], 1, 1)
