"""A person's file of classes: which of the model's each of a data set's is, or what they are."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from cuelens.errors import ConfigError
from cuelens.yaml_file import read_yaml

__all__ = ["ModelOrder", "read_mapping_file"]

_WORDNET_LINE = re.compile(r"(n\d{8})(?:[\s,]+(.*))?")


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelOrder:
    """What a file says of the model's classes, in their order.

    Attributes:
        wordnet_ids: One a class.
        names: One a class, synonyms by commas; empty where the file has none.
    """

    wordnet_ids: tuple[str, ...]
    names: tuple[str, ...]


def read_mapping_file(
    path: Path, model_class_names: Sequence[str]
) -> tuple[Mapping[str, int] | None, ModelOrder | None]:
    """Read a file of classes.

    Args:
        path: One of: YAML or JSON with the data set's class and the model's class, by name or
            index, in each entry; lines of a WordNet id and names, one for each class of the model
            in its order (such as LOC_synset_mapping.txt); or JSON with an entry `"0": ["n01440764",
            "tench"]` for each class of the model.
        model_class_names: Those of the model.

    Returns:
        The model's index of each class of the data set, or what the model's classes are; the other
        is None.

    Raises:
        ConfigError: If there is no such file, it is none of these, or names a class that the model
            does not have.
    """
    if not path.is_file():
        raise ConfigError(
            f"Expected a file of classes at `{path}`, but there is no such file. Correct the path."
        )
    lines = _wordnet_lines(path)
    if lines is not None:
        ids, names = zip(*lines, strict=True)
        return None, _order(path, ids, names if all(names) else (), model_class_names)
    content = read_yaml(path)
    if not isinstance(content, dict) or not content:
        raise ConfigError(
            f"`{path}` must hold entries `CLASS: MODEL'S CLASS`, or a WordNet id a line, got "
            f"{'nothing' if content is None else f'a {type(content).__name__}'}. Write it so."
        )
    if all(isinstance(value, list) and len(value) == 2 for value in content.values()):
        rows: list[Any] = [content.get(str(row), content.get(row)) for row in range(len(content))]
        if None not in rows:
            ids, names = zip(*[map(str, row) for row in rows], strict=True)
            return None, _order(path, ids, names, model_class_names)
    return {
        str(name): _index(path, str(name), value, model_class_names)
        for name, value in content.items()
    }, None


def _wordnet_lines(path: Path) -> list[tuple[str, str]] | None:
    """Return a WordNet id and names a line; None where a line is none."""
    text = path.read_text(encoding="utf-8", errors="replace")
    found = [_WORDNET_LINE.fullmatch(line.strip()) for line in text.splitlines() if line.strip()]
    if not found or None in found:
        return None
    return [(match[1], match[2] or "") for match in found if match is not None]


def _order(
    path: Path, ids: Sequence[str], names: Sequence[str], model_class_names: Sequence[str]
) -> ModelOrder:
    if len(ids) != len(model_class_names):
        raise ConfigError(
            f"`{path}` must have a WordNet id for each of the model's {len(model_class_names):,} "
            f"classes, got {len(ids):,}. Give the list that belongs to the model."
        )
    return ModelOrder(wordnet_ids=tuple(ids), names=tuple(names))


def _index(path: Path, name: str, value: Any, model_class_names: Sequence[str]) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        if 0 <= value < len(model_class_names):
            return value
        raise ConfigError(
            f"{path}, {name}: the model's class must be from 0 to {len(model_class_names) - 1}, "
            f"got {value}. Correct it."
        )
    places = [index for index, other in enumerate(model_class_names) if other == str(value)]
    if len(places) == 1:
        return places[0]
    near = get_close_matches(str(value), model_class_names, n=3)
    remedy = f"Did you mean {' or '.join(near)}?" if near else "Correct it."
    if places:
        remedy = f"Write its index, one of {', '.join(map(str, places))}."
    raise ConfigError(
        f"{path}, {name}: the model's class must be an index or the name of one class, got "
        f"{str(value)!r}. {remedy}"
    )
