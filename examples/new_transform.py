"""A transform of one's own: a frozen dataclass with a pure call, used like any other.

To make it a part of cuelens, see docs/extend/transform.md.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from own_network import networks, rendered, right

from cuelens import Chance
from cuelens.evaluation import Condition
from cuelens.metrics import retention
from cuelens.tensors import Images, require_pixels
from cuelens.transforms import Transform


@dataclass(frozen=True, kw_only=True, slots=True)
class Posterise:
    """Rounds every pixel to the nearest of a few levels."""

    version: ClassVar[int] = 1

    levels: int

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the posterised images; `chance` is unused."""
        steps = self.levels - 1
        return require_pixels(images).mul(steps).round_().div_(steps)


def main() -> None:
    """Print how much of what is right is left with fewer and fewer levels."""
    test = rendered("test")
    images, chance = test.images(torch.arange(len(test))), Chance(0, test.ids)
    for name, classifier in networks().items():
        clean = right(classifier, images, test.labels).numpy()
        for levels in (16, 6, 3):
            transform = Posterise(levels=levels)
            assert isinstance(transform, Transform)  # noqa: S101 - a protocol: nothing is inherited
            condition = Condition(family="posterised", level=levels, transform=transform)
            seen = condition.transform(images, chance=chance)
            found = retention(clean, right(classifier, seen, test.labels).numpy())
            print(
                f"{name}, {condition.name}: keeps {found.value:.2f} "
                f"[{found.low:.2f}, {found.high:.2f}] of {found.n}"
            )


if __name__ == "__main__":
    main()
