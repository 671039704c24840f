"""Geometry of the balls that bound a perturbation.

A ball knows how long a perturbation is, how to pull one back inside, which way is steepest, and
how to draw one by chance. Nothing here knows about models. Radii are in units of the pixel
range [0, 1]; those of flows are in pixels.
"""

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.reals import require_number
from cuelens.tensors import Images, PerImage

__all__ = ["L2", "Ball", "Displacement", "Linf", "ThreatModel"]

_TINY = 1e-12


@runtime_checkable
class ThreatModel(Protocol):
    """What bounds an attack: perturbations, flows, up to a length in their own unit."""

    @property
    def radius(self) -> float:
        """Largest allowed length, in the unit of the threat model."""
        ...


@runtime_checkable
class Ball(Protocol):
    """A set of allowed perturbations around zero."""

    @property
    def radius(self) -> float:
        """Largest allowed length, in units of the pixel range [0, 1]."""
        ...

    def length(self, perturbation: Images) -> PerImage:
        """Return the length of each perturbation."""
        ...

    def project(self, perturbation: Images) -> Images:
        """Return the nearest perturbation inside the ball."""
        ...

    def steepest(self, gradient: Images) -> Images:
        """Return the unit-length direction that raises the loss fastest."""
        ...

    def nearest(self, points: Images, centres: Images) -> Images:
        """Return the nearest point to each that is inside the ball around its centre."""
        ...

    def sample(self, like: Images, *, chance: Chance) -> Images:
        """Return a perturbation drawn by chance inside the ball, shaped like `like`."""
        ...


def _check_radius(radius: float) -> None:
    require_number("radius", radius)
    if not (radius >= 0 and math.isfinite(radius)):
        raise ConfigError(f"`radius` must be a finite number of at least 0, got {radius}.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Linf:
    """Perturbations whose every pixel moves by at most `radius`.

    Attributes:
        radius: In units of the pixel range; from 0 to 1.

    Raises:
        ArgumentError: If `radius` is no number.
        ConfigError: If `radius` is outside [0, 1].
    """

    radius: float

    def __post_init__(self) -> None:
        _check_radius(self.radius)
        if self.radius > 1:
            raise ConfigError(
                f"`radius` must be at most 1 (pixels are in [0, 1]), "
                f"got {self.radius:g}. Did you mean {self.radius:g}/255?"
            )

    def length(self, perturbation: Images) -> PerImage:
        """Return the largest absolute pixel change of each image."""
        flat = perturbation.flatten(1)
        return torch.maximum(flat.amax(1), -flat.amin(1))  # writes no absolute values

    def project(self, perturbation: Images) -> Images:
        """Return the perturbation with every pixel change clamped to the radius."""
        return perturbation.clamp(-self.radius, self.radius)

    def steepest(self, gradient: Images) -> Images:
        """Return the sign of the gradient."""
        return gradient.sign()

    def nearest(self, points: Images, centres: Images) -> Images:
        """Return the points, every pixel clamped to the radius around its centre."""
        return torch.minimum(torch.maximum(points, centres - self.radius), centres + self.radius)

    def sample(self, like: Images, *, chance: Chance) -> Images:
        """Return pixel changes drawn uniformly from [-radius, radius)."""
        noise = chance.uniform(like.shape[1:], method="linf-sample")
        return self.radius * (2 * noise - 1).to(like)


@dataclass(frozen=True, kw_only=True, slots=True)
class L2:
    """Perturbations whose Euclidean norm over the image is at most `radius`.

    Attributes:
        radius: In units of the pixel range. At least 0.

    Raises:
        ArgumentError: If `radius` is no number.
        ConfigError: If `radius` is negative or not finite.
    """

    radius: float

    def __post_init__(self) -> None:
        _check_radius(self.radius)

    @classmethod
    def of_equal_change(cls, change: float, *, height: int, width: int, channels: int = 3) -> "L2":
        """Return the ball whose radius moves every pixel by `change` in root mean square.

        Args:
            change: Root-mean-square pixel change, such as 8/255. In [0, 1].
            height: Of the images, in pixels.
            width: Of the images, in pixels.
            channels: Of the images.

        Returns:
            A ball of radius change * sqrt(channels * height * width): the same visible change at
            any resolution; 8/255 is 1.74 at 32 px and 12.17 at 224 px.

        Raises:
            ArgumentError: If `change` is no number.
        """
        require_number("change", change)
        return cls(radius=change * math.sqrt(channels * height * width))

    def length(self, perturbation: Images) -> PerImage:
        """Return the Euclidean norm of each perturbation."""
        norm: PerImage = torch.linalg.vector_norm(perturbation.flatten(1), dim=1)
        return norm

    def project(self, perturbation: Images) -> Images:
        """Shrink any perturbation longer than the radius; never lengthen one."""
        scale = (self.radius / self.length(perturbation).clamp_min(_TINY)).clamp_max(1)
        return perturbation * scale[:, None, None, None]

    def steepest(self, gradient: Images) -> Images:
        """Return the gradient scaled to unit norm."""
        return gradient / self.length(gradient).clamp_min(_TINY)[:, None, None, None]

    def nearest(self, points: Images, centres: Images) -> Images:
        """Return the points, those outside the ball pulled straight towards their centre."""
        return centres + self.project(points - centres)

    def sample(self, like: Images, *, chance: Chance) -> Images:
        """Return a direction drawn by chance, scaled to a length uniform in [0, radius)."""
        noise = chance.normal(like.shape[1:], method="l2-direction").to(like)
        lengths = chance.uniform((), method="l2-length").to(like)
        return self.radius * lengths[:, None, None, None] * self.steepest(noise)


Flow = Float[Tensor, "batch 2 height width"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Displacement:
    """Flows that move no pixel further than `radius` pixels.

    A flow holds for each pixel of the new image where in the old one it is read, relative to its
    own place: first down the rows, then along the columns.

    Attributes:
        radius: Euclidean length of the longest displacement, in pixels. At least 0.

    Raises:
        ArgumentError: If `radius` is no number.
        ConfigError: If `radius` is negative or not finite.
    """

    radius: float

    def __post_init__(self) -> None:
        _check_radius(self.radius)

    def length(self, flow: Flow) -> PerImage:
        """Return the longest displacement of each flow, in pixels."""
        return torch.hypot(flow[:, 0], flow[:, 1]).flatten(1).amax(1)

    def project(self, flow: Flow) -> Flow:
        """Shorten every displacement longer than the radius; the others keep every bit."""
        lengths = torch.hypot(flow[:, :1], flow[:, 1:])
        # A little less than the radius, so that rounding leaves nothing outside.
        inside = self.radius * (1 - 4 * torch.finfo(flow.dtype).eps)
        return torch.where(lengths > self.radius, flow * (inside / lengths), flow)
