"""The flow attack stAdv: pixels are moved, none is changed."""

import math
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

import torch
from jaxtyping import Bool
from torch import Tensor

from cuelens.attacks.arguments import (
    in_batches,
    require_batch_size,
    require_steps,
)
from cuelens.attacks.curves import CurveRecorder
from cuelens.attacks.flows import moved, total_variation
from cuelens.attacks.protocol import Attacked
from cuelens.balls import Displacement, Flow
from cuelens.errors import ConfigError
from cuelens.losses import margin
from cuelens.networks.classifier import Classify, input_gradient
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, Logits, PerImage, PerImageInt

__all__ = ["StAdv"]

_TINY = 1e-12
_MOMENTUM = 0.75
"""Share of the earlier directions in the next step."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StAdv:
    """Descent on the margin over flows that move no pixel further than a radius.

    A flow says where each pixel is read: (1, 0) is one row below, (0, 1) one column to the right.
    The loss is the margin (the logit of the label minus the best other one) plus `smoothness`
    times the mean difference of neighbouring displacements. Each step follows the direction of
    its gradient, with momentum, and the steps fall from the radius to nothing: there is no step
    length to choose. Nothing is drawn by chance.

    Attributes:
        ball: The threat model. Its radius is the longest displacement, in pixels.
        steps: How many steps to take; one pass more looks where the last one led. At least 1.
        smoothness: Weight of the roughness, in logits per pixel of mean difference. More makes
            fewer wrinkles and a weaker attack; 0 leaves it out. At least 0.
        stop_when_fooled: An image leaves the batch at its first wrong iterate. Else every step is
            taken. Either way an image ends where its margin was lowest.
        batch_size: How many images are attacked at once; bounds the memory, changes no result.
            None: 100 on a CPU, 500 elsewhere.

    Raises:
        ConfigError: If `ball` is not a Displacement, `steps` or `batch_size` is below 1, or
            `smoothness` is negative or not finite.

    Source:
        Xiao et al., 2018, https://arxiv.org/abs/1801.02612, equations 1 to 4.
        Differs: the flow is bounded, where the paper only makes a long way expensive, and the
        descent is projected, where the paper has L-BFGS without a bound. Untargeted. The
        roughness is a mean, so that a weight means the same at any resolution: the paper's of
        0.05 is 198 here at 32 px, which a bound has no need of. Beyond the border the nearest
        pixel is read.
    """

    version: ClassVar[int] = 1

    ball: Displacement
    steps: int = 40
    smoothness: float = 0.5
    stop_when_fooled: bool = True
    batch_size: int | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.ball, Displacement):
            raise ConfigError(
                f"`ball` must be a Displacement, got {self.ball}. A flow is bounded by how far it "
                "moves a pixel: Displacement(radius=1) is one pixel."
            )
        if not (self.smoothness >= 0 and math.isfinite(self.smoothness)):
            raise ConfigError(
                f"`smoothness` must be a finite number of at least 0, got {self.smoothness}. "
                "It weighs the roughness of the flow; 0 leaves it out."
            )
        require_steps(self.steps, "Usual are 40.")
        require_batch_size(self.batch_size)

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Attacked:
        """Return the moved images.

        Args:
            classify: Maps images to logits; already in eval mode.
            images: Pixels in [0, 1].
            labels: True classes.
            chance: Not used.

        Returns:
            Pixels in [0, 1], each a mean of its original's; the steps each image took, and how
            far its flow moves a pixel at most, in pixels.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images.
            ModelError: If the logits are not (batch, class), or not finite.
        """
        return in_batches(
            self._search, classify, images, labels, chance=chance, batch_size=self.batch_size
        )

    def _search(
        self, classify: Classify, images: Images, labels: Labels, chance: Chance
    ) -> Attacked:
        """Descend; the unmoved image is looked at first."""
        still = images.new_zeros((len(images), 2, *images.shape[2:]))
        state = _Moving(
            places=torch.arange(len(labels), device=labels.device),
            labels=labels,
            originals=images,
            flow=still,
            direction=still,
        )
        record = CurveRecorder(labels, steps=self.steps + 1)
        found, lengths = images.clone(), images.new_zeros(len(images))
        lowest = images.new_full((len(images),), math.inf)
        taken = torch.full_like(labels, self.steps)
        for step in range(self.steps + 1):
            if not len(state.places):
                break
            candidates, logits, gradient = self._look(classify, state)
            flow, places = state.flow, state.places
            record.note(step, places, logits, partial(self.ball.length, flow))
            margins = margin(logits, state.labels).to(lowest)
            better = margins < lowest[places]
            there = places[better]
            found[there], lengths[there] = candidates[better], self.ball.length(flow[better])
            lowest[there] = margins[better]
            if self.stop_when_fooled:
                fooled = margins < 0
                taken[places[fooled]] = step
                state.keep(~fooled)
                gradient = gradient[~fooled]
            self._move(state, gradient, step)
        curve = record.curve(steps=taken, lengths=lengths)
        return Attacked(images=found, steps=taken, lengths=lengths, curve=curve)

    def _look(self, classify: Classify, state: "_Moving") -> tuple[Images, Logits, Flow]:
        """Return the moved images, their logits, and the gradient of the loss along the flow."""
        seen: list[Tensor] = []

        def loss(flow: Flow) -> PerImage:
            candidates = moved(state.originals, flow)
            logits = classify(candidates)
            seen.extend((candidates.detach(), logits.detach()))
            margins = margin(logits, state.labels)
            return margins + self.smoothness * total_variation(flow)

        gradient = input_gradient(loss, state.flow)
        return seen[0], seen[1], gradient

    def _move(self, state: "_Moving", gradient: Flow, step: int) -> None:
        """Take a step down: as long as the radius in root mean square at first, then ever less."""
        height, width = gradient.shape[2:]
        norm = torch.linalg.vector_norm(gradient.flatten(1), dim=1).clamp_min(_TINY)
        unit = gradient * (math.sqrt(height * width) / norm)[:, None, None, None]
        state.direction = _MOMENTUM * state.direction + (1 - _MOMENTUM) * unit
        reach = self.ball.radius * (1 + math.cos(math.pi * step / self.steps)) / 2
        state.flow = self.ball.project(state.flow - reach * state.direction)


@dataclass(slots=True)
class _Moving:
    """The images that are still moved, row by row."""

    places: PerImageInt
    labels: Labels
    originals: Images
    flow: Flow
    direction: Flow

    def keep(self, rows: Bool[Tensor, " batch"]) -> None:
        """Let the other rows leave."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name)[rows])
