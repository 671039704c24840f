"""All families of conditions, by name: one table for command line, builders and reports."""

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from cuelens.errors import ConfigError
from cuelens.evaluation.colour_families import COLOUR_FAMILIES
from cuelens.evaluation.conditions import Condition
from cuelens.evaluation.family import Family
from cuelens.evaluation.frequency_families import FREQUENCY_FAMILIES
from cuelens.evaluation.shape_families import SHAPE_FAMILIES
from cuelens.evaluation.texture_families import TEXTURE_FAMILIES
from cuelens.transforms import Identity

__all__ = ["CONTROLS", "FAMILIES", "condition_of", "control_among"]

_CLEAN = Family(
    name="clean",
    adjective="clean",
    title="Clean",
    sentence="Unchanged images.",
    cue="none",
    transform=Identity,
)

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        family.name: family
        for family in (
            _CLEAN,
            *TEXTURE_FAMILIES,
            *SHAPE_FAMILIES,
            *FREQUENCY_FAMILIES,
            *COLOUR_FAMILIES,
        )
    }
)
"""The families by name, in the order in which reports and previews show them."""

CONTROLS: Mapping[str, str] = MappingProxyType(
    {name: family.control for name, family in FAMILIES.items() if family.control is not None}
)
"""Each family that has a control, to the control's name."""


def condition_of(name: str, level: float | None = None, **settings: Any) -> Condition:
    """Return the condition of a family at a level.

    Args:
        name: Of the family.
        level: See `Family.condition`.
        **settings: Other fields of the transform.

    Raises:
        ConfigError: If there is no such family, or its level is wrong.
    """
    if name not in FAMILIES:
        raise ConfigError(f"`name` must be one of {', '.join(FAMILIES)}, got {name!r}.")
    return FAMILIES[name].condition(level, **settings)


def control_among(condition: Condition, others: Iterable[Condition]) -> Condition | None:
    """Return the control of a condition: its family's, at its level.

    Args:
        condition: Such as saturation=8.
        others: Where to look for the control; the first that fits is taken.

    Returns:
        Such as contrast=8; a control without levels is that of every level. None where there is
        none among the others.
    """
    name = CONTROLS.get(condition.family)
    if name is None:
        return None
    place = FAMILIES[condition.family].place(condition.level)
    for other in others:
        if other.family == name:
            own = FAMILIES[name].place(other.level)
            if FAMILIES[name].scale is None or _same(place, own):
                return other
    return None


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other)
