"""Ten procedural textures that differ in pattern alone.

A texture is a brightness field without edges of its own: it fills the plane, has a random phase,
and the same histogram as the nine others, that of a sine wave. So mean, root mean square and peak
say nothing about which texture it is. This file does not know what a texture is painted on.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from cuelens.errors import ConfigError
from cuelens.randomness import keyed_generator
from cuelens.tensors import Labels

__all__ = ["TEXTURES", "TEXTURE_NUMBERS", "texture_fields"]

_Array = NDArray[np.floating[Any]]

_CYCLES = 6.4  # waves across an image: 5 pixels a wave at 32 px
_WAVES = 8
_SAMPLES = 1 << 18

TEXTURE_NUMBERS = 2 * _WAVES
"""How many uniform numbers fix the phase of a texture."""


def _wave(turns: _Array) -> _Array:
    """Return the cosine of an angle given in turns."""
    value: _Array = np.cos(turns * np.asarray(2 * np.pi, turns.dtype))
    return value


def _stripes(across: float, down: float) -> Callable[[_Array, _Array, _Array], _Array]:
    length = np.hypot(across, down)
    across, down = float(_CYCLES * across / length), float(_CYCLES * down / length)

    def field(x: _Array, y: _Array, numbers: _Array) -> _Array:
        return _wave(across * x + down * y + numbers[0])

    return field


def _checker(x: _Array, y: _Array, numbers: _Array) -> _Array:
    cycles = _CYCLES / float(np.sqrt(2))
    return _wave(cycles * x + numbers[0]) * _wave(cycles * y + numbers[1])


def _diamonds(x: _Array, y: _Array, numbers: _Array) -> _Array:
    return _wave(_CYCLES * x + numbers[0]) + _wave(_CYCLES * y + numbers[1])


def _honeycomb(x: _Array, y: _Array, numbers: _Array) -> _Array:
    first = _CYCLES * x + numbers[0]
    second = _CYCLES * (x / -2 + y * float(np.sqrt(3) / 2)) + numbers[1]
    return _wave(first) + _wave(second) + _wave(-(first + second))


def _zigzag(x: _Array, y: _Array, numbers: _Array) -> _Array:
    position = _CYCLES / 2 * x + numbers[0]
    bend = np.abs(position - np.floor(position) - np.asarray(0.5, x.dtype))
    return _wave(_CYCLES * y + numbers[1] + 2 * bend)


def _rings(x: _Array, y: _Array, numbers: _Array) -> _Array:
    cells = _CYCLES / 2.5
    across, down = cells * x + numbers[0], cells * y + numbers[1]
    across, down = across - np.rint(across), down - np.rint(down)
    return _wave(2.5 * np.sqrt(across * across + down * down))


def _grain(x: _Array, y: _Array, numbers: _Array) -> _Array:
    total: _Array = np.zeros_like(x + y + numbers[0])
    for wave in range(_WAVES):
        angle = (wave + numbers[wave]) * float(np.pi / _WAVES)
        turns = _CYCLES * (np.cos(angle) * x + np.sin(angle) * y)
        total += _wave(turns + numbers[_WAVES + wave])
    return total


_FIELDS: dict[str, Callable[[_Array, _Array, _Array], _Array]] = {
    "horizontal": _stripes(0, 1),
    "vertical": _stripes(1, 0),
    "rising": _stripes(1, 1),
    "falling": _stripes(1, -1),
    "checker": _checker,
    "diamonds": _diamonds,
    "honeycomb": _honeycomb,
    "zigzag": _zigzag,
    "rings": _rings,
    "grain": _grain,
}

TEXTURES = tuple(_FIELDS)
"""The names of the ten textures, in the order of their labels."""


@cache
def _equaliser(texture: str) -> tuple[_Array, _Array]:
    """Return the values of a raw field, rising, and those of a sine wave of the same rank."""
    generator = keyed_generator(0, "texture-histogram", texture)
    places = generator.random((2, _SAMPLES))
    numbers = generator.random((TEXTURE_NUMBERS, _SAMPLES))
    ranks = (np.arange(1025) + 0.5) / 1026
    raw = np.quantile(_FIELDS[texture](places[0], places[1], numbers), ranks)
    return raw, -np.cos(np.pi * ranks)


def texture_fields(
    textures: Labels, numbers: Float[Tensor, "batch number"], *, size: int
) -> Float[Tensor, "batch size size"]:
    """Return one texture for each image, as a brightness field around 0.

    Args:
        textures: Which texture each image gets, 0 to 9, in the order of `TEXTURES`.
        numbers: `TEXTURE_NUMBERS` uniform numbers in [0, 1) an image; they set its phase.
        size: Side of the fields in pixels; the same numbers give the same picture at any size.

    Returns:
        Numbers in [-1, 1]. Over uniform phases each pixel of each texture has the histogram of a
        sine wave: mean 0, root mean square sqrt(1/2).

    Raises:
        ConfigError: If a texture is not in 0 to 9, or `numbers` has another width.

    Source:
        ours; equal histograms follow Portilla & Simoncelli, 2000,
        https://doi.org/10.1023/A:1026553619983, who count the histogram as part of a texture.
        Differs: here it is the part that is kept equal.
    """
    if numbers.shape[1] != TEXTURE_NUMBERS:
        raise ConfigError(
            f"`numbers` must hold {TEXTURE_NUMBERS} numbers an image, got {numbers.shape[1]}."
        )
    kinds = textures.numpy()
    if len(kinds) and not (kinds.min() >= 0 and kinds.max() < len(TEXTURES)):
        raise ConfigError(
            f"`textures` must lie in 0 to {len(TEXTURES) - 1}, got {kinds.min()} to {kinds.max()}."
        )
    places = ((np.arange(size) + 0.5) / size).astype(np.float32)
    out = np.empty((len(kinds), size, size), dtype=np.float32)
    for kind in np.unique(kinds):
        chosen = np.flatnonzero(kinds == kind)
        phases = numbers.numpy()[chosen].T[:, :, None, None]
        raw = _FIELDS[TEXTURES[kind]](places[None, None, :], places[None, :, None], phases)
        knots, values = _equaliser(TEXTURES[kind])
        out[chosen] = np.interp(raw, knots, values)
    return torch.from_numpy(out)
