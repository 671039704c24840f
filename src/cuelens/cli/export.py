"""`cuelens export`: write the images of any condition, for models in any framework."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cuelens.cli.console import progress_bar, say

__all__ = ["export"]


class ImageFormatName(StrEnum):
    """Ways to write images, by name."""

    png = "png"
    npz = "npz"
    safetensors = "safetensors"


def export(
    source: Annotated[
        str,
        typer.Argument(
            metavar="STUDY.yaml|RUN|FOLDER",
            help="A study file, the folder of its run, a data folder, or the word rendered.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="New, empty, or of the same export.")],
    data: Annotated[
        Path | None, typer.Option(help="Where the data set of a study file or run lies.")
    ] = None,
    conditions: Annotated[
        str | None,
        typer.Option(help="Such as saturation=8,shuffle=4; all of a study, the paper's else."),
    ] = None,
    form: Annotated[
        ImageFormatName,
        typer.Option("--format", help="png is rounded to 8 bits; the others are float32."),
    ] = ImageFormatName.png,
    limit: Annotated[
        int | None, typer.Option(help="Of a data folder: so many images, drawn by chance.", min=1)
    ] = None,
    seed: Annotated[int, typer.Option(help="Of a data folder: the draw seed.", min=0)] = 0,
) -> None:
    """Write images as a study shows them to its models, and manifest.csv with their ids.

    Answer them with any model, write id, condition and prediction (or probability_CLASS,
    logit_CLASS) into a CSV or Parquet file, and give it to `cuelens import`.

    Example: cuelens export runs/cifar10-quick --data data --out images --format npz
    """
    from cuelens.cli.conditions import PAPER, conditions_of
    from cuelens.study import ImageFormat, export_folder, export_study, plan_at

    plan, kind = plan_at(source), ImageFormat(form.value)
    with progress_bar() as progress:
        if plan is not None:
            names = None if conditions is None else [one.strip() for one in conditions.split(",")]
            done = export_study(
                plan, data_folder=data, out=out, conditions=names, form=kind, progress=progress
            )
        else:
            done = export_folder(
                source, conditions_of(conditions or PAPER), out=out, limit=limit, seed=seed,
                form=kind, progress=progress,
            )  # fmt: skip
    if kind is ImageFormat.png and not done.moved:
        say("8 bits a channel hold these images exactly.")
    elif kind is ImageFormat.png:
        say(
            f"8 bits a channel moved pixels by at most {done.moved:.5f} of their range (root mean "
            f"square {done.root_mean_square:.5f}): answers may differ where two classes are "
            "nearly even. Give --format npz for the exact float32 images."
        )
    say(f"{done.images:,} images")
    say(done.manifest.resolve())
