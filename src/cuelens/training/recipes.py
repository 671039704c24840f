"""A recipe: everything that determines a training but the data, the network and the seed."""

import math
from dataclasses import dataclass

from cuelens.attacks import PGD
from cuelens.balls import L2, Ball, Linf
from cuelens.errors import ConfigError
from cuelens.training.augmentation import Augmentation, CropAndFlip
from cuelens.training.objectives import MinMax, Objective, Standard
from cuelens.training.schedules import OneCycle, Schedule

__all__ = ["Recipe", "pgd_l2", "pgd_linf", "standard"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """How to train: stochastic gradient descent with momentum on an objective.

    Attributes:
        objective: Which images the loss is taken on.
        epochs: Passes over the training images. At least 1.
        batch_size: Images a step. At least 2; what is left of an epoch waits for the next.
        schedule: The learning rate.
        momentum: Of the descent. In [0, 1).
        weight_decay: Pull of every weight towards 0. At least 0.
        augmentation: Random changes of the images; None for none.
        stop_at_accuracy: Stop as soon as the validation accuracy reaches this share: the
            underfit control. None: train to the end and keep the best validated epoch.

    Raises:
        ConfigError: If a setting is outside its range.

    Source:
        Zhang & Zhu, 2019, https://arxiv.org/abs/1905.09797 (momentum, weight decay).
        Differs: one-cycle schedule and batches of 128 unless stated.
    """

    objective: Objective = Standard()  # noqa: RUF009 - frozen, no state
    epochs: int = 6
    batch_size: int = 128
    schedule: Schedule = OneCycle(rate=0.2)  # noqa: RUF009 - frozen, no state
    momentum: float = 0.9
    weight_decay: float = 5e-4
    augmentation: Augmentation | None = CropAndFlip()  # noqa: RUF009 - frozen, no state
    stop_at_accuracy: float | None = None

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise ConfigError(f"`epochs` must be at least 1, got {self.epochs}.")
        if self.batch_size < 2:
            raise ConfigError(
                f"`batch_size` must be at least 2 (batch norm compares images), got "
                f"{self.batch_size}."
            )
        if not 0 <= self.momentum < 1:
            raise ConfigError(f"`momentum` must be in [0, 1), got {self.momentum}. Usual is 0.9.")
        if not (self.weight_decay >= 0 and math.isfinite(self.weight_decay)):
            raise ConfigError(
                f"`weight_decay` must be a finite number of at least 0, got {self.weight_decay}. "
                "Usual is 5e-4."
            )
        if self.stop_at_accuracy is not None and not 0 < self.stop_at_accuracy < 1:
            raise ConfigError(
                f"`stop_at_accuracy` must be a share between 0 and 1, got "
                f"{self.stop_at_accuracy}. Give 0.8 for 80 %."
            )


def standard(*, epochs: int = 6) -> Recipe:
    """Return the recipe of a standard network.

    Args:
        epochs: Passes over the training images.
    """
    return Recipe(epochs=epochs)


def pgd_linf(*, radius: float = 8 / 255, steps: int = 2, epochs: int = 10) -> Recipe:
    """Return min-max training in the Linf ball; steps of 1.5 radii over their number.

    Args:
        radius: In units of the pixel range.
        steps: Of the inner attack, from a random start.
        epochs: Passes over the training images; the radius rises over the first.

    Raises:
        ConfigError: If a setting is outside its range.
    """
    return _min_max(Linf(radius=radius), steps=steps, epochs=epochs)


def pgd_l2(*, radius: float = 0.5, steps: int = 2, epochs: int = 10) -> Recipe:
    """Return min-max training in the L2 ball; steps of 1.5 radii over their number.

    Args:
        radius: Euclidean length in units of the pixel range.
        steps: Of the inner attack, from a random start.
        epochs: Passes over the training images; the radius rises over the first.

    Raises:
        ConfigError: If a setting is outside its range.
    """
    return _min_max(L2(radius=radius), steps=steps, epochs=epochs)


def _min_max(ball: Ball, *, steps: int, epochs: int) -> Recipe:
    if ball.radius == 0:
        raise ConfigError(
            "`radius` must be positive, got 0. Take the recipe `standard` to train without attacks."
        )
    if steps < 1:
        raise ConfigError(f"`steps` must be at least 1, got {steps}. Usual are 2 to 10.")
    attack = PGD(ball=ball, step=1.5 * ball.radius / steps, steps=steps)
    return Recipe(objective=MinMax(attack=attack, warm_up=1.0), epochs=epochs)
