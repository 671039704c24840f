"""Single waves: real images of one spatial frequency each, and the list of all that there are.

A frequency is a pair (row, column): cycles down and cycles across the image. Since images are
real, (row, column) and (-row, -column) are the same wave. Nothing here knows what waves are for.
"""

from functools import cache

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

__all__ = ["fourier_basis", "wave"]


@cache
def wave(height: int, width: int, row: int, column: int) -> Float[np.ndarray, "height width"]:
    """Return the cosine wave of a frequency, of Euclidean norm 1.

    Its two-dimensional Fourier transform is real and not zero at (row, column) and its opposite
    alone. Waves of different frequencies are orthogonal.

    Args:
        height: In pixels.
        width: In pixels.
        row: Cycles down the image; beyond half the height waves are seen as slower ones, as
            sampling has it: row and row + height are the same.
        column: Cycles across the image.
    """
    # Whole numbers first: the phase of each pixel is exact, however many cycles there are.
    down = np.arange(height) * (row % height) % height / height
    across = np.arange(width) * (column % width) % width / width
    values = np.cos(2 * np.pi * (down[:, None] + across))
    unit: NDArray[np.float64] = values / np.sqrt(np.square(values).sum())
    unit.flags.writeable = False
    return unit


def fourier_basis(height: int, width: int) -> list[tuple[int, int]]:
    """Return every frequency of images of a size once, the mean (0, 0) first among its row.

    Args:
        height: In pixels.
        width: In pixels.

    Returns:
        Pairs (row, column) from -height // 2 and -width // 2 up, one of each pair of opposites:
        (height * width + s) / 2 of them, where s is how many are their own opposites: 4 where
        both sides are even, 2 where one is, else 1.
    """
    found = []
    for row in range(height // 2 + 1):
        for column in range(-((width - 1) // 2), width // 2 + 1):
            own_row = row in (0, height - row)  # a row that is its own opposite
            if not own_row or column >= 0:
                found.append((row, column))
    return found
