"""A table for LaTeX, narrow enough for a paper: plain `tabular`s that need no package.

It knows how wide Computer Modern sets text, and so which columns go side by side; which numbers
stand in a table is in `tables`.
"""

import string
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from cuelens.report.tables import Table

__all__ = ["latex_text"]

NARROW = 225.0
"""Points: a column of a two-column article is 229.5 wide."""
WIDE = 340.0
"""Points: the text of a one-column article is 345 wide, that of a two-column one wider."""

_LINES = 45
"""Rows of tables on a page."""
_HEAD = 4
"""Rows that a head is as high as."""
_FLOATS = 8
"""LaTeX holds few floats back: so many parts of a table are set before the next."""
_LONG = 28
"""Characters beyond which a text leaves its cell for a note."""
_NOTES = 1500
"""Characters of notes that stand in the float; more stand behind it as paragraphs."""

_SIZE = 8.0
_SEPARATION = 6.0
_WIDTHS = {
    **dict.fromkeys(string.ascii_uppercase, 0.78),
    **dict.fromkeys("iljI.,:;'|!()[]/", 0.36),
    **dict.fromkeys("mwMW%&", 0.95),
    **dict.fromkeys("\N{MINUS SIGN}\N{MULTIPLICATION SIGN}<>+=_", 0.8),
    "\N{NARROW NO-BREAK SPACE}": 0.17, " ": 0.35,
}  # fmt: skip
"""Of a character, in parts of the size; 0.54 of any other."""

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "\N{MINUS SIGN}": "$-$", "\N{MULTIPLICATION SIGN}": r"$\times$", "\N{EN DASH}": "--",
    "\N{EM DASH}": "---", "\N{NARROW NO-BREAK SPACE}": r"\,", "\N{NO-BREAK SPACE}": "~",
    "\N{LESS-THAN OR EQUAL TO}": r"$\le$", "\N{GREATER-THAN OR EQUAL TO}": r"$\ge$",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'", "\n": " ", "\t": " ", "[": "{[}", "]": "{]}",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class _Column:
    """A column as a paper has it."""

    title: str
    cells: tuple[str, ...]
    numeric: bool

    @property
    def width(self) -> float:
        """In points, its gap included."""
        titles = (_width(line) for line in _stacked(self.title))
        return max(*titles, *map(_width, self.cells), 0.0) + _SEPARATION


