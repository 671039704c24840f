"""`cuelens study run`: repeat the paper's study on a data set."""

from pathlib import Path
from typing import Annotated

import typer

from cuelens.cli.console import progress_bar, say

__all__ = ["app"]

app = typer.Typer(help="Run a study that a file describes.", no_args_is_help=True)


@app.callback()
def study() -> None:
    """Run a study that a file describes."""


@app.command()
def run(
    file: Annotated[
        Path, typer.Argument(help="The study file, such as studies/cifar10-quick.yaml.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the run; go on there if it exists.")],
    data: Annotated[Path | None, typer.Option(help="Where the data set lies.")] = None,
) -> None:
    """Train the study's networks, evaluate them, judge its claims, and write the report.

    Killed at any moment, the same command goes on where it was.

    Example: cuelens study run studies/cifar10-quick.yaml --data data --out runs/cifar10-quick
    """
    from cuelens.report import report_of
    from cuelens.study import read_study, run_study

    with progress_bar() as progress:
        run_study(read_study(file), data_folder=data, out=out, progress=progress)
        path = report_of(out)
    say(path.resolve())


@app.command()
def schema() -> None:
    """Print the JSON Schema of study files, for editors.

    Example: cuelens study schema > study.schema.json
    """
    import json

    from cuelens.study import study_schema

    say(json.dumps(study_schema(), indent=2))
