"""Patch rotation: turns the patches of an image where they stand; contours break, texture stays."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from cuelens.arguments import require_chance
from cuelens.randomness import Chance
from cuelens.tensors import Images, require_pixels
from cuelens.transforms.patches import patch_size, require_patches

__all__ = ["PatchRotation"]

_BLOCK = 2**18
"""Values that are turned at once, so that they stay in the cache."""


def _turn(images: Images, turns: Int[Tensor, "batch place"], patches: int) -> None:
    """Turn each patch of the images by so many quarters against the clock, in place."""
    batch, channels = images.shape[:2]
    high, wide = patch_size(images, patches)
    inner = images[:, :, : patches * high, : patches * wide]
    grid = inner.view(batch, channels, patches, high, patches, wide).permute(0, 2, 4, 1, 3, 5)
    tiles = grid.clone(memory_format=torch.contiguous_format).view(-1, channels, high, wide)
    for quarters in (1, 2, 3):
        places = (turns.flatten() == quarters).nonzero()[:, 0].to(images.device)
        if len(places):
            tiles[places] = tiles[places].rot90(quarters, (2, 3))
    grid.copy_(tiles.view(grid.shape))


@dataclass(frozen=True, kw_only=True, slots=True)
class PatchRotation:
    """Turns each of the k x k patches of an image by a random multiple of 90 degrees.

    A patch keeps its place and its pixels, so that the layout stays and local contours no longer
    meet. At least one patch of an image is turned. Where k does not divide a side, patches have
    the floor size and what is left at the bottom and the right stays as it is. Patches that are
    not square are turned by 180 degrees or not at all; patches of one pixel show no turn.

    Attributes:
        patches: How many along each side, k. At least 2, at most the shorter side.

    Raises:
        ConfigError: If `patches` is outside its range.

    Source:
        Burgert et al., 2025, https://arxiv.org/abs/2509.20234, section 3 (shape suppression).
        Differs: keeps the size; keyed; never the identity; half turns where patches are not square.
    """

    version: ClassVar[int] = 1

    patches: int

    def __post_init__(self) -> None:
        require_patches(self.patches)

    def turns(self, images: Images, *, chance: Chance) -> Int[Tensor, "batch place"]:
        """Return by how many quarters each patch is turned against the clock, row by row.

        Args:
            images: Whose size and number count; any range.
            chance: Of the turns.

        Raises:
            ConfigError: If the images are smaller than the grid, or not those of `chance`.
        """
        require_chance(chance, images)
        high, wide = patch_size(images, self.patches)
        method, count = f"patch-rotation-{self.patches}", self.patches**2
        kinds, quarters = (4, 1) if high == wide else (2, 2)
        turns = np.zeros((len(images), count), dtype=np.int64)
        unturned, draw = np.arange(len(images)), 0
        while len(unturned):
            drawing = chance.take(unturned.tolist()).generators(method, draw)
            for row, generator in zip(unturned, drawing, strict=True):
                turns[row] = generator.integers(kinds, size=count) * quarters
            unturned = unturned[~turns[unturned].any(1)]
            draw += 1
        return torch.from_numpy(turns)

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the images with turned patches.

        Args:
            images: Pixels in [0, 1].
            chance: Of the turns.

        Returns:
            The same pixels in other places.

        Raises:
            RangeError: If `images` leaves [0, 1].
            ConfigError: If the images are smaller than the grid, or not those of `chance`.
        """
        images = require_pixels(images)
        return self._turned(images, self.turns(images, chance=chance))

    def put_back(self, moved: Images, *, chance: Chance) -> Images:
        """Return what was rotated with the same chance, each patch turned back.

        Args:
            moved: Rotated images, or maps of them; any range.
            chance: What rotated them.

        Raises:
            ConfigError: As when rotating.
        """
        return self._turned(moved.detach(), -self.turns(moved, chance=chance) % 4)

    def _turned(self, images: Images, turns: Int[Tensor, "batch place"]) -> Images:
        out = images.clone(memory_format=torch.contiguous_format)
        rows = max(1, _BLOCK // max(1, math.prod(images.shape[1:])))
        for block, part in zip(torch.split(out, rows), torch.split(turns, rows), strict=True):
            _turn(block, part, self.patches)
        return out
