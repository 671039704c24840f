"""Conditions as people type them: `saturation=8,shuffle=4,greyscale`."""

import math
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from cuelens.errors import ConfigError

if TYPE_CHECKING:
    from cuelens.evaluation import Condition
    from cuelens.transforms import Transform

__all__ = ["PAPER", "conditions_of"]

PAPER = (
    "saturation=1,saturation=4,saturation=8,saturation=16,saturation=64,saturation=1024,"
    "shuffle=2,shuffle=4,shuffle=8"
)
"""The paper's levels."""


def _makers() -> "Mapping[str, Callable[[float], Transform]]":
    from cuelens import transforms

    return {
        "saturation": lambda level: transforms.Saturation(level=level),
        "contrast": lambda level: transforms.MatchedContrast(level=level),
        "shuffle": lambda level: transforms.PatchShuffle(patches=_whole("shuffle", level)),
        "borders": lambda level: transforms.PatchBorders(patches=_whole("borders", level)),
        "low-pass": lambda level: transforms.LowPass(cutoff=level),
        "greyscale": lambda _: transforms.Greyscale(),
    }


def _whole(family: str, level: float) -> int:
    if level != int(level):
        raise ConfigError(f"`{family}` must have a whole number of patches a side, got {level:g}.")
    return int(level)


def conditions_of(text: str) -> "list[Condition]":
    """Return the clean condition and those named in a text.

    Args:
        text: Names, with a level behind "=" where the family is graded, separated by commas.

    Raises:
        ConfigError: If a name is unknown, a level is missing, not a number or out of range.
    """
    from cuelens.evaluation import Condition

    makers = _makers()
    found = [Condition.clean()]
    for word in filter(None, (part.strip() for part in text.split(","))):
        family, graded, number = word.partition("=")
        if family == "clean":
            continue
        if family not in makers:
            near = get_close_matches(family, makers, n=1, cutoff=0.4)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ConfigError(
                f"`--conditions` must name {', '.join(makers)}, got {family!r}.{hint}"
            )
        if bool(graded) == (family == "greyscale"):
            form = "greyscale" if family == "greyscale" else f"{family}=LEVEL"
            raise ConfigError(f"`--conditions` must name {form}, got {word!r}. Write it so.")
        level = _level(number, word) if graded else 0.0
        condition = Condition(
            family=family, level=level if graded else None, transform=makers[family](level)
        )
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
