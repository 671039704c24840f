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
    """Takes notes of a batch whose images may come and leave, and never waits for their device."""

    def __init__(self, labels: Labels, *, steps: int) -> None:
        """Expect at most `steps` steps of images with these labels."""
        self._labels = labels
        self._points = curve_points(steps)
        self._columns = {point: column for column, point in enumerate(self._points)}
        shape = (len(labels), len(self._points))
        self._losses = torch.zeros(shape, device=labels.device)
        self._lengths = torch.zeros(shape, device=labels.device)
        self._last_loss = torch.zeros(len(labels), device=labels.device)
        self._last_step = torch.full_like(labels, -1)

    def note(
        self,
        step: int | PerImageInt,
        places: PerImageInt | slice,
        logits: Logits,
        lengths: Callable[[], PerImage],
        *,
        losses: PerImage | None = None,
    ) -> None:
        """Note the images that are in the batch now.

        Args:
            step: How many steps they have taken, all of them or each; never fewer than before.
            places: Where they stand among the images that the recorder was made for.
            logits: Theirs.
            lengths: Measures their perturbations; called only where the curve may have a point.
            losses: Their cross-entropy, where it is known already.
        """
        if losses is None:
            losses = cross_entropy(logits.detach(), self._labels[places])
        losses = losses.to(self._losses.dtype)
        self._last_loss[places] = losses
        self._last_step[places] = step
        if isinstance(step, int):
            if step in self._columns:
                self._losses[places, self._columns[step]] = losses
                self._lengths[places, self._columns[step]] = lengths().to(self._lengths.dtype)
            return
        if isinstance(places, slice):
            places = torch.arange(len(self._labels), device=step.device)[places]
        points = torch.tensor(self._points, device=step.device)
        column = torch.searchsorted(points, step).clamp_max(len(points) - 1)
        shown = points[column] == step
        there = (places[shown], column[shown])
        self._losses[there] = losses[shown]
        self._lengths[there] = lengths().to(self._lengths.dtype)[shown]

    def curve(self, *, steps: PerImageInt, lengths: PerImage) -> Curve:
        """Return the curve, what each image had last carried forward.

        Args:
            steps: How many steps each image took; from there on its length is the final one.
            lengths: Of the final perturbations.
        """
        points = torch.tensor(self._points, device=steps.device)
        behind = points > self._last_step[:, None]
        left = behind | (points >= steps[:, None])
        final = lengths.to(self._lengths.dtype)[:, None]
        return Curve(
            points=points,
            losses=torch.where(behind, self._last_loss[:, None], self._losses),
            lengths=torch.where(left, final, self._lengths),
        )
