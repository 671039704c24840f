"""`cuelens report`: write a run's report again, from its records."""

from pathlib import Path
from typing import Annotated

import typer

from cuelens.cli.console import say
from cuelens.cli.verdicts import say_verdicts

__all__ = ["report"]


def report(
    run: Annotated[Path, typer.Argument(help="The `--out` folder of a study.")],
) -> None:
    """Write report.html, tables and figures from the records of a run; nothing is computed again.

    Example: cuelens report runs/cifar10-quick
    """
    from cuelens.report import report_of

    page = report_of(run)
    say_verdicts(run)
    say(page.resolve())
