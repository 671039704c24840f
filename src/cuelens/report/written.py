"""The four written forms of a table: CSV, LaTeX, Markdown and JSON.

CSV and JSON hold the numbers in full; LaTeX and Markdown show the same rows as the page. Text of
any kind is escaped for each form.
"""

import json
import math
import unicodedata
from collections.abc import Sequence
from typing import Any

import polars as pl

from cuelens.report.tables import Table

__all__ = ["csv_text", "json_text", "latex_text", "markdown_text"]


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


_PAGE = 45
"""Rows of a table on a page."""

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "\N{MINUS SIGN}": "$-$", "\N{MULTIPLICATION SIGN}": r"$\times$", "\N{EN DASH}": "--",
    "\N{EM DASH}": "---", "\N{NARROW NO-BREAK SPACE}": r"\,", "\N{NO-BREAK SPACE}": "~",
    "\N{LESS-THAN OR EQUAL TO}": r"$\le$", "\N{GREATER-THAN OR EQUAL TO}": r"$\ge$",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'", "\n": " ", "\t": " ", "[": "{[}", "]": "{]}",
}  # fmt: skip


def latex_text(table: Table) -> str:
    """Return the table for LaTeX with plain `tabular`s; needs no package.

    A table of more rows than a page holds becomes several, with its caption as a paragraph.
    """
    parts = [table.rows[start : start + _PAGE] for start in range(0, len(table.rows), _PAGE)] or [
        ()
    ]
    caption = _latex(table.caption)
    if len(parts) == 1:
        return "\n".join(
            [r"\begin{table}", rf"\caption{{{caption}}}", r"\centering",
             *_tabular(table, parts[0]), r"\end{table}", ""]
        )  # fmt: skip
    lines = [rf"\par\noindent {caption}\par\bigskip"]
    for part in parts:
        lines += [r"\noindent", *_tabular(table, part), r"\par\bigskip"]
    return "\n".join([*lines, ""])


def _tabular(table: Table, rows: Sequence[Sequence[str]]) -> list[str]:
    columns = "".join("r" if number else "l" for number in table.numeric)
    return [
        rf"\begin{{tabular}}{{{columns}}}",
        r"\hline",
        _latex_row(table.header),
        r"\hline",
        *(_latex_row(row) for row in rows),
        r"\hline",
        r"\end{tabular}",
    ]


def _latex_row(cells: Sequence[str]) -> str:
    return f"{' & '.join(_latex(cell) for cell in cells)} \\\\"


def _latex(text: str) -> str:
    """Return text that LaTeX sets as it stands; what its plain fonts lack becomes its code."""
    return "".join(_LATEX.get(character) or _latex_letter(character) for character in text)


def _latex_letter(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() else " "
    # Latin letters are in every LaTeX; other scripts are not.
    latin = unicodedata.name(character, "").startswith("LATIN") and ord(character) < 0x180
    return character if latin else f"U+{ord(character):04X}"
