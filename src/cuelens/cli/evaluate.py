"""`cuelens evaluate`: accuracy and retention under each condition."""

from pathlib import Path
from typing import Annotated

import typer

from cuelens.cli.conditions import PAPER, conditions_of
from cuelens.cli.console import cells, progress_bar, say, table

__all__ = ["evaluate"]


def evaluate(
    models: Annotated[list[Path], typer.Argument(metavar="MODEL...", help="Model files.")],
    data: Annotated[str, typer.Option(help="As in `cuelens train`; the test split is used.")],
    conditions: Annotated[
        str, typer.Option(help="Such as saturation=8,shuffle=4,greyscale; the paper's if omitted.")
    ] = PAPER,
    out: Annotated[Path, typer.Option(help="Folder of the records.")] = Path("runs/evaluate"),
    limit: Annotated[
        int | None, typer.Option(help="Use so many images, drawn by chance.", min=1)
    ] = None,
    seed: Annotated[int, typer.Option(help="The draw seed of the conditions.", min=0)] = 0,
) -> None:
    """Print accuracy and retention of models under conditions that take a cue away.

    Example: cuelens evaluate standard.safetensors robust.safetensors --data data
    """
    from cuelens.study import evaluate_files

    chosen = conditions_of(conditions)
    with progress_bar() as progress:
        found = evaluate_files(
            models, chosen, data=data, out=out, limit=limit, seed=seed, progress=progress
        )
    table(
        "Share of images that are right, and of those right when clean that stay right",
        ("model", "condition", "n", "accuracy", "retention"),
        [
            (model, condition, *cells(part, "accuracy"), cells(part, "retention")[1])
            for (model, condition), part in found.group_by(
                "model", "condition", maintain_order=True
            )
        ],
    )
    say(out.resolve())
