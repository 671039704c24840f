"""The strength of a raw signed map: what every measure of its shape is read off."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from cuelens.errors import ConfigError
from cuelens.tensors import Images, require_maps

__all__ = ["Strength", "map_strength", "require_one_size", "shapeless"]

Strength = Float[Tensor, "batch height width"]


def map_strength(maps: Images) -> Strength:
    """Return the absolute values summed over channels, in float64.

    Args:
        maps: Raw, signed, any range.

    Raises:
        ArgumentError: If it is no floating-point tensor of four axes.
    """
    require_maps(maps)
    return maps.detach().double().abs().sum(1)


def shapeless(strength: Strength) -> Bool[Tensor, " batch"]:
    """Return which maps have no shape: zero everywhere, or with values that are no numbers.

    Args:
        strength: From `map_strength`.
    """
    total = strength.sum((1, 2))
    return ~torch.isfinite(total) | (total == 0)


def require_one_size(maps: Images, others: Images, *, name: str, channels: bool = False) -> None:
    """Refuse two batches that are not of the same images at one size.

    Args:
        maps: The first.
        others: The second.
        name: Of the second, as its argument is called.
        channels: Whether both must have the same channels as well.

    Raises:
        ArgumentError: If one is no floating-point tensor of four axes.
        ConfigError: If batch, height, width or such channels differ.
    """
    require_maps(maps)
    require_maps(others, name=name)
    places = (0, 1, 2, 3) if channels else (0, 2, 3)
    first, second = (tuple(one.shape[place] for place in places) for one in (maps, others))
    if first != second:
        axes = "batch, channel, height, width" if channels else "batch, height, width"
        raise ConfigError(
            f"`{name}` must be of the same images and size as `maps`, expected ({axes}) = {first}, "
            f"got {second}. Make both at one size; "
            "`torch.nn.functional.interpolate` resizes a map."
        )
