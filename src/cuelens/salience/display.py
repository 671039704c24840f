"""From raw signed maps to grey pictures, with the scale that must stand beside them.

A picture without its scale hides how large a map is: whoever draws one gets the scale with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from cuelens.errors import ConfigError
from cuelens.tensors import Images

__all__ = ["Display", "Scale", "on_scales", "own_scales", "shared_scale", "strength"]

Greys = Float[Tensor, "batch height width"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """What black and white mean in a picture of a map: black is no salience at all.

    Attributes:
        white: The strength, sum over channels of absolute values, from which on a pixel is
            white; not a number where the map holds something that is none.
        percentile: Of the strengths that `white` is.
        maps: How many maps the percentile was taken over; 1: the map's own scale.
    """

    white: float
    percentile: float
    maps: int = 1

    def __str__(self) -> str:
        """Return what to write on the figure."""
        if np.isnan(self.white):
            return "drawn black: the map holds values that are not numbers"
        of = "this map" if self.maps == 1 else f"these {self.maps} maps"
        return f"black 0, white {self.white:.2g} ({self.percentile:g}th percentile of {of})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Display:
    """Grey pictures and what their greys mean.

    Attributes:
        greys: From 0, black, to 1, white; float32.
        scales: One for each picture.
    """

    greys: Greys
    scales: tuple[Scale, ...]


def strength(maps: Images) -> Greys:
    """Return the sum over channels of the absolute values.

    Args:
        maps: Raw and signed.
    """
    return maps.detach().abs().sum(1)


def own_scales(maps: Images, *, percentile: float = 99.0) -> Display:
    """Draw each map on its own scale: where salience lies is seen, how much there is, is not.

    Args:
        maps: Raw and signed.
        percentile: Of a map's strengths, from which on pixels are white. In (0, 100].

    Raises:
        ConfigError: If `percentile` is outside its range.

    Source:
        Smilkov et al., 2017, https://arxiv.org/abs/1706.03825, section 3.1, as Zhang & Zhu, 2019,
        https://arxiv.org/abs/1905.09797, use it.
        Differs: black is 0, never the smallest strength, so that a flat map is not drawn as noise.
    """
    strengths = strength(maps)
    whites = [_white(one, percentile) for one in strengths]
    return on_scales(maps, [Scale(white=white, percentile=percentile) for white in whites])


def shared_scale(maps: Images, *, percentile: float = 99.0) -> Display:
    """Draw all maps on one scale: their amounts can be compared.

    Args:
        maps: Raw and signed.
        percentile: Of the strengths of all maps together. In (0, 100].

    Raises:
        ConfigError: If `percentile` is outside its range.
    """
    white = _white(strength(maps), percentile) if len(maps) else 0.0
    scale = Scale(white=white, percentile=percentile, maps=max(1, len(maps)))
    return on_scales(maps, [scale] * len(maps))


def on_scales(maps: Images, scales: Sequence[Scale]) -> Display:
    """Draw maps on scales that were found before, such as those of another model's maps.

    Args:
        maps: Raw and signed.
        scales: One for each map.

    Raises:
        ConfigError: If there are not as many scales as maps.
    """
    if len(scales) != len(maps):
        raise ConfigError(
            f"`scales` must have one entry a map, expected {len(maps)}, got {len(scales)}."
        )
    strengths = strength(maps).double()
    whites = torch.tensor([scale.white for scale in scales], dtype=torch.float64)
    whites = whites.to(strengths.device)[:, None, None]
    greys = torch.where(whites > 0, strengths / whites, 0).clamp(0, 1)
    return Display(greys=greys.nan_to_num(0).float(), scales=tuple(scales))


def _white(strengths: Tensor, percentile: float) -> float:
    if not 0 < percentile <= 100:
        raise ConfigError(
            f"`percentile` must be above 0 and at most 100, got {percentile:g}. 99 is usual."
        )
    values = strengths.double().cpu().numpy()
    return float(np.percentile(values, percentile)) if np.isfinite(values).all() else float("nan")
