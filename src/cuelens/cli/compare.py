"""`cuelens compare`: two runs side by side."""

from pathlib import Path
from typing import Annotated

import typer

from cuelens.cli.console import say, table
from cuelens.cli.output import current

__all__ = ["compare"]

_SHOWN = 20
"""Rows of the table; the page has all."""


def compare(
    run: Annotated[Path, typer.Argument(help="The `--out` folder of a run.")],
    baseline: Annotated[Path, typer.Argument(help="That of the run to compare it with.")],
    out: Annotated[Path, typer.Option(help="Folder of page, tables and figures.")] = Path(
        "runs/compare"
    ),
) -> None:
    """Compare two runs image by image: every quantity that both have, of every model of both.

    Prints the clearest differences and the path of compare.html last. Everything is exploratory;
    to hold a run against a rule, use `cuelens gate`.

    Example: cuelens compare runs/new runs/old
    """
    import polars as pl

    from cuelens.report import compare_report, headline_of, networks_of
    from cuelens.study import compare_runs

    found = compare_runs(run, baseline)
    page = compare_report(found, out)
    known = found.differences.filter(pl.col("difference") != 0).sort("p")
    rows = [
        (
            row["model"],
            row["quantity"],
            "\n".join([row["condition"], *(f"! {name}" for name in row["doubts"])]),
            f"{row['before']:.3f}",
            f"{row['now']:.3f}",
            f"{row['difference']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]",
            f"{row['n']:,}",
            f"{row['p_holm']:.2g}",
        )
        for row in known.iter_rows(named=True)
    ]
    columns = (
        "model", "quantity", "condition, and what doubts it", "baseline", "run", "difference",
        "n (either run)", "p (Holm)",
    )  # fmt: skip
    if rows or current().as_json:
        data = found.differences.iter_rows(named=True)
        table("Clearest differences", columns, rows[:_SHOWN], name="differences", data=data)
    say(networks_of(found))
    say(headline_of(found))
    say(page.resolve())
