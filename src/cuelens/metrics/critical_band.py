"""Critical bands: which octaves a classifier reads, from how much noise it bears in each."""

from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float

from cuelens.errors import ConfigError, RangeError

__all__ = ["CriticalBand", "critical_band", "noise_thresholds"]

Octaves = Float[np.ndarray, " octave"]

_FULL_WIDTH = 2 * np.sqrt(2 * np.log(2))
"""Full width of a Gaussian at half its height, in deviations."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CriticalBand:
    """The channel through which a classifier reads images.

    Attributes:
        centre: The frequency at which noise harms most, in cycles per image.
        octaves: Width of the band, full at half height.
        sensitivity: At the centre: one over the noise deviation that brings accuracy down to the
            criterion.
        residual: Root mean square of what the fit leaves unexplained, in doublings of noise.
    """

    centre: float
    octaves: float
    sensitivity: float
    residual: float


def noise_thresholds(
    accuracies: Float[np.ndarray, "octave deviation"],
    deviations: Float[np.ndarray, " deviation"],
    *,
    criterion: float = 0.5,
) -> Octaves:
    """Return the noise deviation that brings accuracy down to a criterion, in each octave.

    Args:
        accuracies: Under noise of each octave and deviation.
        deviations: Of the noise; positive, rising.
        criterion: Between 0 and 1.

    Returns:
        Interpolated between two deviations on a logarithmic scale, where accuracy last falls to
        the criterion. The strongest deviation where even that does not bring accuracy down; the
        weakest where that does already: the true threshold is beyond.

    Raises:
        RangeError: If `deviations` do not rise from above 0, or `criterion` is outside (0, 1).

    Source:
        Subramanian et al., 2023, https://arxiv.org/abs/2309.13190, on thresholds, and the
        published code.
        Differs: interpolated, where the code counts the levels that lie beyond.
    """
    if not (len(deviations) and deviations[0] > 0 and (np.diff(deviations) > 0).all()):
        raise RangeError(f"`deviations` must be positive and rise, got {deviations.tolist()}.")
    if not 0 < criterion < 1:
        raise RangeError(f"`criterion` must lie between 0 and 1, got {criterion:g}.")
    logarithms = np.log(deviations)
    found = np.empty(len(accuracies))
    for octave, curve in enumerate(accuracies):
        above = np.flatnonzero(curve > criterion)
        last = above[-1] if len(above) else -1
        if last < 0:
            found[octave] = deviations[0]
        elif last == len(deviations) - 1:
            found[octave] = deviations[-1]
        else:
            share = (curve[last] - criterion) / (curve[last] - curve[last + 1])
            step = logarithms[last + 1] - logarithms[last]
            found[octave] = np.exp(logarithms[last] + share * step)
    return found


def critical_band(
    thresholds: Octaves, centres: Octaves, *, strongest: float
) -> CriticalBand | None:
    """Return the band that a Gaussian on a logarithmic scale of frequency fits best.

    What is fitted is by how many doublings the threshold lies below the strongest noise that was
    tried, which is 0 where that noise does no harm.

    Args:
        thresholds: Noise deviation at the criterion, in each octave.
        centres: Of the octaves, in cycles per image; at least four.
        strongest: The strongest noise deviation that was tried: the threshold where none did harm.

    Returns:
        The band; None where noise brought accuracy down in no octave.

    Raises:
        ConfigError: If there are fewer than four octaves, or not one threshold an octave.

    Source:
        Subramanian et al., 2023, https://arxiv.org/abs/2309.13190, on channels, and the published
        code.
        Differs: the sensitivity is one over the deviation itself, where the code has it relative
        to a level; thresholds need not be levels.
    """
    if not len(thresholds) == len(centres) >= 4:
        raise ConfigError(
            f"`thresholds` and `centres` must have one entry an octave and at least 4, since three "
            f"numbers are fitted, got {len(thresholds)} and {len(centres)}."
        )
    doublings = np.log2(strongest / thresholds)
    if doublings.max() <= 0:
        return None
    places = np.log2(centres)

    def unexplained(numbers: Float[np.ndarray, " 3"]) -> Octaves:
        height, centre, deviation = numbers
        return np.asarray(height * np.exp(-(((places - centre) / deviation) ** 2) / 2) - doublings)

    peak = int(doublings.argmax())
    lower = [0.0, places.min() - 8, 0.1]
    upper = [doublings.max() * 4, places.max() + 8, 32.0]
    fits = [
        scipy.optimize.least_squares(
            unexplained, [doublings.max(), places[peak], start], bounds=(lower, upper)
        )
        for start in (0.5, 1.0, 2.0, 4.0)
    ]
    best = min(fits, key=lambda fit: float(fit.cost))
    height, centre, deviation = (float(number) for number in best.x)
    return CriticalBand(
        centre=2.0**centre,
        octaves=float(_FULL_WIDTH) * deviation,
        sensitivity=2.0**height / strongest,
        residual=float(np.sqrt(np.square(best.fun).mean())),
    )
