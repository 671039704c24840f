"""Paints one figure before a plain background, each cue in a place of its own.

The outline is the shape, the pattern of brightness the texture, the hue the colour. Hue is drawn
at constant luminance, texture is added to all channels alike, and a figure has the same mean
luminance whatever its cues, so greyscale images hold shape and texture whole and colour not at
all. This file does not know what a class is.
"""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy.typing import NDArray
from torch import Tensor

from cuelens.datasets.figures import figure_distances
from cuelens.tensors import Labels
from cuelens.textures import TEXTURE_NUMBERS, texture_fields

__all__ = [
    "COLOURS",
    "LARGEST_FIGURE_CONTRAST",
    "LARGEST_TEXTURE_CONTRAST",
    "LUMINANCE",
    "SCENE_NUMBERS",
    "paint",
    "poses",
]

_Array = NDArray[np.floating[Any]]

COLOURS = (
    "red",
    "orange",
    "olive",
    "green",
    "jade",
    "teal",
    "azure",
    "blue",
    "violet",
    "magenta",
)
"""The names of the ten hues, in the order of their labels."""

LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue (ITU-R BT.601); every hue has the same weighted sum."""

_JITTER = 0.02  # of the luminance of a whole image
_CHROMA = 0.18  # of the figure, Euclidean in RGB
_BACKGROUND_CHROMA = 0.04
_CLOUDS = 0.04  # peak of the background's low-frequency noise
_CELLS = 4  # of that noise, across an image

# The figure's luminance is near 0.5, so these keep every pixel within [0, 1].
LARGEST_TEXTURE_CONTRAST = 0.5 - _JITTER - _CHROMA
LARGEST_FIGURE_CONTRAST = 0.5 - _JITTER - _BACKGROUND_CHROMA - _CLOUDS

_SHIFT, _SMALLEST, _LARGEST, _TILT = 0.05, 0.85, 1.1, 15 / 360
_POSE, _LOOK, _KNOTS = 4, 4, (_CELLS + 1) ** 2

SCENE_NUMBERS = _POSE + _LOOK + _KNOTS + TEXTURE_NUMBERS
"""How many uniform numbers fix everything in a scene that is not a cue."""


def poses(numbers: Float[Tensor, "batch number"]) -> Float[Tensor, "batch 4"]:
    """Return centroid x and y, scale and rotation in turns of each figure.

    Args:
        numbers: `SCENE_NUMBERS` uniform numbers in [0, 1) an image.

    Returns:
        The centroid within 0.05 of the image's middle, the scale from 0.85 to 1.1, the rotation
        at most 15 degrees; so every shape lies inside the image.
    """
    low = torch.tensor([0.5 - _SHIFT, 0.5 - _SHIFT, _SMALLEST, -_TILT])
    high = torch.tensor([0.5 + _SHIFT, 0.5 + _SHIFT, _LARGEST, _TILT])
    return low + (high - low) * numbers[:, :_POSE]


def _chroma(turns: _Array, length: _Array | float) -> _Array:
    """Return RGB offsets of constant luminance, shape (batch, 3): a hue circle, red at 0."""
    up = np.array(LUMINANCE) / np.linalg.norm(LUMINANCE)
    red = np.array([1.0, 0.0, 0.0]) - up[0] * up
    red /= np.linalg.norm(red)
    angle = 2 * np.pi * turns[:, None]
    circle = np.cos(angle) * red + np.sin(angle) * np.cross(up, red)
    chroma: _Array = np.asarray(length, dtype=np.float64).reshape(-1, 1) * circle
    return chroma


def _clouds(knots: _Array, size: int) -> _Array:
    """Return smooth noise in [-1, 1] from uniform numbers on a coarse lattice."""
    lattice = (2 * knots - 1).reshape(-1, _CELLS + 1, _CELLS + 1)
    places = (np.arange(size) + 0.5) / size * _CELLS
    cell = places.astype(np.int64)
    part = (places - cell).astype(np.float32)
    ease = part * part * (3 - 2 * part)
    rows = lattice[:, cell] + ease[:, None] * (lattice[:, cell + 1] - lattice[:, cell])
    columns: _Array = rows[:, :, cell] + ease * (rows[:, :, cell + 1] - rows[:, :, cell])
    return columns


def paint(
    shapes: Labels,
    textures: Labels,
    colours: Labels,
    numbers: Float[Tensor, "batch number"],
    *,
    size: int,
    texture_contrast: float,
    figure_contrast: float,
) -> UInt8[Tensor, "batch 3 size size"]:
    """Return the images as 8-bit pixels; each depends on its own row of the arguments alone.

    Args:
        shapes: Of the figures, 0 to 9.
        textures: Of the figures, 0 to 9.
        colours: Of the figures, 0 to 9.
        numbers: `SCENE_NUMBERS` uniform numbers in [0, 1) an image.
        size: Side of the images in pixels.
        texture_contrast: Peak of the texture in pixel units, 0 to `LARGEST_TEXTURE_CONTRAST`.
        figure_contrast: Luminance between figure and background in pixel units, 0 to
            `LARGEST_FIGURE_CONTRAST`; the background is as often darker as lighter.

    Returns:
        Pixels in 0 to 255; none is clipped. The edge of the figure is antialiased.
    """
    drawn = numbers.numpy()
    look = drawn[:, _POSE : _POSE + _LOOK].astype(np.float64)
    knots = drawn[:, _POSE + _LOOK : _POSE + _LOOK + _KNOTS]
    fields = texture_fields(textures, numbers[:, -TEXTURE_NUMBERS:], size=size).numpy()
    distances = figure_distances(shapes, poses(numbers), size=size).numpy()
    cover = np.clip(np.float32(0.5) - distances * np.float32(size), 0, 1)

    middle = 0.5 + _JITTER * (2 * look[:, 0] - 1)
    side = np.where(look[:, 1] < 0.5, -figure_contrast, figure_contrast)
    figure_hue = _chroma(colours.numpy() / len(COLOURS), _CHROMA)
    behind_hue = _chroma(look[:, 2], _BACKGROUND_CHROMA * look[:, 3])

    def column(values: _Array) -> _Array:
        return values.astype(np.float32)[:, None, None]

    behind = np.float32(_CLOUDS) * _clouds(knots, size) + column(middle + side)
    figure = np.float32(texture_contrast) * fields + column(middle)
    grey = behind + cover * (figure - behind)
    out = np.empty((len(drawn), 3, size, size), dtype=np.uint8)
    for channel in range(3):
        hue = column(figure_hue[:, channel] - behind_hue[:, channel])
        pixels = grey + cover * hue + column(behind_hue[:, channel])
        out[:, channel] = np.rint(np.clip(pixels, 0, 1) * np.float32(255)).astype(np.uint8)
    return torch.from_numpy(out)
