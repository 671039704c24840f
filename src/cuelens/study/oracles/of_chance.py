"""Oracles of keyed chance: the same numbers on every machine, whatever shares the batch."""

from collections.abc import Callable

import torch

from cuelens.randomness import Chance
from cuelens.study.oracles.finding import Finding, Oracle, near, same

__all__ = ["CHANCE"]

Make = Callable[[int, tuple[str, ...]], Chance]

_IDS = ("test/00000", "test/00001")


def uniform_pins(make: Make = Chance) -> Finding:
    """Look whether two images draw the numbers that they always drew."""
    drawn = make(7, _IDS).uniform((3,), method="m")
    return near(
        drawn.flatten().tolist(),
        [0.313078463, 0.222039223, 0.379914939, 0.634781837, 0.894167781, 0.512618899],
        1e-8,
    )


def permutation_pins(make: Make = Chance) -> Finding:
    """Look whether two images draw the orders that they always drew."""
    drawn = make(7, _IDS).permutations(6, method="m")
    return same(drawn, torch.tensor([[5, 3, 4, 2, 0, 1], [4, 2, 5, 0, 1, 3]]))


def alone_or_together(make: Make = Chance) -> Finding:
    """Look whether an image draws the same numbers in any batch."""
    ids = tuple(f"image {number}" for number in range(9))
    together = make(3, ids).normal((5,), method="m")
    alone = torch.cat([make(3, (one,)).normal((5,), method="m") for one in reversed(ids)])
    return same(alone.flip(0), together)


CHANCE = (
    Oracle(
        name="chance/uniform-pins",
        claim="Keyed uniform numbers are those of every other machine.",
        look=uniform_pins,
    ),
    Oracle(
        name="chance/permutation-pins",
        claim="Keyed permutations are those of every other machine.",
        look=permutation_pins,
    ),
    Oracle(
        name="chance/alone-or-together",
        claim="What an image draws does not depend on its batch, bit for bit.",
        look=alone_or_together,
    ),
)
