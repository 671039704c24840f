"""Fourier heat maps: error by spatial frequency, laid out as the Fourier plane."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from cuelens.errors import ConfigError

__all__ = ["fourier_heat_map"]


def fourier_heat_map(
    rates: Float[np.ndarray, " frequency"],
    frequencies: Sequence[tuple[int, int]],
    *,
    height: int,
    width: int,
) -> Float[np.ndarray, "height width"]:
    """Return a map whose centre is the mean and whose edges are the finest waves.

    Args:
        rates: How often a classifier errs when a wave of each frequency is added.
        frequencies: Of the waves: (row, column), cycles down and across the image; all of
            `cuelens.waves.fourier_basis`, or some of them.
        height: Of the images, in pixels.
        width: Of the images, in pixels.

    Returns:
        The rate of (row, column) at [height // 2 + row, width // 2 + column] and at its opposite,
        which is the same wave; NaN where nothing was measured.

    Raises:
        ConfigError: If there is not one rate a frequency, or a frequency comes twice.

    Source:
        Yin et al., 2019, https://arxiv.org/abs/1906.08988, section 2.
        Differs: none.
    """
    if len(rates) != len(frequencies):
        raise ConfigError(
            f"`rates` must have one entry a frequency, expected {len(frequencies)}, "
            f"got {len(rates)}."
        )
    found = np.full((height, width), np.nan)
    for rate, (row, column) in zip(rates, frequencies, strict=True):
        place = ((height // 2 + row) % height, (width // 2 + column) % width)
        opposite = ((height // 2 - row) % height, (width // 2 - column) % width)
        if not np.isnan(found[place]):
            raise ConfigError(
                f"`frequencies` must name each wave once, got ({row}, {column}) or its like at "
                f"{height} x {width} px again."
            )
        found[place] = found[opposite] = rate
    return found
