"""Free adversarial training: one backward pass serves the weights and the perturbation."""

import math
from dataclasses import dataclass

import torch

from cuelens.balls import Ball
from cuelens.errors import ConfigError
from cuelens.networks.classifier import Classify
from cuelens.tensors import Images
from cuelens.training.objectives import Lesson, Loss, mean_cross_entropy

__all__ = ["Free"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Free:
    """Train on images with a perturbation that goes one step up the loss whenever weights go down.

    A batch is repeated `Recipe.replays` times; the perturbation is carried on from step to step,
    also from the last step of a batch to the first of the next.

    Attributes:
        ball: The threat model. Its radius is in units of the pixel range [0, 1].
        step: Length of one step, in the ball's norm and units; None: the radius. Positive.

    Raises:
        ConfigError: If `step` is not positive.

    Source:
        Shafahi et al., 2019, https://arxiv.org/abs/1904.12843, algorithm 1 and published code.
        Differs: any ball. As there, row i of a batch takes over what row i of the batch before
        left; it is kept in the checkpoint, so that a resumed training goes on with it.
    """

    ball: Ball
    step: float | None = None

    def __post_init__(self) -> None:
        if self.step is not None and not (self.step > 0 and math.isfinite(self.step)):
            raise ConfigError(
                f"`step` must be a positive finite number, got {self.step}. "
                "Leave it out for the radius."
            )

    def __call__(self, learner: Classify, classify: Classify, lesson: Lesson) -> Loss:
        """Return the cross-entropy on the perturbed images; its backward pass moves them on."""
        images, carried = lesson.images, lesson.carried
        start = torch.zeros_like(images) if carried is None else carried.to(images)
        perturbation = start.detach().clone().requires_grad_()

        def carry(gradient: Images) -> None:
            length = self.ball.radius if self.step is None else self.step
            moved = start + length * self.ball.steepest(gradient)
            lesson.carried = self.ball.project(moved).detach()

        perturbation.register_hook(carry)  # type: ignore[no-untyped-call]
        return mean_cross_entropy(learner, (images + perturbation).clamp(0, 1), lesson.labels)
