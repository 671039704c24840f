"""`cuelens trace`: how the cue profile changes while networks learn."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuelens.cli.console import progress_bar, say, table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["trace"]


def trace(
    run: Annotated[Path, typer.Argument(help="Folder of the run, the `--out` of `study run`.")],
    data: Annotated[Path | None, typer.Option(help="Where the data set lies.")] = None,
    models: Annotated[
        str | None, typer.Option(help="Such as standard-0,pgd-linf-8-0; all if omitted.")
    ] = None,
    limit: Annotated[
        int, typer.Option(help="Use so many test images, drawn by chance.", min=1)
    ] = 2000,
) -> None:
    """Print the cue reliance of every kept checkpoint beside its accuracy on clean images.

    Checkpoints are the best and the last weights of each network, and those of each epoch where the
    study file says `keep: epochs`. Prints the path of trace.html last, which draws them: a curve a
    network. Its figures and its table lie beside it, in RUN/trace.

    Example: cuelens trace runs/cifar10 --data data --models standard-0,pgd-linf-8-0
    """
    from cuelens.report import write_trace
    from cuelens.study import trace_run
    from cuelens.study.trace import FOLDER

    names = None if models is None else [name.strip() for name in models.split(",")]
    with progress_bar() as progress:
        found = trace_run(run, data_folder=data, models=names, limit=limit, progress=progress)
    title = "Cue reliance while learning, with 95 % intervals"
    table(title, *_rows(found), name="trace", data=found.iter_rows(named=True))
    say(write_trace(found, run / FOLDER, title=run.resolve().name).resolve())


def _rows(found: "pl.DataFrame") -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return column names, and a row for each checkpoint."""
    families = found["family"].drop_nulls().unique(maintain_order=True).to_list()
    rows = []
    for (model, epoch, weights), part in found.group_by(
        "model", "epoch", "weights", maintain_order=True
    ):
        by_family = {row["family"]: row for row in part.iter_rows(named=True)}
        first = part.row(0, named=True)
        clean = _interval(first["accuracy"], first["accuracy_low"], first["accuracy_high"])
        reliances = (by_family.get(family) for family in families)
        shown = (
            "" if row is None or row["value"] is None
            else _interval(row["value"], row["low"], row["high"]) + ("!" if row["doubts"] else "")
            for row in reliances
        )  # fmt: skip
        rows.append((str(model), f"{epoch:g}", str(weights), f"{first['images']:,}", clean, *shown))
    return ("model", "epoch", "weights", "n", "clean accuracy", *families), rows


def _interval(value: float, low: float, high: float) -> str:
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"
