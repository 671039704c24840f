"""From raw signed maps to one number a pixel to be drawn, with the scale that must stand beside it.

A picture without its scale hides how large a map is: whoever draws one gets the scale with it. It
knows no colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from cuelens.errors import ConfigError
from cuelens.tensors import Images

__all__ = ["Display", "Reading", "Scale", "on_scales", "own_scales", "shared_scale", "strength"]

PerPixel = Float[Tensor, "batch height width"]


class Reading(Enum):
    """How the channels of a map become one number a pixel."""

    MAGNITUDE = "absolute values, summed over channels"
    """How strongly a pixel moves the score, either way; the paper's choice."""

    SIGNED = "sum over channels, signed"
    """Whether a brighter pixel raises or lowers the score; channels may cancel."""

    def __repr__(self) -> str:
        """Return what Python reads back as this reading."""
        return f"Reading.{self.name}"

    def __call__(self, maps: Images) -> PerPixel:
        """Return one number a pixel.

        Args:
            maps: Raw and signed.
        """
        return strength(maps) if self is Reading.MAGNITUDE else maps.detach().sum(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """What the ends of a picture's colours mean; its zero is no salience at all.

    Attributes:
        white: The size, absolute value, from which on a pixel is drawn at the end: white, or one of
            the two end colours of a signed picture. Not a number where the map holds something
            that is none.
        percentile: Of the sizes that `white` is.
        maps: How many maps the percentile was taken over; 1: the map's own scale.
        reading: What is drawn of each pixel.
    """

    white: float
    percentile: float
    maps: int = 1
    reading: Reading = Reading.MAGNITUDE

    def __str__(self) -> str:
        """Return what to write on the figure."""
        if np.isnan(self.white):
            return "drawn as zero: the map holds values that are not numbers"
        of = "this map" if self.maps == 1 else f"these {self.maps} maps"
        ends = "black 0, white" if self.reading is Reading.MAGNITUDE else "0 in the middle, ends"
        sign = "" if self.reading is Reading.MAGNITUDE else "\N{PLUS-MINUS SIGN}"
        return f"{ends} {sign}{self.white:.2g} ({self.percentile:g}th percentile of {of})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Display:
    """What to draw of maps, and on which scales.

    Attributes:
        values: From 0 to 1; signed pictures from -1 to 1. Float32.
        scales: One for each picture.
    """

    values: PerPixel
    scales: tuple[Scale, ...]


def strength(maps: Images) -> PerPixel:
    """Return the sum over channels of the absolute values.

    Args:
        maps: Raw and signed.
    """
    return maps.detach().abs().sum(1)


def own_scales(
    maps: Images, *, percentile: float = 99.0, reading: Reading = Reading.MAGNITUDE
) -> Display:
    """Draw each map on its own scale: where salience lies is seen, how much there is, is not.

    Args:
        maps: Raw and signed.
        percentile: Of a map's sizes, from which on pixels are drawn at the end. In (0, 100].
        reading: What is drawn of each pixel.

    Raises:
        ConfigError: If `percentile` is outside its range.

    Source:
        Smilkov et al., 2017, https://arxiv.org/abs/1706.03825, section 3.1, as Zhang & Zhu, 2019,
        https://arxiv.org/abs/1905.09797, use it.
        Differs: black is 0, never the smallest strength, so that a flat map is not drawn as noise.
    """
    whites = [_white(one, percentile) for one in reading(maps)]
    scales = [Scale(white=white, percentile=percentile, reading=reading) for white in whites]
    return on_scales(maps, scales)


def shared_scale(
    maps: Images, *, percentile: float = 99.0, reading: Reading = Reading.MAGNITUDE
) -> Display:
    """Draw all maps on one scale: their amounts can be compared.

    A map that holds something that is no number is left out of the scale and drawn as zero.

    Args:
        maps: Raw and signed.
        percentile: Of the sizes of all maps together. In (0, 100].
        reading: What is drawn of each pixel.

    Raises:
        ConfigError: If `percentile` is outside its range.
    """
    values = reading(maps)
    finite = values.flatten(1).isfinite().all(1).tolist()
    white = _white(values[finite], percentile) if any(finite) else float("nan")
    shared = Scale(white=white, percentile=percentile, maps=max(1, sum(finite)), reading=reading)
    none = Scale(white=float("nan"), percentile=percentile, reading=reading)
    return on_scales(maps, [shared if number else none for number in finite])


def on_scales(maps: Images, scales: Sequence[Scale]) -> Display:
    """Draw maps on scales that were found before, such as those of another model's maps.

    Args:
        maps: Raw and signed.
        scales: One for each map, all of one reading.

    Raises:
        ConfigError: If there are not as many scales as maps, or they read maps in two ways.
    """
    if len(scales) != len(maps):
        raise ConfigError(
            f"`scales` must have one entry a map, expected {len(maps)}, got {len(scales)}."
        )
    readings = list(dict.fromkeys(scale.reading for scale in scales)) or [Reading.MAGNITUDE]
    if len(readings) > 1:
        raise ConfigError(
            "`scales` must be of one reading, got magnitude and signed. Draw them one by one."
        )
    values = readings[0](maps).double()
    whites = torch.tensor([scale.white for scale in scales], dtype=torch.float64)
    whites = whites.to(values.device)[:, None, None]
    shown = torch.where(whites > 0, values / whites, 0).clamp(-1, 1)
    return Display(values=shown.nan_to_num(0).float(), scales=tuple(scales))


def _white(values: Tensor, percentile: float) -> float:
    if not 0 < percentile <= 100:
        raise ConfigError(
            f"`percentile` must be above 0 and at most 100, got {percentile:g}. 99 is usual."
        )
    sizes = values.double().abs().cpu().numpy()
    return float(np.percentile(sizes, percentile)) if np.isfinite(sizes).all() else float("nan")
