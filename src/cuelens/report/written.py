"""The written forms of a table: CSV, Markdown and JSON; LaTeX is in `latex`.

CSV and JSON hold the numbers in full; Markdown shows the same rows as the page. Text of any kind is
escaped for each form.
"""

import json
import math
from collections.abc import Sequence
from typing import Any

import polars as pl

from cuelens.report.tables import Table

__all__ = ["csv_text", "json_text", "markdown_text"]


def csv_text(table: Table) -> str:
    """Return the numbers in full as comma-separated values; nested values as JSON."""
    nested = [name for name, kind in table.frame.schema.items() if kind.is_nested()]
    frame = table.frame.with_columns(
        pl.Series(name, [json.dumps(_plain(value)) for value in table.frame[name].to_list()])
        for name in nested
    )
    return frame.write_csv()


def json_text(table: Table) -> str:
    """Return the numbers in full as JSON: name, caption, columns, rows; no NaN."""
    content = {
        "name": table.name,
        "caption": table.caption,
        "columns": table.frame.columns,
        "rows": [_plain(row) for row in table.frame.iter_rows(named=True)],
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold; numbers that are none become null."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | pl.Series):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def markdown_text(table: Table) -> str:
    """Return the table as GitHub's Markdown, its caption above it."""
    rule = ["--:" if number else ":--" for number in table.numeric]
    lines = [
        _markdown_row([_markdown(title) for title in table.header]),
        _markdown_row(rule),
        *(_markdown_row([_markdown(cell) for cell in row]) for row in table.rows),
    ]
    return f"{_markdown(table.caption)}\n\n" + "\n".join(lines) + "\n"


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown(text: str) -> str:
    for character in "\\`*_|":
        text = text.replace(character, f"\\{character}")
    text = text.replace("](", "]\\(")  # a link; brackets alone are intervals
    return " ".join(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").split())
