"""The control of patch shuffle: the borders that it makes, with nothing moved."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch

from cuelens.randomness import Chance
from cuelens.tensors import Images, require_pixels
from cuelens.transforms.patches import patch_size, require_patches, seams

__all__ = ["PatchBorders"]


def _steps(side: int, patches: int) -> torch.Tensor:
    """Return a profile that steps by 2 across every seam of a side, up and down in turn."""
    profile = torch.zeros(side)
    for place, cut in enumerate(seams(side, patches)):
        rise = -1 if place % 2 else 1
        profile[cut - 1] -= rise
        profile[cut] += rise
    return profile


@dataclass(frozen=True, kw_only=True, slots=True)
class PatchBorders:
    """Draws an edge along every seam where `PatchShuffle` would cut, and moves nothing.

    A shuffle sets pixels side by side that were not, which draws false edges. Here the pixel
    before each seam is darkened and the pixel behind it brightened, or the other way round from
    seam to seam. The step between them is, for each image, as large as that between two of its
    pixels drawn by chance (root mean square): as in a shuffle, faint in a flat image and strong
    in a rich one. Every pixel is still there, as it is after a shuffle, which lines painted over
    the image would not do: at 8 x 8 patches of 32 px they would hide two thirds of it.

    Attributes:
        patches: How many along each side. At least 2, at most the shorter side of the images.

    Raises:
        ConfigError: If `patches` is outside its range.

    Source:
        Our own control, for Zhang & Zhu, 2019, https://arxiv.org/abs/1905.09797, section 4.
        Differs: none.
    """

    version: ClassVar[int] = 1

    patches: int

    def __post_init__(self) -> None:
        require_patches(self.patches)

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the images with borders drawn.

        Args:
            images: Pixels in [0, 1].
            chance: Unused.

        Returns:
            Pixels in [0, 1], clipped where a border would leave it.

        Raises:
            RangeError: If `images` leaves [0, 1].
            ConfigError: If the images are smaller than the grid.
        """
        images = require_pixels(images)
        patch_size(images, self.patches)
        if not len(images):
            return images.clone()
        height, width = images.shape[2:]
        # A pixel in the corner of a patch lies at two seams and gets one border, not two.
        pattern = _steps(height, self.patches)[:, None] + _steps(width, self.patches)[None, :]
        pattern = pattern.clamp_(-1, 1).to(images)
        # Two pixels drawn by chance differ by sqrt(2) deviations; each side takes half of it.
        deviation = images.flatten(1).double().var(1, correction=0).sqrt()
        strength = (deviation / math.sqrt(2)).to(images.dtype)[:, None, None, None]
        return (images + strength * pattern).clamp_(0, 1)
