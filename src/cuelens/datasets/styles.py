"""Where style pictures come from: what every source promises, and the built-in one.

It knows how to get pictures; it does not know what is done with them.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from cuelens.datasets.fingerprint import content_digest
from cuelens.datasets.style_patterns import PATTERNS, paint
from cuelens.errors import ConfigError
from cuelens.randomness import keyed_generator
from cuelens.tensors import Images

__all__ = ["ProceduralStyles", "Styles", "require_rows"]

_PAINTING = 1  # raise it when the same seed paints other pixels
_NAMES = tuple(PATTERNS)


@runtime_checkable
class Styles(Protocol):
    """Pictures whose style images may be given.

    Attributes:
        ids: One a row, such as "paintings/wave.jpg".
        fingerprint: 32 hexadecimal digits that name all pixels and ids.
    """

    @property
    def ids(self) -> tuple[str, ...]:
        """One a row."""
        ...

    @property
    def fingerprint(self) -> str:
        """Names all pixels and ids."""
        ...

    def __len__(self) -> int: ...

    def pictures(self, rows: Tensor, *, size: int) -> Images:
        """Return the pictures at these rows: float32 red, green and blue in [0, 1], square."""
        ...


def require_rows(rows: Tensor, count: int) -> list[int]:
    """Return rows as whole numbers, if all are rows of `count` pictures.

    Raises:
        ConfigError: If one is not.
    """
    places: list[int] = rows.tolist()
    for row in places:
        if not 0 <= row < count:
            raise ConfigError(f"`rows` must lie in 0 to {count - 1}, got {row}.")
    return places


@lru_cache(maxsize=128)  # 56 MB
def _painted(seed: int, row: int) -> NDArray[np.uint8]:
    pattern = _NAMES[row % len(_NAMES)]
    return paint(pattern, keyed_generator(seed, "procedural-style", row))


@dataclass(frozen=True, kw_only=True)
class ProceduralStyles:
    """Built-in style pictures: bricks, brush strokes, mosaics and other patterns, in many colours.

    The patterns take turns, each time with another palette and scale. The same row is the same
    picture at any size, up to resampling, and does not depend on `count`.

    Attributes:
        count: How many pictures. At least 1.
        seed: Of the pictures. At least 0.

    Raises:
        ConfigError: If `count` or `seed` is outside its range.

    Source:
        ours. Differs: none.
    """

    count: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ConfigError(f"`count` must be at least 1 picture, got {self.count}.")
        if self.seed < 0:
            raise ConfigError(f"`seed` must be at least 0, got {self.seed}.")

    def __len__(self) -> int:
        return self.count

    @property
    def ids(self) -> tuple[str, ...]:
        """One a row: the pattern and a number, such as "brick-16"."""
        return tuple(f"{_NAMES[row % len(_NAMES)]}-{row}" for row in range(self.count))

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name all pixels and ids."""
        return content_digest(b"procedural-styles", _PAINTING, self.count, self.seed)

    def pictures(self, rows: Tensor, *, size: int) -> Images:
        """Return the pictures at these rows: float32 red, green and blue in [0, 1].

        Args:
            rows: Each in 0 to `count` - 1.
            size: Side in pixels; above 384, pictures are enlarged.

        Raises:
            ConfigError: If there is no such row, or `size` is not positive.
        """
        if size < 1:
            raise ConfigError(f"`size` must be at least 1 pixel, got {size}.")
        places = require_rows(rows, self.count)
        out = torch.empty((len(places), 3, size, size), dtype=torch.uint8)
        for place, row in enumerate(places):
            picture = Image.fromarray(_painted(self.seed, row))
            resized = picture.resize((size, size), Image.Resampling.BICUBIC)
            out[place] = torch.from_numpy(np.array(resized).transpose(2, 0, 1))
        return out.to(torch.float32) / 255
