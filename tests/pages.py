"""The programs of the pages of docs/."""

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

DOCS = Path(__file__).parents[1] / "docs"
_BLOCK = re.compile(r"^```python[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)


def programs_of(page: str) -> list[str]:
    """Return the programs that a page shows, in order."""
    return _BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))


def run_program(text: str, page: str, given: dict[str, Any]) -> dict[str, Any]:
    """Run a program of a page and return its names."""
    exec(compile(text, page, "exec"), given)  # noqa: S102 - our own page
    return given


def publish(page: str, patch: pytest.MonkeyPatch, *places: ModuleType) -> type:
    """Return the class of an extension's page, put where the page puts it; its own tests passed."""
    module, test = programs_of(page)
    made = run_program(module, page, {"__name__": page})
    (name,) = made["__all__"]
    for place in places:
        patch.setattr(place, name, made[name], raising=False)
    tests = run_program(test, page, {})
    found = [value for key, value in tests.items() if key.startswith("test_")]
    assert len(found) >= 2
    for each in found:
        each()
    return made[name]
