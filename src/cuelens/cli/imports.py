"""`cuelens import`: bring the answers of a model from outside into a run."""

from pathlib import Path
from typing import Annotated

import typer

from cuelens.cli.console import say, warn

__all__ = ["import_answers"]


def import_answers(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="PREDICTIONS...", help="CSV or Parquet files, one or several."),
    ],
    into: Annotated[Path, typer.Option(help="The `--out` folder of a study that was run.")],
    model: Annotated[str, typer.Option(help="Name of the model in every table.")],
    training_seed: Annotated[
        int | None, typer.Option(help="Of the model's training, where known.")
    ] = None,
) -> None:
    """Bring a model's answers into the records, the statistics and the report of a run.

    Columns: id and condition as in the manifest of `cuelens export` (the file's name is the
    condition where the column is left out), and prediction (class name or index), or
    probability_CLASS or logit_CLASS for each class. What predictions alone do not tell (ranks,
    loss, ties) is shown as not known.

    Example: cuelens import predictions.csv --into runs/cifar10-quick --model clip
    """
    from cuelens.report import report_of
    from cuelens.study import import_predictions

    done = import_predictions(files, into=into, model=model, training_seed=training_seed)
    say(
        f"{done.answers:,} answers of {done.model} under {len(done.conditions)} conditions"
        f"{'' if done.new else ', which were there already'}"
    )
    if done.without:
        warn(f"{done.without:,} images have no answer that is a class: they count as wrong.")
    if done.unanswered:
        warn(f"not answered under {', '.join(done.unanswered)}: not known there.")
    say(report_of(into).resolve())
