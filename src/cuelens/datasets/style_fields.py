"""What style patterns are made of: palettes, smooth noise, cells, on one grid of `SIDE` pixels."""

import colorsys
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray
from PIL import Image

__all__ = [
    "SIDE",
    "Field",
    "Generator",
    "X",
    "Y",
    "cells",
    "coloured",
    "edge",
    "ink",
    "inks",
    "mixed",
    "noise",
    "palette_of",
    "shaded",
    "turned",
    "wave",
]

SIDE = 384
"""Of the grid in pixels."""

Field = NDArray[np.float64]
"""One number, or one colour, a pixel."""

Generator = np.random.Generator

X, Y = np.meshgrid((np.arange(SIDE) + 0.5) / SIDE, (np.arange(SIDE) + 0.5) / SIDE)
_HUES = ((0.0, 0.5), (0.0, 0.08), (0.0, 0.33), (0.0, 0.42), (0.0, 0.17))
"""How far the two hues of a palette are apart, in turns: opposites, neighbours and between."""


def palette_of(chance: Generator) -> Field:
    """Return five colours, dark to light, of two hues."""
    base = chance.random()
    near, far = _HUES[chance.integers(len(_HUES))]
    colours = [
        colorsys.hsv_to_rgb(
            (base + (near if place % 2 == 0 else far) + 0.05 * chance.standard_normal()) % 1,
            chance.uniform(0.45, 0.95) * (0.5 if place == 4 else 1),
            value,
        )
        for place, value in enumerate((0.15, 0.45, 0.7, 0.9, 1.0))
    ]
    return np.array(colours)


def coloured(field: Field, palette: Field) -> Field:
    """Return the colours of a field in [0, 1], between those of the palette."""
    knots = np.linspace(0, 1, len(palette))
    return np.stack([np.interp(field, knots, palette[:, channel]) for channel in range(3)], axis=-1)


def noise(chance: Generator, cells: int, octaves: int = 1) -> Field:
    """Return smooth noise over [0, 1] with so many cells a side; each octave is half as large."""
    total = np.zeros((SIDE, SIDE))
    for octave in range(octaves):
        grid = chance.random((cells * 2**octave + 1,) * 2).astype(np.float32)
        smooth = Image.fromarray(grid).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        total += np.asarray(smooth, dtype=np.float64) / 2**octave
    low, high = total.min(), total.max()
    spread: Field = (total - low) / (high - low)
    return spread


def wave(turns: Field) -> Field:
    """Return a cosine wave between 0 and 1 of an angle in turns."""
    height: Field = 0.5 + 0.5 * np.cos(2 * np.pi * turns)
    return height


def edge(distance: Field, width: float) -> Field:
    """Return 0 at distance 0, 1 from `width` on, smooth between."""
    share = np.clip(distance / width, 0, 1)
    rise: Field = share * share * (3 - 2 * share)
    return rise


def turned(chance: Generator, bend: float = 0.0) -> tuple[Field, Field]:
    """Return coordinates turned by a random angle and bent by smooth noise."""
    angle = chance.uniform(0, np.pi)
    along = np.cos(angle) * X + np.sin(angle) * Y + bend * noise(chance, 4)
    across = np.cos(angle) * Y - np.sin(angle) * X + bend * noise(chance, 4)
    return along, across


def cells(chance: Generator, count: int) -> tuple[NDArray[np.intp], Field, Field]:
    """Return the nearest of `count` random points, and how far the two nearest are, in cells."""
    points = chance.random((count, 2)) * 1.2 - 0.1
    found = scipy.spatial.cKDTree(points).query(np.stack([X, Y], axis=-1), k=2)
    scaled = np.asarray(found[0]) * np.sqrt(count)
    return np.asarray(found[1])[..., 0], scaled[..., 0], scaled[..., 1]


def inks(palette: Field, numbers: NDArray[np.integer[Any]]) -> Field:
    """Return the colours of a palette by their numbers."""
    colours: Field = palette[numbers]
    return colours


def shaded(picture: Field, shade: Field) -> Field:
    """Return a picture with every pixel's colours times a number."""
    product: Field = picture * shade[..., None]
    return product


def mixed(under: Field, over: Field, share: Field | NDArray[np.bool]) -> Field:
    """Return a picture with another laid over it by a share a pixel."""
    share = np.asarray(share, dtype=np.float64)
    mixture: Field = under * (1 - share[..., None]) + over * share[..., None]
    return mixture


def ink(colour: Field) -> tuple[int, int, int]:
    """Return a colour in 0 to 255."""
    red, green, blue = (round(255 * value) for value in colour.tolist())
    return red, green, blue
