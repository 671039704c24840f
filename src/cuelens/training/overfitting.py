"""Catastrophic overfitting: a network that resists one step and nothing else.

It knows how to tell it from two accuracies over the epochs; it does not know how they are measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cuelens.errors import ConfigError

__all__ = ["OverfittingProbe"]


@dataclass(frozen=True, kw_only=True, slots=True)
class OverfittingProbe:
    """Ends a training, and goes back to the last sound epoch, when single steps stop to teach.

    A network is overfitted where its accuracy under ten steps of PGD has fallen by more than a
    share of the best so far, while its accuracy under the training's own attack is above it by
    more than as much: whoever falls by chance, or by a high learning rate, falls under both.

    Attributes:
        fall: Share of the best accuracy under PGD. In (0, 1).

    Raises:
        ConfigError: If `fall` is outside its range.

    Source:
        Wong et al., 2020, https://arxiv.org/abs/2001.03994, section 5.2 (PGD on a batch ends it).
        Differs: validation images after each epoch; what is compared is stated, and training goes
        back to the last sound epoch.
    """

    fall: float = 1 / 3

    def __post_init__(self) -> None:
        if not 0 < self.fall < 1:
            raise ConfigError(
                f"`fall` must be a share between 0 and 1, got {self.fall}. Usual is 1/3."
            )

    def overfitted(self, history: Sequence[Mapping[str, Any]], entry: Mapping[str, Any]) -> bool:
        """Return whether the network that an entry speaks of is overfitted.

        Args:
            history: The entries before it.
            entry: "robust_accuracy" under PGD, "attacked_accuracy" under the training's attack.
        """
        robust = entry["robust_accuracy"]
        best = max((earlier["robust_accuracy"] for earlier in history), default=0.0)
        fallen = best - robust > self.fall * best
        return bool(fallen and entry["attacked_accuracy"] - robust > self.fall * best)
