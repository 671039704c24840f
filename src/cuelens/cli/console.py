"""What the command line writes: results to standard output, everything else to standard error."""

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from fractions import Fraction
from typing import TYPE_CHECKING

import typer

from cuelens.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl

    from cuelens.study.progress import Progress

__all__ = ["cells", "fail", "progress_bar", "radius_of", "say", "table"]


def say(text: object) -> None:
    """Print a result."""
    typer.echo(str(text))


def fail(message: str, *, code: int) -> None:
    """Print an error and leave with an exit code."""
    typer.echo(f"Error: {message}" if code != 130 else message, err=True)
    sys.exit(code)


def radius_of(text: str) -> float:
    """Return a radius written as a number or a fraction, such as 8/255.

    Raises:
        ConfigError: If it is neither, or not positive.
    """
    try:
        radius = float(Fraction(text.replace(" ", "")))
    except (ValueError, ZeroDivisionError, OverflowError):
        radius = 0.0
    if radius <= 0:
        raise ConfigError(
            f"`--radius` must be a positive number or fraction, got {text!r}. Usual is 8/255."
        )
    return radius


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; the first column is left-aligned, numbers are right-aligned."""
    from rich.console import Console
    from rich.table import Table

    drawn = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        drawn.add_column(column, justify="left" if index == 0 else "right", no_wrap=index == 0)
    for row in rows:
        drawn.add_row(*row)
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    console.print(drawn)


def cells(summary: "pl.DataFrame", quantity: str) -> tuple[str, str]:
    """Return n and "value [low, high]" of one quantity of a summary; dashes where there is none."""
    rows = [row for row in summary.iter_rows(named=True) if row["quantity"] == quantity]
    if not rows or rows[0]["value"] is None:
        return "0", "-"
    row = rows[0]
    return f"{row['n']:,}", f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"


@contextmanager
def progress_bar() -> "Iterator[Progress]":
    """Yield a function that draws each stage as a bar with its share and time left.

    Where standard error is no terminal, each stage is a line every half minute and one when it
    ends, with its seconds. Warnings of the package are shown meanwhile.
    """
    logger, warnings = logging.getLogger("cuelens"), _Warnings()
    logger.addHandler(warnings)
    try:
        with _bars() if sys.stderr.isatty() else nullcontext(_Lines()) as tell:
            yield tell
    finally:
        logger.removeHandler(warnings)


class _Warnings(logging.Handler):
    """Shows what the package logs, between the lines of the progress."""

    def emit(self, record: logging.LogRecord) -> None:
        typer.echo(f"Warning: {record.getMessage()}", err=True)


@contextmanager
def _bars() -> "Iterator[Progress]":
    """Yield a function that draws bars in a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=Console(stderr=True),
    )
    tasks: dict[str, TaskID] = {}

    def tell(stage: str, done: int, total: int, note: str) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=total, note=note)
        bars.update(tasks[stage], completed=done, total=total, note=note)

    with bars:
        yield tell


class _Lines:
    """Progress for logs: one line a stage every half minute."""

    def __init__(self) -> None:
        import time

        self._clock = time.monotonic
        self._started: dict[str, float] = {}
        self._last = 0.0

    def __call__(self, stage: str, done: int, total: int, note: str) -> None:
        now = self._clock()
        begun = self._started.setdefault(stage, now)
        if done >= total or now - self._last >= 30:
            self._last = now
            typer.echo(f"{stage}: {done}/{total} {note} ({now - begun:.0f} s)", err=True)
