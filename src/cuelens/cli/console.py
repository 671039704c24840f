"""What the command line writes: results to standard output, everything else to standard error."""

import logging
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

import typer

from cuelens.cli.output import current
from cuelens.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Group
    from rich.table import Table

__all__ = [
    "Telling",
    "cells",
    "duration",
    "fail",
    "note",
    "progress_bar",
    "radius_of",
    "result_rows",
    "say",
    "table",
    "warn",
]


def say(text: object) -> None:
    """Print a result."""
    if current().as_json:
        current().lines.append(str(text))
    else:
        typer.echo(str(text))


def note(text: str) -> None:
    """Print what a person may like to know, and no program."""
    if not current().quiet:
        typer.echo(text, err=True)


def warn(text: str) -> None:
    """Print what a person should know and that stops nothing."""
    current().warnings.append(text)
    typer.echo(f"Warning: {text}", err=True)


def fail(message: str, *, code: int) -> None:
    """Print an error and leave with an exit code."""
    typer.echo(f"Error: {message}" if code != 130 else message, err=True)
    sys.exit(code)


def radius_of(text: str, *, option: str = "--radius") -> float:
    """Return a radius written as a number or a fraction, such as 8/255.

    Args:
        text: As it was given.
        option: Where it was given.

    Raises:
        ConfigError: If it is neither, or not positive.
    """
    try:
        radius = float(Fraction(text.replace(" ", "")))
    except (ValueError, ZeroDivisionError, OverflowError):
        radius = 0.0
    if radius <= 0:
        raise ConfigError(
            f"`{option}` must be a positive number or fraction, got {text!r}. Usual is 8/255."
        )
    return radius


def table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    name: str | None = None,
    data: Iterable[Mapping[str, Any]] | None = None,
) -> None:
    """Print a table; columns of numbers are right-aligned.

    Args:
        title: Above it.
        columns: Their headings.
        rows: Their cells, as people read them.
        name: What programs find the table by in the document of `--json`.
        data: What they find in it, row by row, numbers as they are; the cells if None.
    """
    if current().as_json:
        cells = (dict(zip(columns, row, strict=True)) for row in rows)
        current().add_table(title, cells if data is None else data, name=name)
        return
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    console.print(_drawn(title, columns, rows))


def _drawn(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    # Names are data: `retention[saturation=8]` is no markup.
    drawn = Table(title=escape(title), title_justify="left")
    for index, column in enumerate(columns):
        text = not any(row[index][:1].isdigit() for row in rows)
        drawn.add_column(escape(column), justify="left" if text else "right", no_wrap=index == 0)
    for row in rows:
        drawn.add_row(*(escape(cell) for cell in row))
    return drawn


def duration(seconds: float | None) -> str:
    """Return a time in its largest fitting unit, such as "12 min"; "?" where it is not known."""
    if seconds is None:
        return "?"
    for unit, size in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.{0 if unit == 'min' else 1}f} {unit}"
    return f"{max(seconds, 0.0):.0f} s"


def result_rows(results: "pl.DataFrame") -> list[tuple[str, ...]]:
    """Return the rows of a table of robust accuracies: model, attack, n, share right, broken.

    Args:
        results: From `attack_results`.
    """
    from cuelens.study.outcomes.idle_members import fold_idle

    rows: list[tuple[str, ...]] = []
    for row in fold_idle(results, apart=["model"]).iter_rows(named=True):
        attack = row["suite"] if row["attack"] == "attacked" else f"{row['suite']}: {row['attack']}"
        right = f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
        broken = "" if row["broken"] is None else f"{row['broken']:,} of {row['attacked']:,}"
        broken = "none was left" if row["attacked"] == 0 else broken
        rows.append((row["model"], attack, f"{row['n']:,}", right, broken))
    return rows


