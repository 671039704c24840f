"""`cuelens explain`: see what models look at."""

from pathlib import Path
from typing import Annotated

import typer

from cuelens.cli.conditions import conditions_of
from cuelens.cli.console import say

__all__ = ["explain"]


def explain(
    files: Annotated[
        list[Path], typer.Argument(metavar="MODEL... IMAGE...", help="Model files, then images.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the strips.")] = Path("runs/explain"),
    conditions: Annotated[
        str, typer.Option(help="Such as saturation=8,shuffle=4.")
    ] = "saturation=8,shuffle=4",
    samples: Annotated[int, typer.Option(help="Noisy copies an image in SmoothGrad.", min=1)] = 50,
    seed: Annotated[int, typer.Option(help="Keys noise and conditions.", min=0)] = 0,
) -> None:
    """Draw a strip an image: models down, conditions across, each with its salience map.

    Each image is resized and centre-cropped to the models' size; the class explained is the one
    that the first model predicts on the unchanged image.

    Example: cuelens explain standard.safetensors robust.safetensors cat.png dog.png
    """
    from cuelens.report import explain_files

    chosen = conditions_of(conditions)
    for path in explain_files(files, chosen, samples=samples, seed=seed, out=out):
        say(path.resolve())
