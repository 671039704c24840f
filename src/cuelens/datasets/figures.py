"""Ten shapes as signed distance functions, all of one area and centred on their centroid.

Area and mean position say nothing about which shape it is. Coordinates are in units of the
image's side, x to the right and y down. This file does not know how a figure is painted.
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
from cuelens.tensors import Labels, Masks

__all__ = ["AREA", "SHAPES", "figure_distances", "figure_masks"]

_Array = NDArray[np.floating[Any]]
_Distance = Callable[[_Array, _Array], _Array]

AREA = 0.2
"""Share of the image that every shape covers at scale 1."""


def _length(x: _Array, y: _Array) -> _Array:
    length: _Array = np.sqrt(x * x + y * y)
    return length


def _disc(x: _Array, y: _Array) -> _Array:
    return _length(x, y) - 1


def _ring(x: _Array, y: _Array) -> _Array:
    distance: _Array = np.abs(_length(x, y) - 0.75) - 0.25
    return distance


def _crescent(x: _Array, y: _Array) -> _Array:
    distance: _Array = np.maximum(_length(x, y) - 1, 0.7 - _length(x - 0.55, y))
    return distance


def _heart(x: _Array, y: _Array) -> _Array:
    """A unit square on its corner, and a half disc on each of its two upper sides."""
    along, across = (np.abs(part) / float(np.sqrt(2)) - 0.5 for part in (x + y, x - y))
    outside = _length(np.maximum(along, 0), np.maximum(across, 0))
    square = outside + np.minimum(np.maximum(along, across), 0)
    side = float(np.sqrt(1 / 8))
    lobes = _length(np.abs(x) - side, y + side) - 0.5
    distance: _Array = np.minimum(square, lobes)
    return distance


def _polygon(*corners: tuple[float, float]) -> _Distance:
    """Return the exact signed distance to a closed polygon, negative inside."""
    edges = list(zip(corners, corners[1:] + corners[:1], strict=True))

    def distance(x: _Array, y: _Array) -> _Array:
        nearest = np.full_like(x, np.inf)
        inside = np.zeros(x.shape, dtype=np.bool_)
        for (x1, y1), (x2, y2) in edges:
            across, down = x2 - x1, y2 - y1
            u, v = x - x1, y - y1
            along = (u * across + v * down) / (across * across + down * down)
            along = np.minimum(np.maximum(along, 0), 1)
            u, v = u - along * across, v - along * down
            nearest = np.minimum(nearest, u * u + v * v)
            if down:  # a ray to the right crosses this edge
                crosses = (y < y1) != (y < y2)
                inside ^= crosses & (x < x1 + (y - y1) * (across / down))
        return np.where(inside, -1, 1).astype(x.dtype) * np.sqrt(nearest)

    return distance


def _star(points: int, inner: float) -> tuple[tuple[float, float], ...]:
    turns = [np.pi * (corner / points - 0.5) for corner in range(2 * points)]
    lengths = [inner if corner % 2 else 1.0 for corner in range(2 * points)]
    return tuple(
        (float(length * np.cos(turn)), float(length * np.sin(turn)))
        for length, turn in zip(lengths, turns, strict=True)
    )


_CROSS = (
    *((-0.5, -1.5), (0.5, -1.5), (0.5, -0.5), (1.5, -0.5), (1.5, 0.5), (0.5, 0.5)),
    *((0.5, 1.5), (-0.5, 1.5), (-0.5, 0.5), (-1.5, 0.5), (-1.5, -0.5), (-0.5, -0.5)),
)
_ARROW = ((2, 0), (0, -2), (0, -0.8), (-2, -0.8), (-2, 0.8), (0, 0.8), (0, 2))
_HOURGLASS = ((-1.5, -2), (1.5, -2), (0.5, 0), (1.5, 2), (-1.5, 2), (-0.5, 0))

_DISTANCES: dict[str, _Distance] = {
    "disc": _disc,
    "square": _polygon((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "triangle": _polygon((0, -2), (3**0.5, 1), (-(3**0.5), 1)),
    "star": _polygon(*_star(5, 0.45)),
    "ring": _ring,
    "cross": _polygon(*_CROSS),
    "heart": _heart,
    "crescent": _crescent,
    "arrow": _polygon(*_ARROW),
    "hourglass": _polygon(*_HOURGLASS),
}

SHAPES = tuple(_DISTANCES)
"""The names of the ten shapes, in the order of their labels."""


@cache
def _placement(shape: str) -> tuple[float, float, float]:
    """Return the centroid of a shape as defined above, and its units in one side of the image."""
    reach, count = 2.5, 1000  # every shape above lies within 2.5 of the origin
    steps = ((np.arange(count) + 0.5) / count * 2 - 1) * reach
    x, y = np.meshgrid(steps, steps)
    inside = _DISTANCES[shape](x, y) < 0
    area = inside.mean() * (2 * reach) ** 2
    return float(x[inside].mean()), float(y[inside].mean()), float(np.sqrt(area / AREA))


def figure_distances(
    shapes: Labels, poses: Float[Tensor, "batch 4"], *, size: int
) -> Float[Tensor, "batch size size"]:
    """Return how far each pixel's centre is from the edge of its figure.

    Args:
        shapes: Which shape each image gets, 0 to 9, in the order of `SHAPES`.
        poses: Centroid x and y, scale and rotation of each figure: x and y in [0, 1] of the
            image's side, rotation in turns, clockwise.
        size: Side of the images in pixels.

    Returns:
        Distances in units of the image's side, negative inside the figure.

    Raises:
        ConfigError: If a shape is not in 0 to 9.
    """
    kinds = shapes.numpy()
    if len(kinds) and not (kinds.min() >= 0 and kinds.max() < len(SHAPES)):
        raise ConfigError(
            f"`shapes` must lie in 0 to {len(SHAPES) - 1}, got {kinds.min()} to {kinds.max()}."
        )
    places = ((np.arange(size) + 0.5) / size).astype(np.float32)
    x, y, scale, turns = poses.numpy().astype(np.float64).T[:, :, None, None]
    cosine, sine = np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)
    out = np.empty((len(kinds), size, size), dtype=np.float32)
    for kind in np.unique(kinds):
        rows = np.flatnonzero(kinds == kind)
        middle_x, middle_y, units = _placement(SHAPES[kind])
        unit = (units / scale[rows]).astype(np.float32)
        right = (places - x[rows]).astype(np.float32) * unit
        down = (places[:, None] - y[rows]).astype(np.float32) * unit
        turn, tilt = cosine[rows].astype(np.float32), sine[rows].astype(np.float32)
        across = turn * right + tilt * down + middle_x
        along = turn * down - tilt * right + middle_y
        out[rows] = _DISTANCES[SHAPES[kind]](across, along) / unit
    return torch.from_numpy(out)


def figure_masks(shapes: Labels, poses: Float[Tensor, "batch 4"], *, size: int) -> Masks:
    """Return True where a pixel's centre lies in its figure; see `figure_distances`."""
    return figure_distances(shapes, poses, size=size) <= 0
