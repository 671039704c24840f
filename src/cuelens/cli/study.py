"""`cuelens study run`: repeat the paper's study on a data set."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuelens.cli.console import duration, note, progress_bar, say, table, warn
from cuelens.cli.verbs import Verbs
from cuelens.cli.verdicts import say_verdicts

if TYPE_CHECKING:
    from cuelens.study import Status

__all__ = ["app"]

_POWER_COLUMNS = """\
true effect: the difference, first role minus second, that is taken for true
images 80 %, 90 %: test images on which the claim comes out for so often; none: its margin is 0
seeds 80 %, 90 %: trainings of each recipe that do, at least 5; none: no number is enough
spread: standard error of the difference over images, times the root of their number
correlation: of what the same image adds to either model's number; the higher, the fewer images
basis: where spread and correlation come from: assumptions, or the records of the run in --from\
"""
"""What the columns of the power table are, for below it."""

app = Verbs(help="Run a study that a file describes.", no_args_is_help=True)


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
    memory: Annotated[
        float | None,
        typer.Option(help="Gigabytes of models on the device at once; more take turns.", min=0.001),
    ] = None,
    retrain: Annotated[
        bool, typer.Option("--retrain", help="Train also the networks that come with cuelens.")
    ] = False,
) -> None:
    """Train the study's networks, evaluate them, judge its claims, and write the report.

    Prints the verdict on each claim, as the report states it, and the report's path last.
    Killed at any moment, the same command goes on where it was. Started several times at once, by
    torchrun, by srun or by hand, the processes share the work.

    Example: cuelens study run studies/cifar10-quick.yaml --data data --out runs/cifar10-quick
    Example: torchrun --nproc-per-node 2 -m cuelens study run FILE --out FOLDER
    """
    from cuelens.report import report_study
    from cuelens.study import meet, read_study, run_study

    plan = read_study(file)
    rank = meet(out)
    with progress_bar(shown=rank.first) as progress:
        work = partial(
            run_study,
            plan,
            data_folder=data,
            out=out,
            progress=progress,
            device=rank.device,
            memory=None if memory is None else int(memory * 1e9),
            retrain=retrain,
        )
        path, worked = report_study(out, work)
    if rank.first and not worked:
        note("Nothing was left to do.")
    if rank.first:
        say_verdicts(out)
        say(path.resolve())


@app.command()
def status(
    run: Annotated[Path, typer.Argument(help="Folder of the run, the `--out` of `study run`.")],
    study: Annotated[
        Path | None, typer.Option(help="The study file, for a run that was never started.")
    ] = None,
    each: Annotated[
        bool, typer.Option("--each", help="A row for each condition, attack and method.")
    ] = False,
) -> None:
    """Print what of a study is done, what is left, and for how long.

    It only reads the run's folder: ask while the study runs, or after. Times are those of what was
    done already, on the machines that did it.

    Example: cuelens study status runs/cifar10-quick
    """
    from cuelens.study import read_study, study_status

    found = study_status(run, None if study is None else read_study(study))
    columns = ("stage", "model", "what", "done", "of", "left")
    rows = _each(found) if each else _stages(found)
    table(f"Study {found.name}", columns, rows, name="status", data=_data(found))
    for sentence in found.lost:
        warn(f"{sentence} The next run makes it anew.")
    if found.there:
        say(found.there)
    say(_end(found))


def _stages(found: "Status") -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for stage in found.stages:
        totals = [one.total for one in stage.work]
        total = None if None in totals else sum(filter(None, totals))
        done = f"{sum(one.done for one in stage.work):,}"
        what = f"{len(stage.work) - len(stage.left)} of {len(stage.work)} whole"
        of = _counted(total, stage.work[0].unit)
        rows.append((stage.stage, stage.model, what, done, of, duration(stage.seconds_left)))
    return rows


def _counted(total: int | None, unit: str) -> str:
    """Return an amount with its unit, "1 file" and "2 files"; "?" where it is not known."""
    number = "?" if total is None else f"{total:,}"
    return f"{number} {unit.removesuffix('s') if total == 1 else unit}"


def _each(found: "Status") -> list[tuple[str, ...]]:
    return [
        (
            one.stage,
            one.model,
            one.what,
            f"{one.done:,}",
            _counted(one.total, one.unit),
            "" if one.finished else "to do",
        )
        for stage in found.stages
        for one in stage.work
    ]


def _data(found: "Status") -> Iterator[dict[str, Any]]:
    """Return each piece of work, for programs."""
    for stage in found.stages:
        for one in stage.work:
            yield asdict(one) | {"seconds_left_of_stage": stage.seconds_left}


def _end(found: "Status") -> str:
    """Return where the run stands, as a sentence."""
    if found.finished:
        return "Finished: nothing is left."
    if found.written is None:
        return "Nothing was computed yet."
    last = f"Last written {duration(time.time() - found.written)} ago."
    if found.seconds_left is None:
        least = found.least_seconds_left
        begun = f" At least {duration(least)} left;" if least else ""
        rest = "how long the rest takes is known when something of each stage is done."
        return f"{last}{begun} {rest if begun else rest.capitalize()}"
    return f"{last} About {duration(found.seconds_left)} left for one process."


@app.command(json=False)
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
    from cuelens.study import Assumptions, power_table, read_study, unplayed_roles

    assumed = Assumptions(
        clean=clean, retention=retention, correlation=correlation, seed_spread=seed_spread
    )
    plan = read_study(file)
    for sentence in unplayed_roles(plan):
        warn(sentence)
    found = power_table(plan, assumed=assumed, run=run, images=images)
    if not plan.claims:
        note("This study states no claim: there is nothing to decide.")
    title = (
        "Images, one network each, and training seeds of each recipe, that decide a claim with a "
        f"probability of 80 and of 90 % (seeds: on {images:,} images)"
    )
    columns = ("claim", "true effect", "images 80 %", "90 %", "seeds 80 %", "90 %", "spread",
               "correlation", "basis")  # fmt: skip
    rows = [_power_row(row) for row in found.iter_rows(named=True)]
    table(title, columns, rows, name="power", data=found.iter_rows(named=True))
    if not plan.claims:
        return
    for line in _POWER_COLUMNS.splitlines():
        say(line)
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
