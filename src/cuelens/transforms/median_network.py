"""Medians of windows as a fixed list of minima and maxima, the same for every pixel.

Sorted columns are shared by the windows that overlap in them, pairs of columns are merged once
for all windows that hold both, and what cannot be the median is not carried on. It knows how to
find a median, not where the numbers come from.

Source:
    Batcher, 1968, https://doi.org/10.1145/1468075.1468121 (odd-even merging).
    Differs: lists of any length; steps that no output depends on are left out.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from cuelens.transforms.windows import Flat

__all__ = ["Network", "evaluate", "merging", "selecting", "sorting"]

Wire = int
Step = tuple[Literal["minimum", "maximum"], Wire, Wire]


@dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    """Minima and maxima of numbers, one after another.

    Attributes:
        inputs: How many numbers go in: wires 0 to inputs - 1.
        steps: Step k makes wire inputs + k out of two earlier ones.
        outputs: The wires that come out.
    """

    inputs: int
    steps: tuple[Step, ...]
    outputs: tuple[Wire, ...]


class _Wiring:
    """A network that is being wired; the same step is never taken twice."""

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        self.steps: list[Step] = []
        self._made: dict[Step, Wire] = {}

    def step(self, kind: Literal["minimum", "maximum"], one: Wire, other: Wire) -> Wire:
        step: Step = (kind, min(one, other), max(one, other))
        if step not in self._made:
            self._made[step] = self.inputs + len(self.steps)
            self.steps.append(step)
        return self._made[step]

    def merge(self, first: Sequence[Wire], second: Sequence[Wire]) -> list[Wire]:
        """Return two ascending lists as one."""
        if not first or not second:
            return [*first, *second]
        if len(first) == len(second) == 1:
            return [self.step(kind, first[0], second[0]) for kind in ("minimum", "maximum")]
        low = self.merge(first[::2], second[::2])
        high = self.merge(first[1::2], second[1::2])
        merged = low[:1]
        for one, other in zip(low[1:], high, strict=False):
            merged += [self.step("minimum", one, other), self.step("maximum", one, other)]
        pairs = min(len(low) - 1, len(high))
        return [*merged, *low[1 + pairs :], *high[pairs:]]

    def sort(self, wires: Sequence[Wire]) -> list[Wire]:
        half = len(wires) // 2
        if not half:
            return list(wires)
        return self.merge(self.sort(wires[:half]), self.sort(wires[half:]))

    def network(self, outputs: Sequence[Wire]) -> Network:
        """Return the network of the steps that the outputs depend on."""
        needed = set(outputs)
        for wire in range(self.inputs + len(self.steps) - 1, self.inputs - 1, -1):
            if wire in needed:
                needed.update(self.steps[wire - self.inputs][1:])
        kept = [
            wire for wire in range(self.inputs, self.inputs + len(self.steps)) if wire in needed
        ]
        places = {wire: self.inputs + place for place, wire in enumerate(kept)}
        places |= {wire: wire for wire in range(self.inputs)}
        steps = [self.steps[wire - self.inputs] for wire in kept]
        return Network(
            inputs=self.inputs,
            steps=tuple((kind, places[one], places[other]) for kind, one, other in steps),
            outputs=tuple(places[wire] for wire in outputs),
        )


@cache
def sorting(count: int) -> Network:
    """Return the network that sorts so many numbers."""
    wiring = _Wiring(count)
    return wiring.network(wiring.sort(range(count)))


@cache
def merging(first: int, second: int, ranks: range | None = None) -> Network:
    """Return the network that merges two ascending lists of these lengths.

    Args:
        first: How many numbers the first list has.
        second: How many the second has.
        ranks: Which of the merged list come out; all, if None.
    """
    wiring = _Wiring(first + second)
    merged = wiring.merge(range(first), range(first, first + second))
    return wiring.network(merged if ranks is None else [merged[rank] for rank in ranks])


@cache
def selecting(first: int, second: int) -> Network:
    """Return the network that finds the median of two ascending lists, together odd in number.

    Of `rank + 1` numbers that are smallest, some come from the first list and the rest from the
    second; the greatest of them is least where the split is the right one.
    """
    wiring = _Wiring(first + second)
    taken, found = (first + second) // 2 + 1, -1
    for some in range(max(0, taken - second), min(first, taken) + 1):
        last = [some - 1] * (some > 0) + [first + taken - some - 1] * (taken > some)
        greatest = last[0] if len(last) == 1 else wiring.step("maximum", *last)
        found = greatest if found < 0 else wiring.step("minimum", found, greatest)
    return wiring.network([found])


def evaluate(network: Network, numbers: Sequence[Flat]) -> list[Flat]:
    """Return what comes out of a network, elementwise; what goes in stays as it is."""
    wires: dict[Wire, Flat] = dict(enumerate(numbers))
    uses = Counter(wire for _, *pair in network.steps for wire in pair)
    uses.update(network.outputs)
    for wire, (kind, *pair) in enumerate(network.steps, network.inputs):
        uses.subtract(pair)
        # Memory that is in the cache and not needed any more is written again.
        spent = [old for old in pair if not uses[old] and old >= network.inputs]
        make = np.minimum if kind == "minimum" else np.maximum
        out = wires[spent[0]] if spent else None
        wires[wire] = make(wires[pair[0]], wires[pair[1]], out=out)
        for old in spent:
            del wires[old]
    return [wires[wire] for wire in network.outputs]
