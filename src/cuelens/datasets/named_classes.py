"""Which class the name of an image, or of its folder, tells.

It reads names alone: no image is opened, and a name that tells nothing is no class.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from cuelens.datasets.class_mapping import match_classes
from cuelens.errors import ConfigError

__all__ = ["UNKNOWN", "named_classes"]

UNKNOWN = -1
"""The label of an image whose class is unknown."""

_WORDNET_ID = re.compile(r"(?<![A-Za-z0-9])n\d{8}(?!\d)")


def named_classes(paths: Sequence[Path], class_names: Sequence[str]) -> list[int]:
    """Return the class of each image as far as it is named.

    Args:
        paths: Of the images.
        class_names: Those of the model.

    Returns:
        The first that is one of the model's classes: by the name of the folder (as it is written,
        by a WordNet id, or apart from case, _ and -), by a WordNet id within the file's name, by
        the file's name without its ending, unless that is a number. `UNKNOWN` where none is.
    """
    names = [_names(path) for path in paths]
    every = dict.fromkeys(name for one in names for name in one)
    ids = [name for name in every if _WORDNET_ID.fullmatch(name)]
    known = _matched(ids, class_names) | _matched((n for n in every if n not in ids), class_names)
    return [next((known[name] for name in one if name in known), UNKNOWN) for one in names]


def _names(path: Path) -> list[str]:
    """Return what may name the class of an image, the surest first."""
    folder, stem = path.resolve().parent.name, path.stem
    return [folder, *_WORDNET_ID.findall(stem), *([] if stem.isdecimal() else [stem])]


def _matched(names: Iterable[str], class_names: Sequence[str]) -> dict[str, int]:
    """Return the class of each name that is one."""
    try:
        mapping = match_classes(tuple(names), class_names)
    except ConfigError:  # not one of them is a class
        return {}
    pairs = zip(mapping.class_names, mapping.indices, strict=True)
    return {name: index for name, index in pairs if index is not None}
