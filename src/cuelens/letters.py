"""Groups that cannot be told apart, from which pairs can."""

import string
from collections.abc import Iterable, Sequence

__all__ = ["indistinct_groups", "letters_of"]


def indistinct_groups(
    items: Sequence[str], different: Iterable[tuple[str, str]]
) -> tuple[tuple[str, ...], ...]:
    """Return every largest group whose members cannot be told apart.

    Args:
        items: In the order in which they are shown.
        different: Pairs that can be told apart, each in either order.

    Returns:
        Groups in the order of their first members; each item is in one at least, and two items
        share a group if and only if they are not among `different`.

    Source:
        Piepho, 2004, https://doi.org/10.1198/1061860043515 (insert and absorb).
        Differs: none.
    """
    groups = [frozenset(items)]
    for pair in different:
        first, second = pair
        split: list[frozenset[str]] = []
        for group in groups:
            both = first in group and second in group
            split += [group - {first}, group - {second}] if both else [group]
        kept = dict.fromkeys(split)
        groups = [one for one in kept if one and not any(one < other for other in kept)]
    place = {item: number for number, item in enumerate(items)}
    ordered = [tuple(sorted(group, key=place.__getitem__)) for group in groups]
    return tuple(sorted(ordered, key=lambda group: [place[item] for item in group]))


def letters_of(items: Sequence[str], different: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the letters of each item: two that share one cannot be told apart.

    Args:
        items: In the order in which they are shown; the first has the letter a.
        different: Pairs that can be told apart.

    Source:
        Piepho, 2004, https://doi.org/10.1198/1061860043515.
        Differs: groups beyond the 26th are called by their number.
    """
    groups = indistinct_groups(items, different)
    names = [
        string.ascii_lowercase[number] if number < 26 else f"[{number + 1}]"
        for number in range(len(groups))
    ]
    return {
        item: "".join(name for name, group in zip(names, groups, strict=True) if item in group)
        for item in items
    }
