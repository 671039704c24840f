"""How a model was trained, in a few words, as its file's card says it."""

import re
from pathlib import Path
from types import MappingProxyType

from cuelens.sources import Provenance, read_card

__all__ = ["training_words"]

_DATA = MappingProxyType({"cifar10-train": "CIFAR-10"})
"""What data sets are called among people, by their name on a card."""
_OBJECTIVE = re.compile(r"objective=(\w+)\(")
_BALL = re.compile(r"ball=(\w+)\(radius=([\d.e+-]+)\)")


def training_words(provenance: Provenance) -> str:
    """Return such as "trained on CIFAR-10, adversarially within Linf 8/255".

    Args:
        provenance: Of the model; a file of `cuelens train` carries a recipe.

    Returns:
        Nothing where no recipe is known.
    """
    objective = _OBJECTIVE.search(provenance.recipe)
    if objective is None:
        return ""
    return (
        f"trained on {_data(Path(provenance.address))}, {_manner(provenance.recipe, objective[1])}"
    )


def _data(file: Path) -> str:
    name = str(read_card(file).training.get("data", ""))
    return _DATA.get(name, name) or "images that its card does not name"


def _manner(recipe: str, objective: str) -> str:
    ball = _BALL.search(recipe)
    if ball is not None:
        radius = float(ball[2])
        reach = f"{255 * radius:g}/255" if ball[1] == "Linf" else f"{radius:g}"
        return f"adversarially within {ball[1]} {reach}"
    return "without attacks" if objective == "Standard" else f"by {objective}"
