"""A family of conditions: what it is called, which cue it weakens, what its control is.

It puts a transform into words and grades it; what a transform does it does not know.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from cuelens.errors import ConfigError
from cuelens.evaluation.conditions import Condition

__all__ = ["CUES_TAKEN", "Family"]

CUES_TAKEN = ("texture", "shape", "colour", "frequency", "light", "none")
"""What a family may weaken; "none" for the clean condition and for controls."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """A family of conditions.

    Attributes:
        name: As tables and `--conditions` have it, such as "saturation".
        adjective: What images are then called, as `cuelens build` has it, such as "saturated".
        title: A few words.
        sentence: What it does to an image.
        cue: What it weakens, one of `CUES_TAKEN`.
        transform: The class that makes the images.
        settings: Of `transform`, where they are not its defaults.
        scale: The field of `transform` that is the level; None where there is no level. Where the
            field has a default, the level may be left out.
        levels: Usual levels, for previews; none where there is no level.
        axis: What the level is called on an axis.
        same: The level at which nothing changes, where there is one.
        control: The family that changes images as much and leaves the cue; None where unknown.
    """

    name: str
    adjective: str
    title: str
    sentence: str
    cue: str
    transform: type[Any]
    settings: Mapping[str, Any] = field(default_factory=dict)
    scale: str | None = None
    levels: tuple[float, ...] = ()
    axis: str = "level"
    same: float | None = None
    control: str | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """The settings that only a user can give, such as files of weights; mostly none."""
        fixed = {*self.settings, self.scale}
        return tuple(
            item.name
            for item in dataclasses.fields(self.transform)
            if item.name not in fixed
            and item.default is dataclasses.MISSING
            and item.default_factory is dataclasses.MISSING
        )

    @property
    def level_may_be_left_out(self) -> bool:
        """Whether there is a condition of this family without a level."""
        if self.scale is None:
            return True
        return self._default() is not dataclasses.MISSING

    def place(self, level: float | None) -> float | None:
        """Return where a condition stands on the family's scale, its level named or left out.

        Args:
            level: As a condition has it.

        Returns:
            The level; the transform's own where it was left out; None where there is no scale.
        """
        if level is not None or self.scale is None or not self.level_may_be_left_out:
            return level
        return float(self._default())

    def _default(self) -> Any:
        defaults = {item.name: item.default for item in dataclasses.fields(self.transform)}
        return self.settings.get(str(self.scale), defaults[str(self.scale)])

    def condition(self, level: float | None = None, **settings: Any) -> Condition:
        """Return the condition of this level.

        Args:
            level: On the family's scale; None where it has none, or for the usual one.
            **settings: Other fields of the transform.

        Raises:
            ConfigError: If the level is missing, not wanted, not whole where it counts something,
                or out of range, or if a setting of `needs` is missing.
        """
        for need in self.needs:
            if need not in settings:
                raise ConfigError(
                    f"`{self.name}` must have `{need}`, which cuelens cannot give, got none. "
                    f"Name it in a study file, below {self.transform.__name__}, or in Python."
                )
        if level is None:
            if not self.level_may_be_left_out:
                raise ConfigError(
                    f"`{self.name}` must have a level, got none. "
                    f"Usual are {', '.join(f'{usual:g}' for usual in self.levels)}."
                )
            transform = self.transform(**{**self.settings, **settings})
            return Condition(family=self.name, transform=transform)
        if self.scale is None:
            raise ConfigError(f"`{self.name}` must have no level, got {level:g}. Leave it out.")
        value: float = level
        if get_type_hints(self.transform)[self.scale] is int:
            if level != int(level):
                raise ConfigError(
                    f"`{self.name}` must have a whole number as its level, got {level:g}."
                )
            value = int(level)
        transform = self.transform(**{**self.settings, self.scale: value, **settings})
        return Condition(family=self.name, level=float(level), transform=transform)

    def usual(self, **settings: Any) -> tuple[Condition, ...]:
        """Return the conditions at the usual levels, or the only one."""
        if not self.levels:
            return (self.condition(**settings),)
        return tuple(self.condition(level, **settings) for level in self.levels)
