"""Style transfer by AdaIN, with weights of one's own: another texture, the same shape."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from cuelens.arguments import require_chance
from cuelens.datasets.styles import ProceduralStyles, Styles
from cuelens.errors import ConfigError
from cuelens.networks.adain import Features, Statistics, restyled, statistics
from cuelens.randomness import Chance
from cuelens.sources.adain_sessions import single_threaded
from cuelens.sources.adain_weights import AdaINWeights
from cuelens.tensors import Images, require_pixels
from cuelens.transforms.style_choice import drawn_rows
from cuelens.transforms.working_size import (
    Pixels,
    back_from_pixels,
    for_each,
    require_working_size,
    resized,
    to_pixels,
    working_sides,
)

__all__ = ["AdaIN"]

_BUILT_IN = ProceduralStyles()
_MULTIPLE = 8  # the encoder halves an image three times
_BLOCK = 32
"""How many style pictures are in memory at once."""

_MOST = 16_384  # styles; about 140 MB


@lru_cache(maxsize=4)
def _known(weights: str, styles: str, size: int) -> dict[int, Statistics]:
    """Return the styles that have been read by these weights from these pictures, by row."""
    return {}


@dataclass(frozen=True, kw_only=True, slots=True)
class AdaIN:
    """Gives the features of each image the means and deviations of a picture that chance draws.

    An image is resized to the working size, encoded, restyled, decoded and resized back, all on
    the CPU.

    Attributes:
        weights: The files of the encoder and the decoder.
        styles: The pictures.
        working_size: The shorter side in pixels at which images are painted, the longer one in
            proportion (at most four times as long), and that of the pictures. 32 to 1024. The
            strokes have a size in pixels, so that they are coarser in an image the smaller it is.
        strength: How far the features go from the image's own, 0, to the picture's style, 1. At 0
            images are encoded and decoded alone: the control.

    Raises:
        ConfigError: If `working_size` or `strength` is outside its range.

    Source:
        Huang & Belongie, 2017, https://arxiv.org/abs/1703.06868, sections 5 and 7.2.
        Differs: sides are mirrored up to a multiple of 8 pixels and cut again.
    """

    version: ClassVar[int] = 1

    weights: AdaINWeights
    styles: Styles = _BUILT_IN
    working_size: int = 256
    strength: float = 1.0

    def __post_init__(self) -> None:
        require_working_size(self.working_size)
        if not 0 <= self.strength <= 1:
            raise ConfigError(
                f"`strength` must be 0 (encoded and decoded alone) to 1 (the picture's style), "
                f"got {self.strength:g}."
            )

    def rows(self, chance: Chance) -> Int[Tensor, " batch"]:
        """Return which picture gives each image its style: a row of `styles`, see `drawn_rows`."""
        return drawn_rows(self.styles, chance)

    def encoded(self, pixels: Pixels) -> Features:
        """Return the features of one image whose sides are multiples of 8 pixels."""
        encode = single_threaded(self.weights.encoder_network)
        return torch.from_numpy(encode(np.ascontiguousarray(pixels.transpose(2, 0, 1))[None]))

    def decoded(self, features: Features) -> Pixels:
        """Return the image that has these features, in [0, 1]."""
        decode = single_threaded(self.weights.decoder_network)
        pixels: Pixels = decode(features.numpy())[0].transpose(1, 2, 0).clip(0, 1)
        return pixels

    def _styles(self, rows: Iterable[int]) -> dict[int, Statistics]:
        """Return the style of each of these rows; those that are known are not read again."""
        known = _known(self.weights.fingerprint, self.styles.fingerprint, self.working_size)
        wanted = sorted(set(rows))
        found = {row: known[row] for row in wanted if row in known}
        unknown = [row for row in wanted if row not in found]
        with ThreadPoolExecutor(torch.get_num_threads()) as pool:
            for first in range(0, len(unknown), _BLOCK):
                block = unknown[first : first + _BLOCK]
                pictures = self.styles.pictures(torch.tensor(block), size=self.working_size)
                read = pool.map(
                    lambda one: statistics(self.encoded(_padded(one))), map(to_pixels, pictures)
                )
                found |= dict(zip(block, read, strict=True))
        if len(known) + len(unknown) > _MOST:
            known.clear()
        known |= found
        return found

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the painted images.

        Args:
            images: Pixels in [0, 1], three channels or one; grey ones stay grey.
            chance: Of the styles.

        Returns:
            Pixels in [0, 1].

        Raises:
            RangeError: If `images` leaves [0, 1].
            DataError: If there are neither three channels nor one, or a style picture changed.
            ConfigError: If `chance` is not that of the images.
            ModelError: If what runs the networks is not installed.
        """
        images = require_pixels(images)
        require_chance(chance, images)
        rows = self.rows(chance).tolist()
        styles = self._styles(rows) if self.strength > 0 else {}

        def paint(place: int) -> Tensor:
            pixels = to_pixels(images[place])
            sides = working_sides(pixels.shape[0], pixels.shape[1], self.working_size)
            features = self.encoded(_padded(resized(pixels, *sides)))
            if self.strength > 0:
                other = restyled(features, styles[rows[place]])
                features = features + self.strength * (other - features)
            painted = self.decoded(features)[: sides[0], : sides[1]]
            return back_from_pixels(painted, images[place])

        return for_each(images, paint)


def _padded(pixels: Pixels) -> Pixels:
    """Return an image mirrored at the bottom and at the right up to a multiple of 8 pixels."""
    height, width = pixels.shape[:2]
    padded: Pixels = np.pad(
        pixels, ((0, -height % _MULTIPLE), (0, -width % _MULTIPLE), (0, 0)), mode="reflect"
    )
    return padded
