"""Groups of classes that a person wrote down: a YAML or JSON file of names and their classes."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from cuelens.errors import ConfigError
from cuelens.networks.class_groups import ClassGroups
from cuelens.yaml_file import read_yaml

__all__ = ["read_class_groups"]

_RANGE = re.compile(r"(\d+)\s*-\s*(\d+)")


def read_class_groups(path: Path, class_names: tuple[str, ...]) -> ClassGroups:
    """Read groups of classes from a file.

    Args:
        path: YAML or JSON: each group's name to a list of its classes, by index (counted from 0),
            by range such as "151-268", both ends included, or by class name.
        class_names: Those of the network.

    Returns:
        The groups in the order of the file, named after it.

    Raises:
        ConfigError: If there is no such file, it is not made so, or names an unknown class.
    """
    if not path.is_file():
        raise ConfigError(
            f"Expected a file with groups of classes at `{path}`, got nothing there. Write each "
            "group with a list of its classes, such as `dog: [151-268]`."
        )
    content = read_yaml(path)
    if not isinstance(content, dict) or not all(isinstance(x, list) for x in content.values()):
        raise ConfigError(
            f"`{path}` must hold groups, each with a list of classes, such as `dog: [151-268]`, "
            f"got {_kind(content)}. Write each group so."
        )
    members = {
        str(group): tuple(
            index for entry in entries for index in _classes(entry, class_names, f"{path}, {group}")
        )
        for group, entries in content.items()
    }
    return ClassGroups(name=path.stem, members=members, classes=len(class_names))


def _kind(content: object) -> str:
    if not isinstance(content, dict):
        return "none" if content is None else f"a {type(content).__name__}"
    name = next(name for name, entries in content.items() if not isinstance(entries, list))
    return f"{str(name)!r} with {content[name]!r}"


def _classes(entry: object, class_names: tuple[str, ...], place: str) -> Iterator[int]:
    """Return the indices that one entry of a list stands for."""
    if isinstance(entry, int) and not isinstance(entry, bool):
        yield entry
        return
    text = str(entry)
    span = _RANGE.fullmatch(text)
    if text in class_names:
        if class_names.count(text) > 1:
            raise ConfigError(
                f"{place}: a class must be named so that it is one, got {text!r}, the name of "
                f"{class_names.count(text)} classes. Write its index."
            )
        yield class_names.index(text)
    elif span is not None and int(span[1]) <= int(span[2]):
        yield from range(int(span[1]), int(span[2]) + 1)
    else:
        near = get_close_matches(text, class_names, n=3)
        raise ConfigError(
            f"{place}: a class must be an index, a range such as 151-268, or a class name of the "
            f"network, got {text!r}. "
            + (f"Did you mean {' or '.join(near)}?" if near else "Correct it.")
        )
