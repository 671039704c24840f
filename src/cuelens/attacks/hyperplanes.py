"""The shortest way from a point of the box [0, 1] onto a hyperplane, without leaving the box.

It knows the two lengths, Linf and L2; where the hyperplanes come from, it does not.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from cuelens.balls import Ball, Linf

__all__ = ["moves_onto"]

Points = Float[Tensor, "batch point pixel"]
Normals = Float[Tensor, "batch pixel"]
PerPoint = Float[Tensor, "batch point"]

_TINY = 1e-30
_LONGEST_SEARCH = 100
"""Bounds the search for a level; about 4 rounds are usual."""


def moves_onto(ball: Ball, points: Points, normals: Normals, rises: PerPoint) -> Points:
    """Return the shortest moves inside the box that change normal * point by the given rises.

    Each pixel goes along the steepest direction, the sign of the normal or the normal itself, up
    to one level that all pixels of a point share, or stops where it meets the border.

    Args:
        ball: Says what short means: `Linf` or `L2`. Its radius does not matter.
        points: Pixels in [0, 1]; several points share the normal of their row.
        normals: Of the hyperplanes, of any length; pixels where they are zero never move.
        rises: How much normal * point has to change; of either sign.

    Returns:
        The moves, not the points moved. Where no point of the box lies on the hyperplane, the
        move to the corner that is nearest to it.

    Source:
        Croce & Hein, 2020, https://arxiv.org/abs/1907.02044, section 3.1.
        Differs: the level is found by Newton's method instead of by sorting the pixels, which
        takes many times as long. Both are exact.
    """
    scale = normals.abs().amax(1, keepdim=True).clamp_min_(_TINY)
    normals, rises = normals / scale, rises / scale
    steepest = normals.sign() if isinstance(ball, Linf) else normals
    ways = steepest[:, None] * rises.sign()[:, :, None]
    room = torch.gt(ways, 0, out=torch.empty_like(ways)).sub_(points).abs_()
    if not isinstance(ball, Linf):
        room.div_(normals.abs().clamp_min_(_TINY)[:, None])
    weights = (normals * steepest)[:, None]
    level = _level(room, weights, rises.abs())
    return torch.minimum(room, level[:, :, None], out=room).mul_(ways)


def _level(room: Points, weights: Float[Tensor, "batch 1 pixel"], rises: PerPoint) -> PerPoint:
    """Return the levels at which the sums of weight * min(level, room) are the rises.

    The sum is concave, piecewise linear and never falls, so that Newton's method from zero
    climbs towards the level, never beyond it, and is there after finitely many pieces. Where
    all room is not enough, the level is infinite.
    """
    spare = torch.empty_like(room)
    tolerance = rises * (16 * torch.finfo(room.dtype).eps)
    level, missing = torch.zeros_like(rises), rises
    for _ in range(_LONGEST_SEARCH):
        slope = torch.gt(room, level[:, :, None], out=spare).mul_(weights).sum(2)
        level = torch.where(missing > tolerance, level + missing / slope, level)
        reached = torch.minimum(room, level[:, :, None], out=spare).mul_(weights).sum(2)
        missing = rises - reached
        if not ((missing > tolerance) & level.isfinite()).any():
            break
    return level
