"""Conditions by the adjectives that `cuelens build` takes, spelt either way."""

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from cuelens.datasets import StyleFolder
from cuelens.errors import ConfigError
from cuelens.evaluation import FAMILIES, Condition, Family
from cuelens.sources import AdaINWeights

__all__ = ["adjective_condition", "family_of"]

_SPELLINGS = (("_", "-"), ("ised", "ized"), ("isation", "ization"), ("gray", "grey"))


def _spelt(word: str) -> str:
    word = word.strip().lower()
    for one, other in _SPELLINGS:
        word = word.replace(one, other)
    return word.replace("colour", "color")


def family_of(word: str) -> Family:
    """Return the family that an adjective or a family's own name names.

    Args:
        word: Such as "saturated" or "saturation"; British and American spelling are one.

    Raises:
        ConfigError: If there is none; the nearest is named.
    """
    words = {family.adjective: family for family in FAMILIES.values()}
    known = {_spelt(name): family for name, family in {**FAMILIES, **words}.items()}
    found = known.get(_spelt(word))
    if found is None:
        near = get_close_matches(_spelt(word), known, n=1, cutoff=0.4)
        hint = f" Did you mean {known[near[0]].adjective!r}?" if near else ""
        raise ConfigError(f"`ADJECTIVE` must be one of {', '.join(words)}, got {word!r}.{hint}")
    return found


def adjective_condition(
    word: str,
    *,
    level: float | None = None,
    style: Path | None = None,
    working_size: int | None = None,
    weights: Path | None = None,
) -> Condition:
    """Return the condition that the words of the command name.

    Args:
        word: See `family_of`.
        level: On the family's scale; None where it has none, or for the usual one.
        style: A folder of style pictures, for families that take some; None for the usual ones.
        working_size: Side in pixels that images are styled at; None for the usual one.
        weights: A folder with the files vgg_normalised.pth and decoder.pth, for AdaIN.

    Raises:
        ConfigError: If the family or its level is wrong, or it takes no style or working size.
        DataError: If no style picture can be read.
        ModelError: If the weights are not there or do not fit.
    """
    family = family_of(word)
    settings: dict[str, Any] = {}
    if style is not None:
        _require(family, _has("styles"), "--style")
        settings["styles"] = StyleFolder(folder=str(style))
    if working_size is not None:
        _require(family, _has("working_size"), "--working-size")
        settings["working_size"] = working_size
    if weights is not None:
        _require(family, lambda one: "weights" in one.needs, "--weights")  # grey has others
        settings["weights"] = AdaINWeights.in_folder(weights)
    elif "weights" in family.needs:
        raise ConfigError(
            f"`--weights` must be given for {family.adjective}: a folder that holds "
            "vgg_normalised.pth and decoder.pth, got none."
        )
    return family.condition(level, **settings)


def _has(field: str) -> Callable[[Family], bool]:
    return lambda family: field in family.transform.__dataclass_fields__


def _require(family: Family, takes: Callable[[Family], bool], option: str) -> None:
    if not takes(family):
        able = [other.adjective for other in FAMILIES.values() if takes(other)]
        raise ConfigError(
            f"`{option}` must go with {', '.join(able) or 'a condition that has styles'}, got "
            f"{family.adjective}. Leave it out."
        )