def cells(summary: "pl.DataFrame", quantity: str) -> tuple[str, str]:
    """Return n and "value [low, high]" of one quantity of a summary; dashes where there is none."""
    rows = [row for row in summary.iter_rows(named=True) if row["quantity"] == quantity]
    if not rows or rows[0]["value"] is None:
        return "0", "-"
    row = rows[0]
    return f"{row['n']:,}", f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"


class Telling(Protocol):
    """Hears of progress and, now and then, of what has been found so far."""

    def __call__(self, stage: str, done: int, total: int, note: str) -> None:
        """Draw the progress of a stage."""
        ...

    def show(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Draw a table of what has been found so far, in place of the one before."""
        ...


@contextmanager
def progress_bar(*, shown: bool = True) -> Iterator[Telling]:
    """Yield what draws each stage as a bar with its share and time left, and a table below them.

    Where standard error is no terminal, each stage is a line every half minute and one when it
    ends, with its seconds and those left, and no table. Warnings of the package are shown
    meanwhile, with `--quiet` too.

    Args:
        shown: Whether anything is; not in processes that another one speaks for.
    """
    logger = logging.getLogger("cuelens")
    warnings = _Warnings() if shown else logging.NullHandler()  # without any, Python prints them
    level = logger.level
    logger.addHandler(warnings)
    logger.setLevel(logging.INFO if shown else logging.WARNING)
    try:
        if not shown or current().quiet:
            yield _Nothing()
            return
        with _bars() if sys.stderr.isatty() else nullcontext(_Lines()) as tell:
            yield tell
    finally:
        logger.setLevel(level)
        logger.removeHandler(warnings)


class _Warnings(logging.Handler):
    """Shows what the package logs, between the lines of the progress."""

    def emit(self, record: logging.LogRecord) -> None:
        show = warn if record.levelno >= logging.WARNING else note
        show(record.getMessage())


@contextmanager
def _bars() -> Iterator[Telling]:
    """Yield what draws bars, and a table below them, in a terminal."""
    from rich.console import Console
    from rich.live import Live

    bars = _Bars()
    with Live(get_renderable=bars.drawn, console=Console(stderr=True), transient=True):
        yield bars
    Console(stderr=True).print(bars.progress)


class _Bars:
    """Progress in a terminal: a bar a stage, and below them what has been found so far."""

    def __init__(self) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TaskID,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self.progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
        )
        self._tasks: dict[str, TaskID] = {}
        self._found: Table | None = None

    def __call__(self, stage: str, done: int, total: int, note: str) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self.progress.add_task(stage, total=total, note=note)
        self.progress.update(self._tasks[stage], completed=done, total=total, note=note)

    def show(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self._found = _drawn(title, columns, rows)

    def drawn(self) -> "Group":
        from rich.console import Group

        return Group(self.progress, *([] if self._found is None else [self._found]))


class _Nothing:
    """No progress at all."""

    def __call__(self, stage: str, done: int, total: int, note: str) -> None:
        """Tell nothing."""

    def show(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show nothing."""


class _Lines:
    """Progress for logs: one line a stage every half minute."""

    def __init__(self) -> None:
        import time

        self._clock = time.monotonic
        self._started: dict[str, tuple[float, int]] = {}
        self._reached: dict[str, int] = {}
        self._last = 0.0

    def __call__(self, stage: str, done: int, total: int, note: str) -> None:
        now = self._clock()
        if done < self._reached.get(stage, 0):  # other images are asked about under its name
            del self._started[stage]
        self._reached[stage] = done
        begun, before = self._started.setdefault(stage, (now, done))
        if done >= total or now - self._last >= 30:
            self._last = now
            seconds, speed = now - begun, (done - before) / max(now - begun, 1e-9)
            left = f", {(total - done) / speed:.0f} s left" if speed and done < total else ""
            typer.echo(f"{stage}: {done}/{total} {note} ({seconds:.0f} s{left})", err=True)

    def show(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show nothing: the table comes at the end."""