def latex_text(table: Table) -> str:
    r"""Return the table for LaTeX with plain `tabular`s; needs no package.

    What is wider than a column of a two-column paper is a `table*`; what is wider still is split,
    its first columns repeated. A column that says the same in every row goes into the caption, a
    sentence in a cell becomes a note below. A table of more rows than a page holds is continued.
    """
    columns, same = _without_constants(_columns(table))
    caption = " ".join([table.caption, *same])
    blocks, notes = _fitting(columns)
    height = max(_LINES // len(blocks) - _HEAD, _HEAD)
    starts = range(0, max(len(table.rows), 1), height)
    width = max((sum(one.width for one in block) for block in blocks), default=0.0)
    kind = "table" if width <= NARROW else "table*"
    behind = sum(map(len, notes)) > _NOTES or len(starts) > 1
    lines: list[str] = []
    for place, start in enumerate(starts):
        told = rf"\caption{{{_latex(caption)}}}" if not place else r"\par (continued)\par\medskip"
        below = [] if behind else _noted(notes)
        lines += [rf"\begin{{{kind}}}", told, r"\centering\footnotesize\setlength{\tabcolsep}{3pt}"]
        for number, block in enumerate(blocks):
            lines += [r"\par\medskip"] if number else []
            lines += _tabular(block, slice(start, start + height))
        lines += [*below, rf"\end{{{kind}}}"]
        if place % _FLOATS == _FLOATS - 1 and len(starts) > _FLOATS:
            lines.append(r"\clearpage")
    return "\n".join([*lines, *(_noted(notes) if behind else []), ""])


def _columns(table: Table) -> list[_Column]:
    return [
        _Column(
            title=table.header[place],
            cells=tuple(row[place] for row in table.rows),
            numeric=table.numeric[place],
        )
        for place in table.paper or range(len(table.header))
    ]


def _without_constants(columns: Sequence[_Column]) -> tuple[list[_Column], list[str]]:
    """Return the columns that differ from row to row, and a sentence on each other one."""
    kept, same = [], []
    for column in columns:
        values = set(column.cells)
        if len(column.cells) < 2 or len(values) > 1 or (column.numeric and values != {""}):
            kept.append(column)
        elif values != {""}:
            same.append(f"{column.title[:1].upper()}{column.title[1:]}: {column.cells[0]}.")
    return kept or list(columns), same if kept else []


def _fitting(columns: Sequence[_Column]) -> tuple[list[list[_Column]], list[str]]:
    """Return the columns of each part that fits, and the notes that its cells point to."""
    short, notes = _with_notes(columns)
    if sum(one.width for one in short) <= WIDE:
        return [short], notes
    keys = _keys(short)
    rest = short[len(keys) :]
    if not keys or sum(one.width for one in keys) > WIDE / 2:  # rows are numbered instead
        numbers = tuple(str(place) for place in range(1, len(columns[0].cells) + 1))
        keys, rest = [_Column(title="row", cells=numbers, numeric=True)], short
    blocks, block = [], list(keys)
    for column in rest:
        if len(block) > len(keys) and sum(one.width for one in block) + column.width > WIDE:
            blocks.append(block)
            block = list(keys)
        block.append(column)
    return [*blocks, block], notes


def _keys(columns: Sequence[_Column]) -> list[_Column]:
    """Return the leading columns of text, which name a row and stand in every part of a table."""
    return list(takewhile(lambda one: not one.numeric, columns[:-1]))


def _with_notes(columns: Sequence[_Column]) -> tuple[list[_Column], list[str]]:
    """Return the columns with a number for each long text, and the texts, each once."""
    notes: list[str] = []
    found = []
    for column in columns:
        if column.numeric or max(map(len, column.cells), default=0) <= _LONG:
            found.append(column)
            continue
        cells = []
        for cell in column.cells:
            if cell and cell not in notes:
                notes.append(cell)
            cells.append(f"({notes.index(cell) + 1})" if cell else "")
        found.append(_Column(title=column.title, cells=tuple(cells), numeric=False))
    return found, notes


def _noted(notes: Sequence[str]) -> list[str]:
    if not notes:
        return []
    told = [rf"({place}) {_latex(note)}\par" for place, note in enumerate(notes, start=1)]
    return [r"\par\medskip{\footnotesize\raggedright", *told, "}"]


def _tabular(columns: Sequence[_Column], rows: slice) -> list[str]:
    kinds = "".join("r" if one.numeric else "l" for one in columns)
    cells = zip(*(one.cells[rows] for one in columns), strict=True)
    return [
        rf"\begin{{tabular}}{{@{{}}{kinds}@{{}}}}",
        r"\hline",
        rf"{' & '.join(_head(one) for one in columns)} \\",
        r"\hline",
        *(rf"{' & '.join(map(_latex, row))} \\" for row in cells),
        r"\hline",
        r"\end{tabular}",
    ]


def _head(column: _Column) -> str:
    lines = _stacked(column.title)
    if len(lines) == 1:
        return _latex(column.title)
    side, body = "r" if column.numeric else "l", r"\\".join(map(_latex, lines))
    return rf"\begin{{tabular}}[b]{{@{{}}{side}@{{}}}}{body}\end{{tabular}}"


def _stacked(title: str) -> tuple[str, ...]:
    """Return a title in one line or, from 13 characters on, in two or three, none of them long."""
    lines: list[str] = []
    for word in title.split():
        if lines and len(lines[-1]) + len(word) < 13:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines) or ("",)


def _width(text: str) -> float:
    """Return how wide a text is set at 8 points, in points, seldom too little."""
    return _SIZE * sum(
        _WIDTHS.get(character, 0.54) * (1 if character in _LATEX else len(_latex_letter(character)))
        for character in text
    )


def _latex(text: str) -> str:
    """Return text that LaTeX sets as it stands; what its plain fonts lack becomes its code."""
    return "".join(_LATEX.get(character) or _latex_letter(character) for character in text)


def _latex_letter(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() else " "
    # Latin letters are in every LaTeX; other scripts are not.
    latin = unicodedata.name(character, "").startswith("LATIN") and ord(character) < 0x180
    return character if latin else f"U+{ord(character):04X}"
