"""`cuelens records`: rows of a run's records for other tools, and whether they are whole."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuelens.cli.console import say, table, warn
from cuelens.cli.output import current
from cuelens.errors import ConfigError

if TYPE_CHECKING:
    from cuelens.study import RunRecords

__all__ = ["records"]


class Format(StrEnum):
    """Kinds of files, by name."""

    csv = "csv"
    parquet = "parquet"


def records(
    run: Annotated[Path, typer.Argument(help="Folder of a study, an evaluation or an attack.")],
    table: Annotated[
        str | None, typer.Option(help="Such as predictions; if omitted, what tables there are.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(help="Only rows such as 'right == false'; several must all hold."),
    ] = None,
    format: Annotated[Format, typer.Option(help="Kind of file.")] = Format.csv,  # noqa: A002
    out: Annotated[Path | None, typer.Option(help="A file; standard output if omitted.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Read every part and name those that were altered.")
    ] = False,
) -> None:
    """Export rows of a run's records; parts that are damaged are named and left out.

    Comparisons are COLUMN OPERATOR VALUE with ==, !=, <, <=, > and >=, such as 'model == standard',
    'condition == saturation=8', 'level >= 8' or 'shape == null'.

    Example: cuelens records runs/demo --table predictions --where 'right == false' --out wrong.csv
    """
    from cuelens.study import RunRecords

    found = RunRecords.of(run)
    if check:
        _check(found)
    elif table is None:
        if where or out is not None:
            raise ConfigError(
                "`--table` must say of what rows are wanted, got none. "
                f"Name one of {', '.join(one.table for one in found.sizes())}."
            )
        _list(found)
    elif out is not None:
        found.write(out, table, where or (), form=format)
        say(out.resolve())
    elif format is Format.parquet:
        raise ConfigError(
            "`--out` must name the file for `--format parquet`, got none. "
            "Give one: --out rows.parquet."
        )
    elif current().as_json:
        raise ConfigError("`--json` has no rows, got `--table`. Leave it out: rows are CSV.")
    else:
        for piece in found.csv(table, where or ()):
            typer.echo(piece, nl=False)
    if table is not None and where:
        for sentence in found.without_rows(table, where):
            warn(sentence)
    if not check:
        for sentence in found.lost():
            warn(f"{sentence} Its rows are left out; the run's own command computes them anew.")


def _list(found: "RunRecords") -> None:
    rows = [
        (
            one.table,
            f"{one.parts:,}",
            "-" if one.rows is None else f"{one.rows:,}",
            str(one.damaged),
        )
        for one in found.sizes()
    ]
    sizes = map(asdict, found.sizes())
    table("Records", ("table", "parts", "rows", "damaged"), rows, data=sizes)


def _check(found: "RunRecords") -> None:
    whole, lost = found.check(), found.lost()
    for sentence in lost:
        say(sentence)
    say(f"{whole:,} parts are whole, {len(lost):,} are not.")
    if lost:
        raise typer.Exit(1)
