"""What a training step minimises: a loss of the network on a batch.

Each objective returns the loss as one number with its graph; the step that follows it, and the
schedule, it does not know.
"""

from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import cross_entropy

from cuelens.balls import Ball, Displacement
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels

__all__ = ["Lesson", "Loss", "Objective", "Standard", "Threat", "mean_cross_entropy"]

Loss = Float[Tensor, ""]

Threat = Ball | Displacement
"""What a training may attack within."""


@dataclass(kw_only=True, slots=True)
class Lesson:
    """What a training step learns from, and where the training stands.

    Attributes:
        images: Pixels in [0, 1].
        labels: True classes.
        chance: Keyed by training seed, image and epoch.
        step: How many steps were taken before.
        epochs_done: The same, in epochs.
        carried: What an objective left behind in the step before, for the next; None at first. It
            is a part of every checkpoint.
    """

    images: Images
    labels: Labels
    chance: Chance
    step: int = 0
    epochs_done: float = 0.0
    carried: Tensor | None = None

    def on(self, images: Images) -> "Lesson":
        """Return the lesson with other images."""
        return replace(self, images=images)


@runtime_checkable
class Objective(Protocol):
    """Gives the loss that a training step goes down."""

    @property
    def ball(self) -> Threat | None:
        """The threat model that it trains against; None if it attacks nothing."""
        ...

    def __call__(self, learner: Classify, classify: Classify, lesson: Lesson) -> Loss:
        """Return the loss, in nats, with its graph.

        Args:
            learner: The network that is trained, in train mode: each call is a forward pass whose
                graph is kept, and moves the statistics of its batch norms.
            classify: The same network as it is now, frozen, in eval mode and in its fast form:
                attacks search with it. Only up to date for objectives that have a `ball`.
            lesson: The batch.
        """
        ...


def mean_cross_entropy(learner: Classify, images: Images, labels: Labels) -> Loss:
    """Return the loss of most objectives: one forward pass, the mean over the batch.

    Args:
        learner: The network that is trained.
        images: Pixels in [0, 1].
        labels: True classes.
    """
    return cross_entropy(learner(images), labels)


@dataclass(frozen=True, kw_only=True, slots=True)
class Standard:
    """Train on the images as they are."""

    @property
    def ball(self) -> None:
        """It attacks nothing."""
        return

    def __call__(self, learner: Classify, classify: Classify, lesson: Lesson) -> Loss:
        """Return the cross-entropy on the images."""
        return mean_cross_entropy(learner, lesson.images, lesson.labels)
