"""Orders in which the outputs of a network may stand when they are not those of the labels.

It makes the candidates; whether one fits is in `of_classes`.
"""

import re
from collections.abc import Callable, Sequence

__all__ = ["class_orders"]

_WORDNET = re.compile(r"^n\d{8}(?!\d)[ _-]*")


def class_orders(class_names: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Return orders by name: of each label, the output that stands for it.

    Args:
        class_names: In the order of the labels.

    Returns:
        Outputs moved by one place either way, in reverse, and sorted as files and tools sort names:
        as text, by the numbers in them, without regard to capitals, and by the words behind a
        WordNet id; each also the other way round, where the labels are sorted so. The order of
        the labels itself is left out, and so is what an earlier one gives.
    """
    count = len(class_names)
    found = {
        "one place higher": tuple((place + 1) % count for place in range(count)),
        "one place lower": tuple((place - 1) % count for place in range(count)),
        "in reverse": tuple(reversed(range(count))),
    }
    for words, key in _KEYS.items():
        order = sorted(range(count), key=lambda place, key=key: (key(class_names[place]), place))  # type: ignore[misc]
        places = {label: output for output, label in enumerate(order)}
        found[f"sorted {words}"] = tuple(places[label] for label in range(count))
        found[f"as they are, and the labels sorted {words}"] = tuple(order)
    seen = {tuple(range(count))}
    kept = {}
    for name, outputs in found.items():
        if outputs not in seen:
            kept[name] = outputs
            seen.add(outputs)
    return kept


def _by_numbers(name: str) -> tuple[tuple[int, int, str], ...]:
    parts = re.split(r"(\d+)", name)
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part)


_KEYS: dict[str, Callable[[str], object]] = {
    "as text": str,
    "by the numbers in their names": _by_numbers,
    "without regard to capitals": str.casefold,
    "by the words behind their WordNet ids": lambda name: _WORDNET.sub("", name).casefold(),
}
