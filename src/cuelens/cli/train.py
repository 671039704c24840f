"""`cuelens train`: train one network."""

import inspect
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
    underfit = "underfit"
    pgd_linf = "pgd-linf"
    pgd_l2 = "pgd-l2"
    alternating = "alternating"
    fgsm = "fgsm"
    free = "free"
    trades = "trades"
    stadv = "stadv"
    gaussian = "gaussian"
    stylised = "stylised"
    low_pass = "low-pass"  # noqa: S105 - a filter


def train(
    data: Annotated[
        str, typer.Option(help="Folder of CIFAR-10 or of train/validation/test, or `rendered`.")
    ],
    out: Annotated[
        Path, typer.Option(help="The model file to write; checkpoints stand beside it.")
    ],
    recipe: Annotated[RecipeName, typer.Option(help="How to train.")] = RecipeName.standard,
    network: Annotated[
        str,
        typer.Option(
            help="small-resnet, resnet18; resnet10-64 for 64 px; for 128 px and more "
            "resnet18-224 or efficientnet-lite0."
        ),
    ] = "small-resnet",
    epochs: Annotated[int | None, typer.Option(help="Passes over the images.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a step; 128 if omitted.")] = None,
    radius: Annotated[
        str | None,
        typer.Option(
            help="Of the ball, in units of the pixel range, such as 8/255; of stadv, in pixels."
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Of the attack in training.")] = None,
    beta: Annotated[float | None, typer.Option(help="Of trades.")] = None,
    replays: Annotated[int | None, typer.Option(help="Of free: steps a batch.")] = None,
    deviation: Annotated[
        float | None, typer.Option(help="Of gaussian, in units of the pixel range.")
    ] = None,
    cutoff: Annotated[float | None, typer.Option(help="Of low-pass, in cycles per image.")] = None,
    stop_at_accuracy: Annotated[
        float | None, typer.Option(help="Of underfit: the validation accuracy to stop at, a share.")
    ] = None,
    working_size: Annotated[
        int | None, typer.Option(help="Of stylised: side in pixels at which images are painted.")
    ] = None,
    from_file: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Whose weights training begins with: a model file, cuelens://... or package:NAME.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The training seed.", min=0)] = 0,
    half: Annotated[bool, typer.Option("--half", help="Write half precision.")] = False,
    micro_batch: Annotated[
        int | None, typer.Option(help="At most so many images at once; gradients are added up.")
    ] = None,
) -> None:
    """Train a standard, an adversarial or a control network.

    Killed at any moment, the same command goes on where it was, also on another number of
    processes: started by torchrun, each learns from its share of every batch. Beside the model file
    stand its card, as a page to read, and the weights of the last epoch with theirs.

    Example: cuelens train --recipe pgd-linf --radius 8/255 --data data --out robust.safetensors
    Example: torchrun --nproc-per-node 2 -m cuelens train --data data --out standard.safetensors
    """
    from cuelens.study import train_file
    from cuelens.study.plan.recipe_form import RECIPES
    from cuelens.training import meet_team

    given = {
        "epochs": epochs,
        "radius": None if radius is None else radius_of(radius),
        "steps": steps,
        "beta": beta,
        "replays": replays,
        "deviation": deviation,
        "cutoff": cutoff,
        "stop_at_accuracy": stop_at_accuracy,
        "working_size": working_size,
    }
    make = RECIPES[recipe.name]
    settings: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    known = inspect.signature(make).parameters
    for name in settings:
        if name not in known:
            raise ConfigError(_not_of(recipe, name, [other for other in given if other in known]))
    chosen = make(**settings)
    if batch_size is not None:
        chosen = replace(chosen, batch_size=batch_size)
    if from_file is not None:
        chosen = replace(chosen, from_file=from_file)
    with meet_team() as team:
        first = team.number == 0
        with progress_bar(shown=first) as progress:
            card = train_file(
                out, network, chosen, data=data, seed=seed, half=half, progress=progress, team=team,
                micro_batch=micro_batch,
            )  # fmt: skip
    if first:
        say(f"validation accuracy {card.training['validation_accuracy']:.3f}")
        say(out.resolve())


def _not_of(recipe: RecipeName, name: str, known: list[str]) -> str:
    """Return what is wrong with an option that a recipe does not know."""
    option = f"--{name.replace('_', '-')}"
    if name == "radius":
        return (
            f"`{option}` needs a recipe that attacks, got {recipe.value}. Give `--recipe pgd-linf`."
        )
    options = ", ".join(f"--{other.replace('_', '-')}" for other in known)
    return (
        f"`{option}` is no option of the recipe {recipe.value}, which has {options}. Leave it out."
    )
