"""Outcomes on fewer images: a condition that was run on some of them is held against those alone.

It knows ids; it draws nothing and counts nothing.
"""

from dataclasses import replace

import numpy as np

from cuelens.study.outcomes.outcomes import Outcomes

__all__ = ["of_same_images"]


def of_same_images(*outcomes: Outcomes) -> tuple[Outcomes, ...]:
    """Return outcomes cut to the images of the one that has the fewest.

    Args:
        outcomes: Of any models and conditions; at least one.

    Returns:
        In their order. What has other data, or lacks one of those images, is returned as it is:
        `why_not_paired` says why it cannot be held against the rest.
    """
    fewest = min(outcomes, key=lambda one: len(one.images))
    return tuple(_cut(one, fewest) for one in outcomes)


def _cut(one: Outcomes, fewest: Outcomes) -> Outcomes:
    """Return outcomes on the images of another, if they have all of those and more."""
    if one.images == fewest.images or one.data != fewest.data:
        return one
    chosen = np.isin(one.images, fewest.images)
    if int(chosen.sum()) < len(fewest.images):
        return one
    return replace(
        one,
        images=fewest.images,
        right=one.right[chosen],
        top3=one.top3[chosen],
        change=one.change[chosen],
        structure=one.structure[chosen],
        tied=None,  # a count of all of them
    )
