"""The learning rate as a pure function of the share of training that is done."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, runtime_checkable

from cuelens.errors import ConfigError

__all__ = ["Constant", "OneCycle", "Schedule", "Steps"]


@runtime_checkable
class Schedule(Protocol):
    """A learning rate for each moment of training."""

    def __call__(self, done: float) -> float:
        """Return the learning rate when this share of all steps, in [0, 1), is done."""
        ...


def _check_rate(rate: float) -> None:
    if not (rate > 0 and math.isfinite(rate)):
        raise ConfigError(
            f"`rate` must be a positive finite number, got {rate}. Usual are 0.01 to 0.2."
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Constant:
    """One rate throughout.

    Attributes:
        rate: The learning rate. Positive.

    Raises:
        ConfigError: If `rate` is not positive.
    """

    rate: float

    def __post_init__(self) -> None:
        _check_rate(self.rate)

    def __call__(self, done: float) -> float:
        """Return the rate."""
        return self.rate


@dataclass(frozen=True, kw_only=True, slots=True)
class OneCycle:
    """Linear rise from a tenth of the rate to the rate, then a cosine fall to nothing.

    Attributes:
        rate: The highest learning rate. Positive.
        rise: Share of training until it is reached. In (0, 1).

    Raises:
        ConfigError: If a setting is outside its range.

    Source:
        Smith & Topin, 2018, https://arxiv.org/abs/1708.07120.
        Differs: falls along a cosine, in one piece; momentum stays constant.
    """

    rate: float
    rise: float = 0.2

    def __post_init__(self) -> None:
        _check_rate(self.rate)
        if not 0 < self.rise < 1:
            raise ConfigError(
                f"`rise` must be a share of training between 0 and 1, got {self.rise}. "
                "Usual is 0.2."
            )

    def __call__(self, done: float) -> float:
        """Return the rate when this share of all steps is done."""
        if done < self.rise:
            return self.rate * (0.1 + 0.9 * done / self.rise)
        return self.rate * 0.5 * (1 + math.cos(math.pi * (done - self.rise) / (1 - self.rise)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """A rate that falls by a factor at each milestone.

    Attributes:
        rate: The first learning rate. Positive.
        milestones: Shares of training, rising, each in (0, 1).
        factor: Multiplies the rate at each milestone. In (0, 1).

    Raises:
        ConfigError: If a setting is outside its range.

    Source:
        Zhang & Zhu, 2019, https://arxiv.org/abs/1905.09797 (1e-2, 1e-3, 1e-4).
        Differs: milestones are shares of training, not epochs.
    """

    rate: float = 0.01
    milestones: tuple[float, ...] = (0.5, 0.75)
    factor: float = 0.1

    def __post_init__(self) -> None:
        _check_rate(self.rate)
        if not all(a < b for a, b in pairwise((0.0, *self.milestones, 1.0))):
            raise ConfigError(
                f"`milestones` must rise between 0 and 1 (shares of training, not epochs), got "
                f"{self.milestones}."
            )
        if not 0 < self.factor < 1:
            raise ConfigError(f"`factor` must be between 0 and 1, got {self.factor}. Usual is 0.1.")

    def __call__(self, done: float) -> float:
        """Return the rate when this share of all steps is done."""
        return self.rate * self.factor ** sum(done >= milestone for milestone in self.milestones)
