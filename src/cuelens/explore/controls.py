"""The sliders: what they do to a picture, in which order, and how that is said.

Each slider is a condition of `cuelens.evaluation`, under the name that it has everywhere.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import partial
from types import MappingProxyType

from cuelens.datasets.styles import ProceduralStyles, Styles
from cuelens.errors import ConfigError
from cuelens.evaluation.conditions import Condition
from cuelens.evaluation.families import condition_of
from cuelens.randomness import Chance
from cuelens.tensors import Images

__all__ = ["LIMITS", "STYLES", "Controls"]

STYLES: Styles = ProceduralStyles(count=8)
"""Few, so that each has a number that a person can choose."""

LIMITS = MappingProxyType(
    {
        "saturation": (1.0, 1024.0),
        "shuffle": (1, 8),
        "blur": (0.0, 0.125),
        "low_pass": (0.0, 1.0),
        "high_pass": (0.0, 1.0),
        "style": (0.0, 1.0),
        "picture": (1, 8),
        "seed": (0, 999),
    }
)
"""The least and the most of each slider."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Controls:
    """Where the sliders stand; by default where nothing changes.

    Attributes:
        saturation: The paper's p, 1 to 1024; 2 changes nothing.
        shuffle: Patches along each side, 1 to 8; 1 changes nothing.
        blur: Deviation as a share of the side, 0 to 1/8; 0 changes nothing.
        low_pass: Cutoff as a share of half the side, above 0 to 1 (all but the corners of the
            spectrum); 0 leaves the filter out.
        high_pass: Likewise, frequencies below it are taken away; 0 leaves the filter out.
        style: Strength, 0 to 1; 0 leaves the painter out.
        picture: Whose style, 1 to 8.
        seed: Of the shuffle, 0 to 999.

    Raises:
        ConfigError: If one is no number, or outside its range.
    """

    saturation: float = 2.0
    shuffle: int = 1
    blur: float = 0.0
    low_pass: float = 0.0
    high_pass: float = 0.0
    style: float = 0.0
    picture: int = 1
    seed: int = 0
    styles: Styles = field(default=STYLES, repr=False)

    def __post_init__(self) -> None:
        for name in (one.name for one in fields(self) if one.name in LIMITS):
            value, (least, most) = getattr(self, name), LIMITS[name]
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (number and math.isfinite(value) and least <= value <= most):
                raise ConfigError(
                    f"`{name}` must be a number from {least:g} to {most:g}, got {value!r}."
                )

    def conditions(self, side: int) -> tuple[Condition, ...]:
        """Return what is done to a picture, in order; nothing where all sliders are at rest.

        Args:
            side: Of the picture in pixels.
        """
        half = side / 2
        wanted: list[tuple[bool, Callable[[], Condition]]] = [
            (self.style > 0, partial(condition_of, "stylised", self.style, styles=self.styles)),
            (self.saturation != 2, partial(condition_of, "saturation", self.saturation)),
            (self.blur > 0, partial(condition_of, "blur", round(self.blur * side, 2))),
            (self.low_pass > 0, partial(condition_of, "low-pass", round(self.low_pass * half, 1))),
            (
                self.high_pass > 0,
                partial(condition_of, "high-pass", round(self.high_pass * half, 1)),
            ),
            (self.shuffle > 1, partial(condition_of, "shuffle", self.shuffle)),
        ]
        return tuple(make() for moved, make in wanted if moved)

    def words(self, side: int) -> str:
        """Return what is done to a picture, such as "saturation=8, shuffle=2", or "unchanged"."""
        return ", ".join(self._words(one) for one in self.conditions(side)) or "unchanged"

    def caption(self, side: int) -> str:
        """Return the words, with each cutoff also as its slider says it.

        Such as "low-pass=4 cycles (keeps up to 50 %)".
        """
        return ", ".join(self._explained(one) for one in self.conditions(side)) or "unchanged"

    def apply(self, images: Images) -> Images:
        """Return the picture as the sliders make it.

        Args:
            images: A batch of one, pixels in [0, 1].

        Returns:
            Of the same shape, pixels in [0, 1].

        Raises:
            ModelError: If what stylising needs is not installed.
        """
        for condition in self.conditions(min(images.shape[2:])):
            images = condition.transform(images, chance=self._chance(condition))  # type: ignore[call-arg]
        return images

    def _words(self, condition: Condition) -> str:
        """Return a condition's name; it does not tell which style it is, and this does."""
        painted = condition.family == "stylised"
        return f"{condition.name} (picture {self.picture})" if painted else condition.name

    def _explained(self, condition: Condition) -> str:
        match condition.family:
            case "low-pass":
                return f"{condition.name} cycles (keeps up to {100 * self.low_pass:g} %)"
            case "high-pass":
                return f"{condition.name} cycles (keeps above {100 * self.high_pass:g} %)"
            case _:
                return self._words(condition)

    def _chance(self, condition: Condition) -> Chance:
        """Return chance by which the style is the one chosen, and the shuffle the seed's."""
        if condition.family != "stylised":
            return Chance(self.seed, ("picture",))
        return Chance(0, (_style_key(self.picture - 1, len(self.styles)),))


def _style_key(row: int, count: int) -> str:
    """Return an image id for which chance draws this row of the styles."""
    for number in range(10_000):
        key = f"style-{number}"
        (generator,) = Chance(0, (key,)).generators("stylised")
        if int(generator.integers(count)) == row:
            return key
    raise ConfigError(f"`picture` must be one of the {count} styles, got {row + 1}.")
