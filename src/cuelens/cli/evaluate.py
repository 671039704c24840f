"""`cuelens evaluate`: accuracy and retention under each condition."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cuelens.cli.answer_tables import print_answers, print_ranks
from cuelens.cli.conditions import PAPER, conditions_of
from cuelens.cli.console import cells, progress_bar, say, table, warn
from cuelens.cli.model_options import Arch, Classes, Models, PreprocessingText, stated_of
from cuelens.cli.profile_table import PROFILE_TITLE, profile_rows

__all__ = ["evaluate"]


class AggregationName(StrEnum):
    """Ways to put probabilities together, by name."""

    mean = "mean"
    sum = "sum"
    max = "max"


def evaluate(
    models: Models,
    data: Annotated[
        str,
        typer.Option(help="Where the images are: a folder, csv:FILE, hf:NAME, wds:SHARDS, a URL."),
    ],
    conditions: Annotated[
        str, typer.Option(help="Such as saturation=8,shuffle=4,greyscale; the paper's if omitted.")
    ] = PAPER,
    out: Annotated[Path, typer.Option(help="Folder of the records.")] = Path("runs/evaluate"),
    limit: Annotated[
        int | None, typer.Option(help="Use so many images, drawn by chance.", min=1)
    ] = None,
    seed: Annotated[int, typer.Option(help="The draw seed of the conditions.", min=0)] = 0,
    groups: Annotated[
        str | None,
        typer.Option(help="Answer in coarse classes: imagenet-16, or a YAML file of groups."),
    ] = None,
    aggregation: Annotated[
        AggregationName, typer.Option(help="How the probabilities of a group are put together.")
    ] = AggregationName.mean,
    arch: Arch = None,
    classes: Classes = None,
    preprocessing: PreprocessingText = None,
) -> None:
    """Print accuracy and retention of models under conditions that take a cue away.

    Where the conditions have their controls (saturation and contrast, shuffle and borders) it
    prints how much each model relies on the cue. On cue-conflict images
    (FOLDER/cat/cat7-elephant1.png) it prints the shape bias too.

    Example: cuelens evaluate standard.safetensors robust.safetensors --data data
    """
    from cuelens.study import Grouping, evaluate_files

    grouping = Grouping(groups=groups, aggregation=aggregation.value) if groups else None
    chosen = conditions_of(conditions)
    stated = stated_of(arch=arch, classes=classes, preprocessing=preprocessing)
    with progress_bar() as progress:
        found = evaluate_files(
            models, chosen, data=data, out=out, limit=limit, seed=seed, grouping=grouping,
            stated=stated, progress=progress,
        )  # fmt: skip
    table(
        "Share of images that are right, and of those right when clean that stay right",
        ("model", "condition", "n", "accuracy", "retention"),
        [
            (model, condition, *cells(part, "accuracy"), cells(part, "retention")[1])
            for (model, condition), part in found.summary.group_by(
                "model", "condition", maintain_order=True
            )
        ],
        name="summary",
        data=found.summary.iter_rows(named=True),
    )
    columns, rows = profile_rows(found.profile)
    if rows:
        profile = found.profile.iter_rows(named=True)
        table(PROFILE_TITLE, columns, rows, name="profile", data=profile)
    for check in found.checks:
        if check.raised and (rows or check.name == "near-chance"):
            warn(f"{check.name}: {check.sentence}")
    if len(found.answers):
        print_answers(found.answers)
        print_ranks(found.answers)
    for sentence in found.disagreements:
        say(sentence)
    say(out.resolve())
