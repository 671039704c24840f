"""`cuelens train`: train one network."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cuelens.cli.console import progress_bar, radius_of, say
from cuelens.errors import ConfigError

__all__ = ["train"]


class RecipeName(StrEnum):
    """Recipes by name."""

    standard = "standard"
    pgd_linf = "pgd-linf"
    pgd_l2 = "pgd-l2"


def train(
    data: Annotated[
        str, typer.Option(help="Folder of CIFAR-10 or of train/validation/test, or `rendered`.")
    ],
    out: Annotated[
        Path, typer.Option(help="The model file to write; checkpoints stand beside it.")
    ],
    recipe: Annotated[RecipeName, typer.Option(help="How to train.")] = RecipeName.standard,
    network: Annotated[str, typer.Option(help="small-resnet or resnet18.")] = "small-resnet",
    epochs: Annotated[int | None, typer.Option(help="Passes over the images.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a step; 128 if omitted.")] = None,
    radius: Annotated[
        str | None, typer.Option(help="Of the ball, in units of the pixel range, such as 8/255.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The training seed.", min=0)] = 0,
) -> None:
    """Train a standard or an adversarial network.

    Killed at any moment, the same command goes on where it was.

    Example: cuelens train --recipe pgd-linf --radius 8/255 --data data --out robust.safetensors
    """
    from cuelens import training
    from cuelens.study import train_file

    settings: dict[str, Any] = {}
    if epochs is not None:
        settings["epochs"] = epochs
    if radius is not None:
        if recipe is RecipeName.standard:
            raise ConfigError(
                "`--radius` needs a recipe that attacks, got standard. Give `--recipe pgd-linf`."
            )
        settings["radius"] = radius_of(radius)
    make = {
        RecipeName.standard: training.standard,
        RecipeName.pgd_linf: training.pgd_linf,
        RecipeName.pgd_l2: training.pgd_l2,
    }[recipe]
    chosen = make(**settings)
    if batch_size is not None:
        chosen = replace(chosen, batch_size=batch_size)
    with progress_bar() as progress:
        card = train_file(out, network, chosen, data=data, seed=seed, progress=progress)
    say(f"validation accuracy {card.training['validation_accuracy']:.3f}")
    say(out.resolve())
