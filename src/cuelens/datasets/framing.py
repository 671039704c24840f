"""Which square of a picture is seen, and how it becomes pixels of one size.

It knows proportions; it does not know files, and nothing of what a network wants besides.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from cuelens.errors import ConfigError

__all__ = ["Fit", "Framing", "Interpolation"]

Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos"]
"""How pixels between pixels are found; all but "nearest" are antialiased when an image shrinks."""

Fit = Literal["square", "stretch"]
"""A central square of the picture, or all of it, stretched to a square."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Framing:
    """How pictures of any size become squares.

    "Resize the shorter side to 256, then crop 224 from the centre" is a crop of 224/256: one
    resizing from the picture's own pixels, where the two steps round the size in between.

    Attributes:
        size: Side of the square in pixels. At least 1.
        crop: Side of the central square that is seen, as a share of the shorter side; with the
            fit "stretch", the share of each side. Above 0, at most 1.
        interpolation: How pixels between pixels are found.
        fit: "square" keeps proportions and cuts what is outside; "stretch" shows the whole
            picture and changes its proportions.

    Raises:
        ConfigError: If a setting is outside its range.
    """

    size: int = 224
    crop: float = 1.0
    interpolation: Interpolation = "bicubic"
    fit: Fit = "square"

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ConfigError(f"`size` must be at least 1 pixel, got {self.size}.")
        if not 0 < self.crop <= 1:
            raise ConfigError(
                f"`crop` must be above 0 and at most 1 (the whole shorter side), got {self.crop}. "
                "To crop 224 after resizing to 256, give 224/256."
            )
        for name, known in (("interpolation", Interpolation), ("fit", Fit)):
            if getattr(self, name) not in get_args(known):
                raise ConfigError(
                    f"`{name}` must be one of {', '.join(get_args(known))}, got "
                    f"{getattr(self, name)!r}."
                )

    @property
    def settings(self) -> tuple[object, ...]:
        """What digests of images name: the size alone where the rest is as usual."""
        if self == Framing(size=self.size):
            return (self.size,)
        return (self.size, self.crop, self.interpolation, self.fit)

    def box(self, width: int, height: int) -> tuple[float, float, float, float]:
        """Return the left, upper, right and lower edge of what is seen, in pixels.

        Args:
            width: Of the picture.
            height: Of the picture.
        """
        if self.fit == "stretch":
            wide, high = width * self.crop, height * self.crop
        else:
            wide = high = min(width, height) * self.crop
        left, upper = (width - wide) / 2, (height - high) / 2
        return left, upper, left + wide, upper + high
