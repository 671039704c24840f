"""What transforms ask of their settings, and the share of values that they clip."""

import math

from cuelens.errors import ConfigError
from cuelens.tensors import Images, PerImage

__all__ = ["outside_share", "require_band", "require_cutoff"]


def require_cutoff(cutoff: float) -> None:
    """Refuse a cutoff that is no frequency.

    Raises:
        ConfigError: If `cutoff` is negative or not finite.
    """
    if not (cutoff >= 0 and math.isfinite(cutoff)):
        raise ConfigError(
            f"`cutoff` must be a finite number of at least 0 cycles per image, got {cutoff:g}."
        )


def require_band(centre: float, octaves: float) -> None:
    """Refuse a band that has no centre or no width.

    Raises:
        ConfigError: If `centre` or `octaves` is not positive or not finite.
    """
    if not (centre > 0 and math.isfinite(centre)):
        raise ConfigError(
            f"`centre` must be a finite number of more than 0 cycles per image, got {centre:g}."
        )
    if not (octaves > 0 and math.isfinite(octaves)):
        raise ConfigError(
            f"`octaves` must be a finite number of more than 0 (1 is a doubling of frequency), "
            f"got {octaves:g}."
        )


def outside_share(values: Images) -> PerImage:
    """Return the share of each image's values that lie outside [0, 1].

    What only rounding carries past 0 or 1 is not counted.
    """
    return ((values < -1e-6) | (values > 1 + 1e-6)).flatten(1).to(values.dtype).mean(1)
