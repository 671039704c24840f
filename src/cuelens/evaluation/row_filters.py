"""Which rows of a table are meant: simple comparisons as people type them, `level >= 8`.

It knows columns and their types; it evaluates no text and knows no files.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

import polars as pl

from cuelens.errors import ConfigError

__all__ = ["RowFilter", "row_filter"]

_OPERATORS: Mapping[str, Callable[[Any, Any], pl.Expr]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_FORM = re.compile(r"\s*(\w+)\s*(==|!=|<=|>=|<|>)\s*(.*?)\s*", re.DOTALL)
_EXAMPLE = "Write it such as 'condition == saturation=8', 'level >= 8' or 'tie == true'."


@dataclass(frozen=True, kw_only=True, slots=True)
class RowFilter:
    """One comparison that rows must pass.

    Attributes:
        column: A column of the table.
        comparison: "==", "!=", "<=", ">=", "<" or ">".
        value: Of the column's type; None for rows without a value.
    """

    column: str
    comparison: str
    value: str | float | int | bool | None

    def expression(self) -> pl.Expr:
        """Return what polars filters by; a row without a value passes no comparison with one."""
        column = pl.col(self.column)
        if self.value is None:
            return column.is_null() if self.comparison == "==" else column.is_not_null()
        return _OPERATORS[self.comparison](column, self.value)


def row_filter(text: str, schema: Mapping[str, Any], *, option: str) -> RowFilter:
    """Return the comparison that a text names: column, operator, value.

    Args:
        text: Such as "condition == saturation=8" or "level == null". Quotation marks around a
            value are not part of it.
        schema: The columns that there are, with their types.
        option: Where the text was given, for messages.

    Raises:
        ConfigError: If it has another form, names no column, or its value is not of the column's
            type.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ConfigError(
            f"`{option}` must be COLUMN OPERATOR VALUE with one of {', '.join(_OPERATORS)}, got "
            f"{text!r}. {_EXAMPLE}"
        )
    column, comparison, written = found.groups()
    plain = {name: kind for name, kind in schema.items() if not kind.is_nested()}
    if column not in plain:
        near = get_close_matches(column, plain, n=1, cutoff=0.4)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConfigError(
            f"`{option}` must name one of the columns {', '.join(plain)}, got {column!r} in "
            f"{text!r}.{hint}"
        )
    value = _value(written, plain[column], text, option)
    ordered = plain[column].is_numeric() and value is not None
    if comparison not in ("==", "!=") and not ordered:
        raise ConfigError(
            f"`{option}` must compare {_named(plain[column], value)} by == or !=, got {text!r}. "
            "Only numbers are larger or smaller."
        )
    return RowFilter(column=column, comparison=comparison, value=value)


def _value(written: str, kind: Any, text: str, option: str) -> str | float | int | bool | None:
    """Return a value in the type of its column."""
    if written == "null":
        return None
    try:
        if kind == pl.Boolean:
            return {"true": True, "false": False}[written.lower()]
        if kind.is_integer():
            return int(written)
        if kind.is_float():
            return float(written) if written.lower() == "nan" else float(Fraction(written))
    except (ValueError, KeyError, ZeroDivisionError, OverflowError) as error:
        wanted = "true or false" if kind == pl.Boolean else "a whole number"
        wanted = "a number" if kind.is_float() else wanted
        raise ConfigError(
            f"`{option}` must compare with {wanted}, or null, got {written!r} in {text!r}. "
            f"{_EXAMPLE}"
        ) from error
    quoted = len(written) > 1 and written[0] == written[-1] and written[0] in "'\""
    return written[1:-1] if quoted else written


def _named(kind: Any, value: object) -> str:
    if value is None:
        return "null"
    return "true and false" if kind == pl.Boolean else "text"
