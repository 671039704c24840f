"""The control of saturation: a contrast change that moves the pixels of each image as far."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from cuelens.randomness import Chance
from cuelens.tensors import Images, PerImage, require_pixels
from cuelens.transforms.saturation import require_level, saturate

__all__ = ["MatchedContrast"]

_ROUNDS = 200
_TOLERANCE = 1e-9

Distances = Float[Tensor, "batch pixel"]
"""How far each pixel is from mid-grey, as a share of 1/2."""


def _lowering_factors(distances: Distances, target: PerImage) -> PerImage:
    """Return the factors in [0, 1] whose summed squared change is `target`: nothing is clipped."""
    total = distances.square().sum(1, dtype=torch.float64)
    share = torch.where(total > 0, target / total, 0)
    return 1 - share.sqrt().clamp_max(1)


def _raising_factors(distances: Distances, target: PerImage) -> PerImage:
    """Return the factors of at least 1 whose summed squared change is `target`.

    Of the pixels at distance d that a factor f leaves unclipped, each changes by (f - 1) d, the
    others by 1 - d. Taking the clipped ones as given, the factor follows in closed form; from
    below it rises to the solution and never passes it, since clipping a pixel only lowers what
    it would have changed.
    """
    to_border = 1 - distances
    factors = torch.ones_like(target)
    moving = target > 0
    for _ in range(_ROUNDS):
        if not moving.any():
            break
        # 1 where a pixel is clipped, else 0; arithmetic is several times faster than a mask here.
        clipped = (distances * factors[:, None].to(distances)).clamp_(max=1).sub_(1).sign_().add_(1)
        rest = target - (to_border * clipped).square_().sum(1, dtype=torch.float64)
        free = (distances * clipped).sub_(distances).square_().sum(1, dtype=torch.float64)
        solved = 1 + torch.where(free > 0, rest.clamp_min(0) / free, 0).sqrt()
        moving = moving & (solved > factors * (1 + _TOLERANCE))
        # Only images still on their way move, so that none depends on what shares its batch.
        factors = torch.where(moving, solved, factors)
    return factors


@dataclass(frozen=True, kw_only=True, slots=True)
class MatchedContrast:
    """Changes the contrast of each image by as much as saturation would change the image.

    The factor about mid-grey is solved for each image, so that the root-mean-square pixel change
    is that of `Saturation(level=level)`, clipping included, and in the same direction. What a
    classifier loses to saturation beyond this is not lost to contrast.

    Attributes:
        level: Of the saturation that is matched, the paper's p. At least 1; 2 changes nothing.

    Raises:
        ConfigError: If `level` is outside its range.

    Source:
        Our own control, for Zhang & Zhu, 2019, https://arxiv.org/abs/1905.09797, section 4.
        Differs: none.
    """

    version: ClassVar[int] = 1

    level: float

    def __post_init__(self) -> None:
        require_level(self.level)

    def factors(self, images: Images) -> PerImage:
        """Return the contrast factor of each image: 1 is no change.

        Args:
            images: Pixels in [0, 1].

        Returns:
            At most 1 for levels below 2, at least 1 above; float64.
        """
        # A few images at a time, so that the rounds over them stay in the cache.
        pixels = max(1, math.prod(images.shape[1:]))
        rows = max(1, 2**18 // pixels) if images.device.type == "cpu" else max(1, len(images))
        return torch.cat([self._solve(block) for block in torch.split(images.detach(), rows)])

    def _solve(self, images: Images) -> PerImage:
        change = saturate(images, self.level).sub_(images).flatten(1)
        target = change.square_().sum(1, dtype=torch.float64) * 4
        distances = images.flatten(1).mul(2).sub_(1).abs_()
        solve = _raising_factors if self.level > 2 else _lowering_factors
        return solve(distances, target)

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the images of another contrast.

        Args:
            images: Pixels in [0, 1].
            chance: Unused.

        Returns:
            Pixels in [0, 1].

        Raises:
            RangeError: If `images` leaves [0, 1].
        """
        images = require_pixels(images)
        if self.level == 2:
            return images.clone()
        factors = self.factors(images).to(images.dtype)[:, None, None, None]
        return images.sub(0.5).mul_(factors).add_(0.5).clamp_(0, 1)
