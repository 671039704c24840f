"""The cutoff of a low-pass front end, chosen so that its network is as accurate as another.

It knows how to search; it does not know how a network is trained.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["ChosenCutoff", "choose_cutoff"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChosenCutoff:
    """A cutoff and what it was chosen by.

    Attributes:
        cutoff: In cycles per image.
        accuracies: Each cutoff that was tried to its validation accuracy.
    """

    cutoff: float
    accuracies: dict[float, float]


def choose_cutoff(
    accuracy_of: Callable[[float], float], *, target: float, side: int
) -> ChosenCutoff:
    """Return the cutoff whose accuracy is nearest to a target, by bisection.

    Accuracy is taken to rise with the cutoff. Where training noise says otherwise, the nearest of
    those tried is kept all the same.

    Args:
        accuracy_of: Trains a network behind a cutoff and returns its validation accuracy.
        target: The accuracy to meet, as a share.
        side: Of the images, in pixels: half the diagonal of a square is where frequencies end.

    Returns:
        The nearest of the cutoffs tried, all multiples of one half cycle per image; at 32 px at
        most 6 of them. The lower one of two alike.
    """
    cutoffs = [half / 2 for half in range(1, math.ceil(side * math.sqrt(2)) + 1)]
    tried: dict[float, float] = {}
    low, high = 0, len(cutoffs) - 1
    while low <= high:
        middle = (low + high) // 2
        cutoff = cutoffs[middle]
        tried[cutoff] = accuracy_of(cutoff)
        if tried[cutoff] < target:
            low = middle + 1
        else:
            high = middle - 1
    nearest = min(sorted(tried), key=lambda cutoff: abs(tried[cutoff] - target))
    return ChosenCutoff(cutoff=nearest, accuracies=tried)
