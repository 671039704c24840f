"""What of strips shows nothing: answers and maps that are no numbers, and maps of zeros.

It says what is wrong with them in sentences; how they are drawn is elsewhere.
"""

import itertools
from collections.abc import Sequence

from cuelens.evaluation.strips import Strips

__all__ = ["strip_problems"]


def strip_problems(strips: Sequence[Strips]) -> tuple[str, ...]:
    """Return a sentence for each model and condition with answers that are no numbers, and maps.

    Args:
        strips: Parts of the same models, conditions and methods, each of one image.

    Returns:
        Of images whose answer is no number the answer alone is told: their maps are none either.
    """
    if not strips:
        return ()
    first = strips[0]
    found: list[str] = []
    for m, c in itertools.product(range(len(first.models)), range(len(first.conditions))):
        place = f"{first.models[m]} under {first.conditions[c]}"
        silent = [one for one in strips if one.predictions[m, c, 0] < 0]
        if silent:
            found.append(
                f"{place}: expected logits that are numbers, got NaN or infinity for "
                f"{_of(silent, strips)}. Their maps show nothing; look at the network's weights "
                "and its input specification."
            )
        rest = [one for one in strips if one.predictions[m, c, 0] >= 0]
        for s, method in enumerate(first.methods):
            broken = [one for one in rest if not one.maps[s, m, c].isfinite().all()]
            empty = [one for one in rest if not one.maps[s, m, c].any()]
            if broken:
                found.append(
                    f"{place}: expected {method} maps of numbers, got NaN or infinity for "
                    f"{_of(broken, strips)}. They are drawn as zero and not measured; look at the "
                    "network's weights, or explain another score."
                )
            if empty:
                found.append(
                    f"{place}: expected {method} maps of some shape, got zero everywhere for "
                    f"{_of(empty, strips)}. They are not measured; of a network that is sure, "
                    "explain the logit."
                )
    return tuple(found)


def _of(some: Sequence[Strips], every: Sequence[Strips]) -> str:
    return f"{len(some):,} of {len(every):,} images, the first of them {some[0].images[0]}"
