"""`cuelens study run`: repeat the paper's study on a data set."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from cuelens.cli.console import progress_bar, say, table

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


@app.command()
def power(
    file: Annotated[
        Path, typer.Argument(help="The study file, such as studies/cifar10-quick.yaml.")
    ],
    run: Annotated[
        Path | None, typer.Option("--from", help="A run whose records tell how much images differ.")
    ] = None,
    images: Annotated[
        int, typer.Option(help="On how many images recipes are compared, for the seeds.", min=2)
    ] = 10_000,
    clean: Annotated[float, typer.Option(help="Assumed accuracy on clean images.")] = 0.8,
    retention: Annotated[float, typer.Option(help="Assumed retention of the standard one.")] = 0.6,
    correlation: Annotated[
        float, typer.Option(help="Assumed correlation of two models on the same image.")
    ] = 0.2,
    seed_spread: Annotated[
        float, typer.Option(help="Assumed standard deviation over training seeds.")
    ] = 0.01,
) -> None:
    """Print how many images, and how many training seeds, decide each claim of a study file.

    Example: cuelens study power studies/cifar10-quick.yaml --from runs/cifar10-quick
    """
    from cuelens.study import Assumptions, power_table, read_study

    assumed = Assumptions(
        clean=clean, retention=retention, correlation=correlation, seed_spread=seed_spread
    )
    found = power_table(read_study(file), assumed=assumed, run=run, images=images)
    title = (
        "Images, one network each, and training seeds of each recipe, that decide a claim with a "
        f"probability of 80 and of 90 % (seeds: on {images:,} images)"
    )
    columns = ("claim", "true effect", "images 80 %", "90 %", "seeds 80 %", "90 %", "spread",
               "correlation", "basis")  # fmt: skip
    table(title, columns, [_power_row(row) for row in found.iter_rows(named=True)])
    say(
        "Both comparisons of a claim must pass the margin, at Holm's strictest level "
        f"({0.025 / max(1, found['claim'].n_unique()):.4f} one-sided). Assumed where no run tells: "
        + ", ".join(
            f"{name.replace('_', ' ')} {value:g}" for name, value in asdict(assumed).items()
        )
        + "."
    )


def _power_row(row: dict[str, Any]) -> tuple[str, ...]:
    counts = ("images_80", "images_90", "seeds_80", "seeds_90")
    return (
        row["claim"],
        f"{row['effect']:+.3f} ({row['times_margin']:g} x margin)",
        *("none" if row[name] is None else f"{row[name]:,}" for name in counts),
        f"{row['spread']:.3f}",
        f"{row['correlation']:.2f}",
        row["basis"],
    )
