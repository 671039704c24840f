"""What a verb prints, kept apart from how: text for people, or one JSON document for programs.

`docs/use/command-line.md` describes the document. It knows nothing of what the tables hold.
"""

import dataclasses
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["Output", "current", "printing"]


@dataclasses.dataclass(kw_only=True, slots=True)
class Output:
    """How the verb that runs prints, and what it has printed when that is one document.

    Attributes:
        as_json: Everything is kept for one JSON document on standard output.
        quiet: No progress and no notes; results, warnings and errors stay.
        tables: Name, title and rows of each table, in order.
        lines: What stands on lines of its own, such as paths, the main one last.
        warnings: What doubts the numbers.
    """

    as_json: bool = False
    quiet: bool = False
    tables: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    lines: list[str] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)

    def add_table(self, title: str, rows: Iterable[Mapping[str, Any]], *, name: str | None) -> None:
        """Keep a table.

        Args:
            title: As people read it.
            rows: Each a value by its column.
            name: What programs look for; made of the title's first words if None.
        """
        words = re.findall(r"[a-z0-9]+", re.split(r"[,:;(]", title.lower())[0])
        plain = [{column: _plain(value) for column, value in row.items()} for row in rows]
        self.tables.append({"name": name or "-".join(words), "title": title, "rows": plain})

    def document(self) -> str:
        """Return everything that was kept, as JSON."""
        from cuelens import __version__

        kept = {
            "cuelens": __version__,
            "tables": self.tables,
            "lines": self.lines,
            "warnings": self.warnings,
        }
        return json.dumps(kept, indent=1, ensure_ascii=False, allow_nan=False)


def _plain(value: object) -> object:
    """Return a value as JSON has it: numbers that are not finite are not known."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value)


_CURRENT: ContextVar[Output | None] = ContextVar("cuelens-output", default=None)


def current() -> Output:
    """Return how the verb that runs prints; as text where none does."""
    return _CURRENT.get() or Output()


@contextmanager
def printing(output: Output) -> Iterator[None]:
    """Let everything be printed so meanwhile."""
    token = _CURRENT.set(output)
    try:
        yield
    finally:
        _CURRENT.reset(token)
