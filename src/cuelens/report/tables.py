"""A table: its numbers in full, and as they are shown, with the interval beside each number.

It knows how a cell is shown; how a table is written to a file is in `written`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from cuelens.report import wording

__all__ = ["Table", "table_of"]


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
        columns_of: Places of the columns that are one model's, and its name.
        paper: Places of the columns that a paper shows, in its order; all where empty.
    """

    name: str
    caption: str
    frame: pl.DataFrame
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    columns_of: Mapping[int, str] = field(default_factory=dict)
    paper: tuple[int, ...] = ()


def table_of(name: str, caption: str, frame: pl.DataFrame, *, share: bool | None = None) -> Table:
    """Return a table whose columns value, low and high are shown as one number and its interval.

    Args:
        name: Of its files.
        caption: A sentence.
        frame: Any columns; one named `bias`, `difference` or `kappa` counts as the value where
            there is none. Lists and nested values are shown as text.
        share: Whether values are shares; None to tell from a column `quantity`.
    """
    main = next((c for c in ("value", "bias", "difference", "kappa") if c in frame.columns), None)
    paired = main is not None and {"low", "high"} <= set(frame.columns)
    shown = [c for c in frame.columns if not (paired and c in ("low", "high"))]
    header: list[str] = []
    for column in shown:
        header.append(column.replace("_", " "))
        if paired and column == main:
            header.append("95 % interval")
    rows = []
    for row in frame.iter_rows(named=True):
        rate = wording.is_share(str(row.get("quantity"))) if share is None else share
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
