"""Saturation: pushes every pixel towards black or white, which flattens texture inside contours."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.tensors import Images, require_pixels

__all__ = ["Saturation", "require_level", "saturate"]

_BLOCK = 2**18
"""How many pixels are worked on at a time, so that the passes over them stay in the cache."""

_MINUS_ONE, _HALF = torch.tensor(-1.0), torch.tensor(0.5)


def require_level(level: float) -> None:
    """Refuse a saturation level outside its range.

    Raises:
        ConfigError: If `level` is below 1 or not finite.
    """
    if not (level >= 1 and math.isfinite(level)):
        raise ConfigError(
            f"`level` must be a finite number of at least 1 (1 lowers the contrast, 2 changes "
            f"nothing, the paper goes up to 1024), got {level:g}."
        )


def saturate(images: Images, level: float) -> Images:
    """Return sign(2v - 1) |2v - 1|^(2 / level) / 2 + 1/2 for each pixel v.

    The same pixel gives the same bits wherever it stands. A library's power does not: it takes
    other code for the last few pixels of a tensor. So levels that are powers of two, the paper's
    among them, are square roots, which are exact; others are rounded from float64.

    Args:
        images: Pixels in [0, 1].
        level: At least 1.
    """
    images = images.detach().contiguous()
    if level == 2:
        return images.clone()
    out = torch.empty_like(images)
    pixels = math.prod(images.shape[1:])
    rows = max(1, _BLOCK // max(1, pixels)) if images.device.type == "cpu" else max(1, len(images))
    for block, result in zip(torch.split(images, rows), torch.split(out, rows), strict=True):
        signed = torch.add(_MINUS_ONE, block, alpha=2)  # 2v - 1 in one pass
        torch.abs(signed, out=result)
        _raise(result, level)
        torch.addcmul(_HALF, result, signed.sign_(), value=0.5, out=result)
    return out


def _raise(distances: Tensor, level: float) -> None:
    """Raise numbers in [0, 1] to the power of 2 / level, in place."""
    mantissa, exponent = math.frexp(level)
    if level == 1:
        distances.square_()
    elif mantissa == 0.5:
        for _ in range(exponent - 2):
            distances.sqrt_()
    else:
        distances.copy_(distances.double().pow_(2 / level))


@dataclass(frozen=True, kw_only=True, slots=True)
class Saturation:
    """Moves each pixel away from mid-grey by a power, keeping its side; texture is lost.

    Attributes:
        level: The paper's p. At least 1: from 1 to 2 contrast is lowered, 2 changes nothing,
            above it pixels approach 0 and 1.

    Raises:
        ConfigError: If `level` is outside its range.

    Source:
        Zhang & Zhu, 2019, https://arxiv.org/abs/1905.09797, section 4.
        Differs: none.
    """

    version: ClassVar[int] = 1

    level: float

    def __post_init__(self) -> None:
        require_level(self.level)

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the saturated images.

        Args:
            images: Pixels in [0, 1].
            chance: Unused.

        Returns:
            Pixels in [0, 1]; 0, 1/2 and 1 stay where they are.

        Raises:
            RangeError: If `images` leaves [0, 1].
        """
        require_pixels(images)
        return saturate(images, self.level)
