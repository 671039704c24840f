"""What may be added to a study whose records are there already, and what makes it another study.

It compares the contents of study files; it knows no folders.
"""

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["ADDITIONS", "difference", "may_become"]

ADDITIONS = (
    "Models, conditions and their levels, attacks and salience methods may be added to it; nothing "
    "that is there may be changed but the title."
)

_MAY_BE_NEW = ("conditions", "attacks", "salience", "imported")
"""Fields that the earlier study may lack."""


def may_become(before: Any, now: Any) -> bool:
    """Return whether a study is an earlier one with additions; the order of what was there counts.

    Args:
        before: The content of the earlier study file.
        now: That of the present one.
    """
    return isinstance(before, dict) and not _changed(before, now)


def difference(before: Any, now: Any) -> str:
    """Return the first-level fields that make a study another one, for a message."""
    if not isinstance(before, dict):
        return "everything"
    fields = [name for name in _changed(before, now) if before.get(name) != now.get(name)]
    return ", ".join(f"`{field}`" for field in sorted(fields)) or "its order"


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return the fields that are neither as they were nor have what may be added."""
    return [
        field
        for field in dict.fromkeys([*before, *now])
        if not _grown(field, before.get(field), now.get(field))
    ]


def _grown(field: str, before: Any, now: Any) -> bool:
    if field == "title" or _same(before, now):
        return True
    if before is None:
        return field in _MAY_BE_NEW
    if field in ("models", "attacks"):
        return _names_added(before, now)
    if field == "imported":
        return _values_added(before, now)
    if field == "conditions":
        return _levels_added(before, now)
    if field == "salience" and isinstance(now, dict):
        others = (before.keys() | now.keys()) - {"methods", "conditions", "models"}
        own, theirs = before.get("models"), now.get("models")
        return (
            _names_added(before.get("methods", {}), now.get("methods", {}))
            and (own == theirs or _values_added(own, theirs))
            and _values_added(before.get("conditions", []), now.get("conditions", []))
            and all(_same(before.get(name), now.get(name)) for name in others)
        )
    return False


def _same(before: Any, now: Any) -> bool:
    """Return whether two contents are the same, in the same order."""
    return json.dumps(before) == json.dumps(now)


def _in_order(before: list[Any], now: list[Any]) -> bool:
    """Return whether everything of a list is in another, in the same order."""
    left = iter(now)
    return all(any(value == other for other in left) for value in before)


def _names_added(before: Any, now: Any) -> bool:
    """Return whether a mapping has what another one had, in that order, unchanged."""
    return (
        isinstance(now, dict)
        and _in_order(list(before), list(now))
        and all(_same(before[name], now[name]) for name in before)
    )


def _values_added(before: Any, now: Any) -> bool:
    """Return whether a list has what another one had, in that order."""
    return isinstance(before, list) and isinstance(now, list) and _in_order(before, now)


def _levels_added(before: Any, now: Any) -> bool:
    """Return whether families, and levels of a family, may have been added, and nothing else.

    A family is a mapping of one method to its settings, of which at most one is a list of levels;
    beside it may stand on how many images and of which models it is run.
    """
    if not isinstance(now, dict) or not _in_order(list(before), list(now)):
        return False
    return all(
        _same(before[family], now[family])
        or (
            list(before[family]) == list(now[family])
            and all(_entry_grown(name, before[family], now[family]) for name in before[family])
        )
        for family in before
    )


def _entry_grown(name: str, before: Any, now: Any) -> bool:
    if name == "models":
        return _same(before[name], now[name]) or _values_added(before[name], now[name])
    return _same(before[name], now[name]) or _settings_grown(before[name], now[name])


def _settings_grown(before: Any, now: Any) -> bool:
    if not isinstance(before, dict) or not isinstance(now, dict) or list(before) != list(now):
        return False
    return all(_same(before[n], now[n]) or _values_added(before[n], now[n]) for n in before)
