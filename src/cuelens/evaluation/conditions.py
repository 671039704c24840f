"""A condition: a transform with its place on a scale, under the name that tables show."""

import math
from dataclasses import dataclass

from cuelens.errors import ConfigError
from cuelens.transforms import Identity, MaskTransform, Transform

__all__ = ["Condition"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """What is done to images before a network sees them.

    Attributes:
        family: Such as "saturation"; conditions of one family make one curve.
        level: Place on the family's scale, in its own unit; None where there is no scale.
        transform: Makes the images; a `MaskTransform` only those of data sets that know masks.

    Raises:
        ConfigError: If the family has no name, or the level is not finite.
    """

    family: str
    level: float | None = None
    transform: Transform | MaskTransform

    def __post_init__(self) -> None:
        if not self.family:
            raise ConfigError('`family` must be a name such as "saturation", got an empty one.')
        if self.level is not None and not math.isfinite(self.level):
            raise ConfigError(
                f"`level` of {self.family} must be a finite number or None, got {self.level}."
            )

    @classmethod
    def clean(cls) -> "Condition":
        """Return the condition under which images stay as they are."""
        return cls(family="clean", transform=Identity())

    @property
    def name(self) -> str:
        """Family and level, such as "clean" or "saturation=8"."""
        return self.family if self.level is None else f"{self.family}={self.level:g}"
