"""`cuelens attack`: measure robust accuracy."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cuelens.cli.console import cells, progress_bar, radius_of, say, table

__all__ = ["attack"]


class BallName(StrEnum):
    """Balls by name."""

    linf = "linf"
    l2 = "l2"


def attack(
    models: Annotated[list[Path], typer.Argument(metavar="MODEL...", help="Model files.")],
    data: Annotated[str, typer.Option(help="As in `cuelens train`; the test split is used.")],
    ball: Annotated[BallName, typer.Option(help="The norm of the ball.")] = BallName.linf,
    radius: Annotated[
        str, typer.Option(help="In units of the pixel range; the step is a quarter of it.")
    ] = "8/255",
    steps: Annotated[int, typer.Option(help="Of PGD.", min=1)] = 20,
    restarts: Annotated[int, typer.Option(help="Keep the worst of so many.", min=1)] = 1,
    out: Annotated[Path, typer.Option(help="Folder of the records.")] = Path("runs/attack"),
    limit: Annotated[
        int | None, typer.Option(help="Use so many images, drawn by chance.", min=1)
    ] = None,
    seed: Annotated[int, typer.Option(help="Keys the random starts.", min=0)] = 0,
) -> None:
    """Attack models with PGD; every success is confirmed in float32.

    Example: cuelens attack robust.safetensors --data data --radius 8/255 --limit 1000
    """
    from cuelens.attacks import PGD, Restarts
    from cuelens.balls import L2, Linf
    from cuelens.study import attack_files

    length = radius_of(radius)
    within = Linf(radius=length) if ball is BallName.linf else L2(radius=length)
    pgd = PGD(ball=within, step=length / 4, steps=steps, stop_when_fooled=True)
    chosen = pgd if restarts == 1 else Restarts(attack=pgd, count=restarts)

    name = f"pgd-{steps}-{ball.value}-{radius}" + (f"-{restarts}-starts" if restarts > 1 else "")
    with progress_bar() as progress:
        found = attack_files(
            models, chosen, name=name, data=data, out=out, limit=limit, seed=seed,
            progress=progress,
        )  # fmt: skip
    table(
        f"Robust accuracy under {name}; every success confirmed in float32",
        ("model", "n", "robust accuracy", "of those right clean", "missed by the fast path"),
        [
            (
                model,
                *cells(part, "robust accuracy"),
                cells(part, "robust retention")[1],
                cells(part, "fast-path miss rate")[1],
            )
            for (model,), part in found.group_by("model", maintain_order=True)
        ],
    )
    say(out.resolve())
