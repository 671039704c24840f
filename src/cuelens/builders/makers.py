"""What makes the pixels of a condition out of a picture, and its mask where it needs one."""

from dataclasses import dataclass

import torch
from torch import Tensor

from cuelens.datasets import Styles
from cuelens.evaluation import Condition
from cuelens.randomness import Chance
from cuelens.tensors import Images
from cuelens.transforms import MaskTransform

__all__ = ["ConditionMaker"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ConditionMaker:
    """Applies the transform of a condition.

    Attributes:
        condition: If its transform needs masks, the second reader reads them: bright is figure.
    """

    condition: Condition

    def __call__(self, images: tuple[Tensor, ...], *, chance: Chance) -> Images:
        """Return one image an item; see `Maker`."""
        transform = self.condition.transform
        if isinstance(transform, MaskTransform):
            masks: torch.Tensor = images[1].mean(1) > 0.5
            return transform(images[0], masks=masks, chance=chance)
        return transform(images[0], chance=chance)

    def styles(self, chance: Chance) -> tuple[str | None, ...]:
        """Return which style picture each item gets, None where there is none."""
        transform = self.condition.transform
        rows, styles = getattr(transform, "rows", None), getattr(transform, "styles", None)
        if rows is None or not isinstance(styles, Styles):
            return (None,) * len(chance)
        names = styles.ids
        return tuple(names[row] for row in rows(chance).tolist())
