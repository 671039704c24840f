"""Training on attacked images: alone, or in turn with clean ones."""

import math
from dataclasses import dataclass, replace
from typing import Any

from cuelens.attacks import FGSM, PGD, StAdv
from cuelens.errors import ConfigError
from cuelens.networks.classifier import Classify
from cuelens.tensors import Images
from cuelens.training.objectives import Lesson, Loss, Threat, mean_cross_entropy

__all__ = ["Alternating", "MinMax", "require_warm_up", "strength_of", "weaker"]


def require_warm_up(warm_up: float) -> None:
    """Refuse a warm-up that never ends.

    Raises:
        ConfigError: If it is negative or not finite.
    """
    if not (warm_up >= 0 and math.isfinite(warm_up)):
        raise ConfigError(
            f"`warm_up` must be a finite number of at least 0 epochs, got {warm_up}. Usual is 1."
        )


def strength_of(warm_up: float, epochs_done: float) -> float:
    """Return the share of its radius that a training attacks with, in [0, 1]."""
    return min(1.0, epochs_done / warm_up) if warm_up else 1.0


def weaker(attack: PGD | FGSM | StAdv, strength: float) -> PGD | FGSM | StAdv:
    """Return the attack with its radius, and step where it has one, scaled."""
    # Every ball is a dataclass with a radius, and stays of its kind, which a protocol cannot say.
    ball: Any = replace(
        attack.ball,  # type: ignore[type-var]
        radius=attack.ball.radius * strength,
    )
    if isinstance(attack, PGD):
        return replace(attack, ball=ball, step=attack.step * strength)
    return replace(attack, ball=ball)


def _check(attack: PGD | FGSM | StAdv, warm_up: float) -> None:
    if not isinstance(attack, FGSM) and attack.stop_when_fooled:
        remedy = "Leave it out." if isinstance(attack, PGD) else "Give stop_when_fooled=False."
        raise ConfigError(
            "`attack` must take every step in training, got stop_when_fooled=True, which is for "
            f"evaluation. {remedy}"
        )
    require_warm_up(warm_up)


def _attacked(
    attack: PGD | FGSM | StAdv, warm_up: float, classify: Classify, lesson: Lesson
) -> Images:
    """Return the images of a lesson after the attack, at the strength that training has reached."""
    strength = strength_of(warm_up, lesson.epochs_done)
    if strength == 0:
        return lesson.images
    now = weaker(attack, strength)
    return now(classify, lesson.images, lesson.labels, chance=lesson.chance).images


@dataclass(frozen=True, kw_only=True, slots=True)
class MinMax:
    """Train on adversarial images alone: the pure min-max objective.

    Attributes:
        attack: The inner maximisation; takes every step.
        warm_up: Epochs over which radius and step rise linearly from nothing. At least 0.
            Without it, training from scratch can collapse to chance.

    Raises:
        ConfigError: If `warm_up` is negative or not finite, or the attack stops early.

    Source:
        Madry et al., 2018, https://arxiv.org/abs/1706.06083, equation 2.1.
        Differs: the radius warm-up; the attack sees the network in eval mode.
    """

    attack: PGD | FGSM | StAdv
    warm_up: float = 0.0

    def __post_init__(self) -> None:
        _check(self.attack, self.warm_up)

    @property
    def ball(self) -> Threat:
        """The threat model at full strength."""
        return self.attack.ball

    def __call__(self, learner: Classify, classify: Classify, lesson: Lesson) -> Loss:
        """Return the cross-entropy on the images after the attack."""
        images = _attacked(self.attack, self.warm_up, classify, lesson)
        return mean_cross_entropy(learner, images, lesson.labels)


@dataclass(frozen=True, kw_only=True, slots=True)
class Alternating:
    """Train on adversarial and on clean batches in turn: the paper's own objective.

    Attributes:
        attack: Makes the adversarial batches; takes every step.
        warm_up: As in `MinMax`.

    Raises:
        ConfigError: If `warm_up` is negative or not finite, or the attack stops early.

    Source:
        Zhang & Zhu, 2019, https://arxiv.org/abs/1905.09797, published code.
        Differs: the radius warm-up, off by default.
    """

    attack: PGD | FGSM | StAdv
    warm_up: float = 0.0

    def __post_init__(self) -> None:
        _check(self.attack, self.warm_up)

    @property
    def ball(self) -> Threat:
        """The threat model at full strength."""
        return self.attack.ball

    def __call__(self, learner: Classify, classify: Classify, lesson: Lesson) -> Loss:
        """Return the loss on the attacked images on even steps, on the images on odd ones."""
        images = lesson.images
        if lesson.step % 2 == 0:
            images = _attacked(self.attack, self.warm_up, classify, lesson)
        return mean_cross_entropy(learner, images, lesson.labels)
