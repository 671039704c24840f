"""The strength of a raw signed map: what every measure of its shape is read off."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from cuelens.tensors import Images

__all__ = ["Strength", "map_strength", "shapeless"]

Strength = Float[Tensor, "batch height width"]


def map_strength(maps: Images) -> Strength:
    """Return the absolute values summed over channels, in float64.

    Args:
        maps: Raw, signed, any range.
    """
    return maps.detach().double().abs().sum(1)


def shapeless(strength: Strength) -> Bool[Tensor, " batch"]:
    """Return which maps have no shape: zero everywhere, or with values that are no numbers.

    Args:
        strength: From `map_strength`.
    """
    total = strength.sum((1, 2))
    return ~torch.isfinite(total) | (total == 0)
