"""Non-local means: averages what looks alike, wherever around it is; repeated structure stays."""

import math
from dataclasses import dataclass
from typing import ClassVar

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.tensors import Images, require_pixels
from cuelens.transforms.neighbours import neighbour_means
from cuelens.transforms.windows import Block, in_blocks

__all__ = ["NonLocalMeans"]


@dataclass(frozen=True, kw_only=True, slots=True)
class NonLocalMeans:
    """Gives each pixel the mean of the pixels around whose surroundings look like its own.

    A pixel weighs exp(-d^2 / strength^2), where d is the root mean square difference between the
    patch about it and the patch that is filtered, over all their pixels and channels. Images go on
    beyond their borders as their mirror image.

    Attributes:
        strength: In pixel units, the paper's h. At least 0, where nothing changes.
        patch_radius: In pixels, of patches of 2 patch_radius + 1 pixels a side. At least 0.
        search_radius: In pixels, of the square window that is searched. At least 1.

    Raises:
        ConfigError: If a setting is outside its range.

    Source:
        Buades et al., 2005, https://doi.org/10.1109/CVPR.2005.38, section 3.
        Differs: the pixels of a patch count alike, where the paper weighs them by a Gaussian; the
        pixel itself has weight 1.
    """

    version: ClassVar[int] = 1

    strength: float
    patch_radius: int = 1
    search_radius: int = 5

    def __post_init__(self) -> None:
        if not (self.strength >= 0 and math.isfinite(self.strength)):
            raise ConfigError(
                "`strength` must be a finite number of at least 0 in pixel units (0 changes "
                f"nothing), got {self.strength:g}."
            )
        if self.patch_radius < 0:
            raise ConfigError(
                f"`patch_radius` must be at least 0 pixels (0 compares the pixels alone), "
                f"got {self.patch_radius}."
            )
        if self.search_radius < 1:
            raise ConfigError(
                f"`search_radius` must be at least 1 pixel, got {self.search_radius}. "
                "To change nothing, give `strength` 0."
            )

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the filtered images.

        Args:
            images: Pixels in [0, 1].
            chance: Unused.

        Returns:
            Pixels in [0, 1].

        Raises:
            RangeError: If `images` leaves [0, 1].
        """
        images = require_pixels(images)
        if self.strength == 0:
            return images.clone()
        # The clamp undoes rounding alone: a mean is never outside what it is the mean of.
        return in_blocks(images, self._averaged).clamp_(0, 1)

    def _averaged(self, block: Block) -> Block:
        return neighbour_means(
            block,
            search=self.search_radius,
            patch=self.patch_radius,
            tolerance=self.strength**2,
            closeness=0.0,
        )
