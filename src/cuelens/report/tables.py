"""A table and its four written forms: CSV, LaTeX, Markdown and JSON.

CSV and JSON hold the numbers in full; LaTeX, Markdown and the page show the same rows rounded, with
the interval beside each number. Text of any kind is escaped for each form.
"""

import json
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from cuelens.report import wording

__all__ = ["Table", "csv_text", "json_text", "latex_text", "markdown_text", "table_of"]


_KIND = ("quantity", "measure")


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table.

    Attributes:
        name: Of its files, without ending.
        caption: A sentence.
        frame: Numbers in full.
        header: Titles of the columns as shown.
        rows: Cells as shown, as many as there are titles.
        numeric: Which columns as shown hold numbers, aligned to the right.
    """

    name: str
    caption: str
    frame: pl.DataFrame
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]


def table_of(name: str, caption: str, frame: pl.DataFrame, *, share: bool | None = None) -> Table:
    """Return a table whose columns value, low and high are shown as one number and its interval.

    Args:
        name: Of its files.
        caption: A sentence.
        frame: Any columns; one named `bias` or `difference` counts as the value where there is
            none. Lists and nested values are shown as text.
        share: Whether values are shares; None to tell from a column `quantity` or `measure`.
    """
    main = next((c for c in ("value", "bias", "difference") if c in frame.columns), None)
    paired = main is not None and {"low", "high"} <= set(frame.columns)
    shown = [c for c in frame.columns if not (paired and c in ("low", "high"))]
    header: list[str] = []
    for column in shown:
        header.append(column.replace("_", " "))
        if paired and column == main:
            header.append("95 % interval")
    rows = []
    for row in frame.iter_rows(named=True):
        kind = next((row[c] for c in _KIND if c in row and row[c] is not None), "")
        rate = wording.is_share(str(kind)) if share is None else share
        cells: list[str] = []
        for column in shown:
            if paired and column == main:
                number = wording.points if main == "difference" else wording.quantity
                cells.append(number(row[column], share=rate))
                cells.append(wording.span(row["low"], row["high"], share=rate))
            elif column.endswith("_value") and isinstance(row[column], float):
                cells.append(wording.quantity(row[column], share=rate))
            else:
                cells.append(_cell(row[column]))
        rows.append(tuple(cells))
    numeric = []
    for column in shown:
        numeric.append(frame.schema[column].is_numeric())
        if paired and column == main:
            numeric.append(True)
    return Table(
        name=name,
        caption=caption,
        frame=frame,
        header=tuple(header),
        rows=tuple(rows),
        numeric=tuple(numeric),
    )


def _cell(value: object) -> str:
    """Return a cell as shown; nothing for a missing value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace("-", wording.MINUS)
    if isinstance(value, float):
        return wording.amount(value)
    return str(value)


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
    for character in "\\`*_[]|":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").split())


_PAGE = 45
"""Rows of a table on a page."""

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}",
    "\N{MINUS SIGN}": "$-$", "\N{MULTIPLICATION SIGN}": r"$\times$", "\N{EN DASH}": "--",
    "\N{EM DASH}": "---", "\N{NARROW NO-BREAK SPACE}": r"\,", "\N{NO-BREAK SPACE}": "~",
    "\N{LESS-THAN OR EQUAL TO}": r"$\le$", "\N{GREATER-THAN OR EQUAL TO}": r"$\ge$",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'", "\n": " ", "\t": " ", "[": "{[}", "]": "{]}",
}  # fmt: skip


def latex_text(table: Table) -> str:
    """Return the table for LaTeX with plain `tabular`s; needs no package.

    A table of more rows than a page holds becomes several, with its caption as a paragraph.
    """
    parts = [table.rows[start : start + _PAGE] for start in range(0, len(table.rows), _PAGE)] or [()]
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
    base = unicodedata.normalize("NFD", character)[0]
    # Accented Latin letters are in every LaTeX; other scripts are not.
    latin = base.isascii() and base.isalpha() and ord(character) < 0x180
    return character if latin else f"U+{ord(character):04X}"
