"""A recipe: everything that determines a training but the data, the network and the seed."""

import math
from dataclasses import dataclass, fields

from cuelens.errors import ConfigError
from cuelens.training.augmentation import Augmentation, CropAndFlip
from cuelens.training.min_max import Alternating, MinMax
from cuelens.training.objectives import Objective, Standard
from cuelens.training.overfitting import OverfittingProbe
from cuelens.training.schedules import OneCycle, Schedule
from cuelens.transforms import Transform

__all__ = ["Recipe"]

_ALWAYS_NAMED = (
    *("objective", "epochs", "batch_size", "schedule", "momentum", "weight_decay"),
    *("augmentation", "stop_at_accuracy"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """How to train: stochastic gradient descent with momentum on an objective.

    Attributes:
        objective: The loss of a step.
        epochs: Passes over the training images. At least 1.
        batch_size: Images a step. At least 2; what is left of an epoch waits for the next.
        schedule: The learning rate.
        momentum: Of the descent. In [0, 1).
        weight_decay: Pull of every weight towards 0. At least 0.
        augmentation: Random changes of the images; None for none.
        stop_at_accuracy: Stop as soon as the validation accuracy reaches this share: the
            underfit control. None: train to the end and keep the best validated epoch.
        replays: Steps that each batch is learned from before the next, as in `Free`. At least 1.
        cutoff: Of a low-pass filter that is a part of the network, in training and ever after, in
            cycles per image. At least 0; None for no filter.
        repaint: Changes every training image once, before training begins, as stylising does; the
            validation images stay as they are. None: nothing does.
        from_file: A model file, a name of the zoo or "package:NAME", whose weights training begins
            with; its network is of the same architecture and expects its input alike. Where it
            knows other classes, the last layer begins anew. None: all weights are drawn by chance.
        probe: Looks for catastrophic overfitting after each epoch of `MinMax` or `Alternating`.
            None: nobody looks.

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
    replays: int = 1
    cutoff: float | None = None
    repaint: Transform | None = None
    from_file: str | None = None
    probe: OverfittingProbe | None = None

    def __post_init__(self) -> None:
        for name, least in (("epochs", 1), ("replays", 1)):
            if getattr(self, name) < least:
                raise ConfigError(f"`{name}` must be at least {least}, got {getattr(self, name)}.")
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
        if self.cutoff is not None and not (self.cutoff >= 0 and math.isfinite(self.cutoff)):
            raise ConfigError(
                f"`cutoff` must be a finite number of at least 0 cycles per image, got "
                f"{self.cutoff}. Leave it out for no filter."
            )
        if self.probe is not None and not isinstance(self.objective, MinMax | Alternating):
            raise ConfigError(
                f"`probe` needs the objective MinMax or Alternating, whose attack it compares with "
                f"PGD, got {type(self.objective).__name__}. Leave it out."
            )

    def __repr__(self) -> str:
        """Name all settings, the later ones where they are not the default.

        So that the files of earlier versions are still known as trainings of the same recipe.
        """
        named = (
            f"{field.name}={getattr(self, field.name)!r}"
            for field in fields(self)
            if field.name in _ALWAYS_NAMED or getattr(self, field.name) != field.default
        )
        return f"Recipe({', '.join(named)})"
