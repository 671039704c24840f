"""The exception tree is the one that its docstring draws."""

import builtins
import re

import pytest

from cuelens import errors

ERRORS = [name for name in errors.__all__ if name.endswith("Error")]
LINE = re.compile(
    r"^(?P<indent>[│ ]*)(?:[├└]── )?(?P<name>[A-Z]\w+Error)(?:.*also an? (?P<builtin>\w+))?"
)


def drawn() -> dict[str, tuple[str | None, str | None]]:
    """Return each drawn class with its parent and the builtin that it refines."""
    out: dict[str, tuple[str | None, str | None]] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = LINE.match(line)
        if match is None:
            continue
        depth = 0 if match["name"] == "CuelensError" else 1 + len(match["indent"]) // 4
        path = [*path[:depth], match["name"]]
        out[match["name"]] = (path[-2] if depth else None, match["builtin"])
    return out


def test_the_docstring_draws_every_exported_class_and_no_other():
    assert set(drawn()) == set(ERRORS)


@pytest.mark.parametrize("name", ERRORS)
def test_each_class_stands_where_the_docstring_draws_it(name):
    parent, builtin = drawn()[name]
    bases = getattr(errors, name).__bases__
    expected = [getattr(errors, parent) if parent else Exception]
    if builtin is not None:
        expected.append(getattr(builtins, builtin))
    assert list(bases) == expected


@pytest.mark.parametrize("name", [name for name in ERRORS if name != "CuelensError"])
def test_each_class_refines_a_builtin_and_is_caught_as_ours(name):
    kind = getattr(errors, name)
    assert issubclass(kind, errors.CuelensError)
    assert drawn()[name][1] is not None
    assert str(kind("expected, got, remedy")) == "expected, got, remedy"
