"""`cuelens demo`: see it work on a bare machine."""

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cuelens.cli.console import progress_bar, say
from cuelens.cli.verdicts import say_verdicts

__all__ = ["demo"]


class Size(StrEnum):
    """How much the demo computes."""

    standard = "standard"
    small = "small"


def demo(
    out: Annotated[Path, typer.Option(help="Folder of the run; go on there if it exists.")] = Path(
        "cuelens-demo"
    ),
    size: Annotated[
        Size, typer.Option(help="small: few images and epochs, to see whether it runs at all.")
    ] = Size.standard,
) -> None:
    """Render cue-controlled images, train a standard and an adversarial network, report.

    Needs no data and no network connection; prints the verdicts on the paper's
    claims, and the path of report.html last. A picture of each class lies in
    pictures, for other commands.

    Example: cuelens demo --out my-demo
    """
    from cuelens.builders.examples import write_examples
    from cuelens.report import report_study
    from cuelens.study import demo_plan, run_study

    plan = demo_plan(small=size is Size.small)
    with progress_bar() as progress:
        work = partial(run_study, plan, data_folder=None, out=out, progress=progress)
        path, _ = report_study(out, work)
    pictures = out / "pictures"
    if not pictures.is_dir():
        write_examples(plan.data.open(None, seed=plan.study.seed).test, pictures)
    say_verdicts(out)
    say(path.resolve())
