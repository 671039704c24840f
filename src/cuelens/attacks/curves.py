"""What an attack saw on its way: the loss and the perturbation's length against the step.

It knows how to carry forward what images that left the batch had last; it does not know attacks.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from cuelens.losses import cross_entropy
from cuelens.tensors import Labels, Logits, PerImage, PerImageInt

__all__ = ["Curve", "CurveRecorder", "curve_points"]

_EVERY = 21
"""Every step below this one is a point; the later ones are spaced geometrically."""
_SPARSE = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """Loss and length against step; images that left keep what they had last.

    Attributes:
        points: The steps at which the attack was watched, ascending from 0: how many steps an
            image had taken when it was looked at. For Square, a step is a query.
        losses: Cross-entropy in nats at each point, whatever loss the attack climbs.
        lengths: Of the perturbation, in the units of the attack's threat model.
    """

    points: Int[Tensor, " point"]
    losses: Float[Tensor, "batch point"]
    lengths: Float[Tensor, "batch point"]


def curve_points(steps: int) -> tuple[int, ...]:
    """Return the steps that a curve of so many steps shows: all of the first, then ever fewer.

    Args:
        steps: How many steps the attack takes at most. At least 1.
    """
    first = np.arange(min(steps, _EVERY))
    if steps <= _EVERY:
        return tuple(first.tolist())
    later = np.geomspace(_EVERY, steps - 1, _SPARSE).round().astype(int)
    return tuple(np.unique(np.concatenate([first, later])).tolist())


class CurveRecorder:
    """Takes notes of a batch whose images may leave it, and never waits for their device."""

    def __init__(self, labels: Labels, *, steps: int) -> None:
        """Expect at most `steps` steps of images with these labels."""
        self._labels = labels
        self._points = curve_points(steps)
        self._next = 0
        self._loss = torch.zeros(len(labels), device=labels.device)
        self._losses: list[PerImage] = []
        self._lengths: list[PerImage] = []

    def note(
        self,
        step: int,
        places: PerImageInt,
        logits: Logits,
        lengths: Callable[[], PerImage],
    ) -> None:
        """Note the images that are still in the batch.

        Args:
            step: How many steps they have taken; never fewer than in the call before.
            places: Where they stand in the batch that the recorder was made for.
            logits: Theirs.
            lengths: Measures their perturbations; called only where the curve has a point.
        """
        losses = cross_entropy(logits.detach(), self._labels[places]).to(self._loss.dtype)
        self._loss[places] = losses
        if self._next < len(self._points) and step >= self._points[self._next]:
            last = self._lengths[-1] if self._lengths else torch.zeros_like(self._loss)
            length = last.clone()
            length[places] = lengths().to(length.dtype)
            while self._next < len(self._points) and step >= self._points[self._next]:
                self._losses.append(self._loss.clone())
                self._lengths.append(length)
                self._next += 1

    def curve(self, *, steps: PerImageInt, lengths: PerImage) -> Curve:
        """Return the curve, what each image had last carried forward.

        Args:
            steps: How many steps each image took; from there on its length is the final one.
            lengths: Of the final perturbations.
        """
        missing = len(self._points) - len(self._losses)
        losses = torch.stack([*self._losses, *[self._loss] * missing], dim=1)
        found = torch.stack([*self._lengths, *[lengths.to(self._loss.dtype)] * missing], dim=1)
        points = torch.tensor(self._points, device=steps.device)
        final = lengths.to(found.dtype)[:, None].expand_as(found)
        left = points[None] >= steps[:, None]
        return Curve(points=points, losses=losses, lengths=torch.where(left, final, found))
