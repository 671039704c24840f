"""`cuelens selfcheck`: whether numbers come out on this machine as they must."""

from pathlib import Path
from typing import Annotated

import typer

from cuelens.cli.console import progress_bar, say, table

__all__ = ["selfcheck"]


def selfcheck(
    out: Annotated[
        Path | None,
        typer.Option(help="A file for the certificate, or a run's folder, whose report shows it."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of published data; what is there is checked too.", envvar="CUELENS_DATA"
        ),
    ] = None,
) -> None:
    """Check closed forms, published numbers and bit-identity on this machine, in under a minute.

    Needs no data. Exit code 1: something came out wrong, so do not trust numbers made here.

    Example: cuelens selfcheck --out runs/cifar10-quick
    """
    from cuelens.study import selfcheck as check

    with progress_bar() as progress:
        found = check(
            data=data,
            out=out,
            tell=lambda done, total, name: progress("selfcheck", done, total, name),
        )
    rows = [
        (one.name, one.expected, one.got, "passed" if one.passed else "FAILED")
        for one in found.oracles
    ]
    oracles = (
        {"oracle": one.name, "expected": one.expected, "got": one.got, "passed": one.passed}
        for one in found.oracles
    )
    table("Oracles", ("oracle", "expected", "got", ""), rows, data=oracles)
    kept = {"checked": found.created} | found.machine | found.versions
    table("This machine", ("what", "value"), [*kept.items()])
    say(found.sentence)
    if out is not None:
        say(found.write(out).resolve())
    if not found.passed:
        raise typer.Exit(1)
