"""The cut through an overlap along which two pictures differ least.

It knows costs and paths, and nothing of the pictures.
"""

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

__all__ = ["beyond_the_cut"]


def beyond_the_cut(
    costs: Float[np.ndarray, "overlap length width"],
) -> Bool[np.ndarray, "overlap length width"]:
    """Return what lies on or beyond the cheapest path from the first row to the last.

    A path has one entry in each row, at most one column from that in the row before.

    Args:
        costs: Of a path through each place; whole numbers, so that sums are exact.

    Returns:
        True from the path on, along the width. Of several cheapest paths, one that is chosen by
        the costs alone.

    Source:
        Efros & Freeman, 2001, https://doi.org/10.1145/383259.383296, section 2.1.
        Differs: none.
    """
    count, length, width = costs.shape
    lines = np.arange(count)
    # The three ways to come from the row before; beyond the borders there is none.
    ways = np.full((3, count, width), np.inf, dtype=costs.dtype)
    steps = np.zeros((length, count, width), dtype=np.int64)
    total = costs[:, 0]
    for row in range(1, length):
        ways[0] = total  # straight on, where it costs no more
        ways[1, :, 1:] = total[:, :-1]
        ways[2, :, :-1] = total[:, 1:]
        best = ways.argmin(0)
        total = costs[:, row] + ways.min(0)
        steps[row] = np.where(best == 2, 1, -best)
    path = np.empty((count, length), dtype=np.int64)
    path[:, -1] = total.argmin(1)
    for row in range(length - 1, 0, -1):
        path[:, row - 1] = path[:, row] + steps[row, lines, path[:, row]]
    beyond: NDArray[np.bool_] = np.arange(width) >= path[:, :, None]
    return beyond
