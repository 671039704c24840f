"""What a training step minimises: which images the loss is taken on.

Each objective turns a batch into the batch that the network is trained on; the loss is always
the mean cross-entropy.
"""

import math
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from cuelens.attacks import FGSM, PGD
from cuelens.balls import Ball
from cuelens.errors import ConfigError
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels

__all__ = ["Alternating", "MinMax", "Objective", "Standard"]


@runtime_checkable
class Objective(Protocol):
    """Chooses the images on which a training step takes its loss."""

    @property
    def ball(self) -> Ball | None:
        """The threat model that it trains against; None if it attacks nothing."""
        ...

    def __call__(
        self,
        classify: Classify,
        images: Images,
        labels: Labels,
        *,
        chance: Chance,
        step: int,
        epochs_done: float,
    ) -> Images:
        """Return the images to train on.

        Args:
            classify: The network as it is now, in its fast form.
            images: Pixels in [0, 1].
            labels: True classes.
            chance: Keyed by training seed, image and epoch.
            step: How many steps were taken before.
            epochs_done: The same, in epochs.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Standard:
    """Train on the images as they are."""

    @property
    def ball(self) -> None:
        """It attacks nothing."""
        return

    def __call__(
        self,
        classify: Classify,
        images: Images,
        labels: Labels,
        *,
        chance: Chance,
        step: int,
        epochs_done: float,
    ) -> Images:
        """Return the images."""
        return images


def _check(attack: PGD | FGSM, warm_up: float) -> None:
    if isinstance(attack, PGD) and attack.stop_when_fooled:
        raise ConfigError(
            "`attack` must take every step in training, got stop_when_fooled=True, which is for "
            "evaluation. Leave it out."
        )
    if not (warm_up >= 0 and math.isfinite(warm_up)):
        raise ConfigError(
            f"`warm_up` must be a finite number of at least 0 epochs, got {warm_up}. Usual is 1."
        )


def _at_strength(attack: PGD | FGSM, strength: float) -> PGD | FGSM:
    """Return the attack with its radius, and step where it has one, scaled."""
    # Every ball is a dataclass with a radius, which a protocol cannot say.
    ball = replace(attack.ball, radius=attack.ball.radius * strength)  # type: ignore[type-var]
    if isinstance(attack, PGD):
        return replace(attack, ball=ball, step=attack.step * strength)
    return replace(attack, ball=ball)


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

    attack: PGD | FGSM
    warm_up: float = 0.0

    def __post_init__(self) -> None:
        _check(self.attack, self.warm_up)

    @property
    def ball(self) -> Ball:
        """The threat model at full strength."""
        return self.attack.ball

    def __call__(
        self,
        classify: Classify,
        images: Images,
        labels: Labels,
        *,
        chance: Chance,
        step: int,
        epochs_done: float,
    ) -> Images:
        """Return the images after the attack."""
        strength = min(1.0, epochs_done / self.warm_up) if self.warm_up else 1.0
        if strength == 0:
            return images
        attack = _at_strength(self.attack, strength)
        return attack(classify, images, labels, chance=chance).images


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

    attack: PGD | FGSM
    warm_up: float = 0.0

    def __post_init__(self) -> None:
        _check(self.attack, self.warm_up)

    @property
    def ball(self) -> Ball:
        """The threat model at full strength."""
        return self.attack.ball

    def __call__(
        self,
        classify: Classify,
        images: Images,
        labels: Labels,
        *,
        chance: Chance,
        step: int,
        epochs_done: float,
    ) -> Images:
        """Return the attacked images on even steps, the images on odd ones."""
        if step % 2:
            return images
        inner = MinMax(attack=self.attack, warm_up=self.warm_up)
        return inner(classify, images, labels, chance=chance, step=step, epochs_done=epochs_done)
