"""Conditions as people type them: `saturation=8,shuffle=4,greyscale`."""

import math
from difflib import get_close_matches
from typing import TYPE_CHECKING

from cuelens.errors import ConfigError

if TYPE_CHECKING:
    from cuelens.evaluation import Condition

__all__ = ["PAPER", "conditions_of"]

PAPER = (
    "saturation=1,saturation=4,saturation=8,saturation=16,saturation=64,saturation=1024,"
    "shuffle=2,shuffle=4,shuffle=8"
)
"""The paper's levels."""


def conditions_of(text: str) -> "list[Condition]":
    """Return the clean condition and those named in a text.

    Args:
        text: Names, with a level behind "=" where the family is graded, separated by commas.

    Raises:
        ConfigError: If a name is unknown, a level is missing, not a number or out of range.
    """
    from cuelens.evaluation import FAMILIES, Condition

    found = [Condition.clean()]
    for word in filter(None, (part.strip() for part in text.split(","))):
        name, graded, number = word.partition("=")
        if name not in FAMILIES:
            near = get_close_matches(name, FAMILIES, n=1, cutoff=0.4)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ConfigError(
                f"`--conditions` must name {', '.join(FAMILIES)}, got {name!r}.{hint}"
            )
        condition = FAMILIES[name].condition(_level(number, word) if graded else None)
        if condition not in found:
            found.append(condition)
    return found


def _level(number: str, word: str) -> float:
    try:
        level = float(number)
    except ValueError:
        level = math.nan
    if not math.isfinite(level):
        raise ConfigError(
            f'`--conditions` must have a number behind "=", got {word!r}. '
            "Write it such as saturation=8."
        )
    return level
