"""Texture synthesis: a new picture of the image's own texture, without its shape and layout."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Int
from numpy.typing import NDArray
from torch import Tensor

from cuelens.arguments import require_chance
from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.tensors import Images, require_pixels
from cuelens.transforms.quilting import Grid, quilt

__all__ = ["TextureSynthesis"]

_OVERLAP = 1 / 4
"""Of the side of a patch."""

_TOLERANCE = 0.1

_POSITIONS = 1024
"""Of how many places a patch is chosen at most: all at 32 px, one in 28 at 224 px."""

_BANK = 2**20
"""How many numbers the patches of the images that are sewn at once may hold."""


def _drawn(positions: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    """Return at most so many positions as are tried."""
    if len(positions) <= _POSITIONS:
        return positions
    return generator.choice(positions, _POSITIONS, replace=False, shuffle=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class TextureSynthesis:
    """Sews each image anew from patches of itself that fit where they overlap.

    Every pixel of the result is one of the image's, in a patch of its neighbours there, cut
    where the seam shows least. No patch goes on where the one beside it ends, so that nothing
    larger than a patch is kept; and all parts of an image are used about equally often, so that
    its textures keep their shares.

    Attributes:
        patch: Side of a patch, as a share of the shorter side of the images, above 0 and at most
            1/2; at least 2 pixels. Patches overlap by a quarter of it.

    Raises:
        ConfigError: If `patch` is outside its range.

    Source:
        Efros & Freeman, 2001, https://doi.org/10.1145/383259.383296, section 2.
        Differs: the result has the size of the image; patches that go on and patches that were
        taken oftener than others are left out; they overlap by 1/4 for 1/6, since they are
        small; of large images, 1024 patches drawn by chance are tried for each place.
    """

    version: ClassVar[int] = 1

    patch: float = 0.25

    def __post_init__(self) -> None:
        if not 0 < self.patch <= 0.5:
            raise ConfigError(
                f"`patch` must be above 0 and at most 0.5 (a share of the shorter side), "
                f"got {self.patch:g}."
            )

    def grid(self, height: int, width: int) -> Grid:
        """Return where the patches of images of this size lie, in pixels."""
        shorter = min(height, width)
        patch = min(shorter, max(2, round(self.patch * shorter)))
        overlap = max(1, round(_OVERLAP * patch)) if patch > 1 else 0
        return Grid(height, width, patch, overlap)

    def sources(self, images: Images, chance: Chance) -> Int[Tensor, "batch height width"]:
        """Return which pixel of each image each pixel of its result is, in reading order.

        Args:
            images: Pixels in [0, 1].
            chance: Of the choices.

        Returns:
            Pixels in reading order.

        Raises:
            ConfigError: If `chance` is not that of the images.
        """
        require_chance(chance, images)
        height, width = images.shape[2:]
        grid = self.grid(height, width)
        levels = images.detach().cpu().mul(127).round().to(torch.int64).numpy()
        out = np.empty((len(images), height, width), dtype=np.int64)
        generators = chance.generators(f"texture-synthesis-{self.patch:g}")
        tried = min(_POSITIONS, len(grid.positions()))
        at_once = max(1, _BANK // max(1, tried * grid.compared * images.shape[1]))
        for first in range(0, len(images), at_once):
            rows = slice(first, first + at_once)
            drawn = generators[rows]
            out[rows] = quilt(
                levels[rows],
                positions=np.stack([_drawn(grid.positions(), each) for each in drawn]),
                draws=np.stack([each.random((grid.rows, grid.columns)) for each in drawn]),
                grid=grid,
                tolerance=_TOLERANCE,
            )
        return torch.from_numpy(out)

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return images of the same texture.

        Args:
            images: Pixels in [0, 1].
            chance: Of the choices.

        Returns:
            Pixels of the images, in [0, 1].

        Raises:
            RangeError: If `images` leaves [0, 1].
            ConfigError: If `chance` is not that of the images.
        """
        images = require_pixels(images)
        if not len(images):
            return images.clone()
        sources = self.sources(images, chance).to(images.device)
        places = sources.flatten(1)[:, None].expand(-1, images.shape[1], -1)
        return images.flatten(2).gather(2, places).view(images.shape)
