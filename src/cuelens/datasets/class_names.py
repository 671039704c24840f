"""Names of classes where a data set only has labels: their order, and files that list them."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from cuelens.errors import DataError, MissingDataError

__all__ = ["class_order", "read_class_names"]


def class_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Return the different labels in the order of classes.

    Args:
        labels: As texts.

    Returns:
        By number where all are whole numbers, else sorted. Numbers that are missing stay missing:
        a class is called by its number, whatever its place.
    """
    found = set(labels)
    if all(label.isdecimal() for label in found):
        return tuple(sorted(found, key=lambda label: (int(label), label)))
    return tuple(sorted(found))


def read_class_names(path: str) -> tuple[str, ...]:
    """Return the class names of a file with one a line.

    Raises:
        MissingDataError: If there is no such file.
        DataError: If it holds none, or one twice.
    """
    file = Path(path)
    if not file.is_file():
        raise MissingDataError(
            f"Expected class names in `{path}`, one a line, but there is no such file."
            " Correct `classes`."
        )
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    names = tuple(line.strip() for line in lines if line.strip())
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if not names or twice is not None:
        got = "none" if twice is None else f"{twice!r} twice"
        raise DataError(f"`{path}` must hold different class names, one a line, got {got}.")
    return names
