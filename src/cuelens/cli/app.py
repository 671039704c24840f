"""The command line: one verb a file, no logic. Heavy imports wait until a verb runs."""

import os
import traceback
from typing import Annotated

import typer

from cuelens import __version__
from cuelens.cli import (
    attack,
    audit,
    build,
    compare,
    demo,
    evaluate,
    explain,
    explore,
    export,
    gate,
    imports,
    inspect,
    probe,
    records,
    report,
    score,
    selfcheck,
    study,
    trace,
    train,
)
from cuelens.cli.console import fail
from cuelens.cli.exit_codes import FAULT, INTERRUPTED, NO_ANSWER
from cuelens.cli.verbs import Verbs

__all__ = ["LARGE_PAGES", "app", "main"]

LARGE_PAGES = "THP_MEM_ALLOC_ENABLE"
"""Lets torch ask Linux for memory in pages of 2 MiB: asking for those of 4 KiB takes up to a third
of the time of a pass of large images. Whoever sets it to 0 is heeded."""

app = Verbs(
    name="cuelens",
    help="Tell which visual cues an image classifier relies on, and how adversarial training "
    "changes them.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.command()(demo.demo)
app.command()(audit.audit)
app.command()(inspect.inspect)
app.add_typer(study.app, name="study")
app.command()(trace.trace)
app.command()(train.train)
app.command()(evaluate.evaluate)
app.command()(attack.attack)
app.command()(explain.explain)
app.command(json=False)(explore.explore)
app.command()(probe.probe)
app.command()(score.score)
app.add_typer(build.app, name="build")
app.command()(report.report)
app.command()(compare.compare)
app.command()(export.export)
app.command("import")(imports.import_answers)
app.command()(records.records)
app.command()(gate.gate)
app.command()(selfcheck.selfcheck)


def _print_version(asked: bool) -> bool:
    if asked:
        typer.echo(f"cuelens {__version__}")
        raise typer.Exit
    return asked


@app.callback()
def _of_the_program(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and end."
        ),
    ] = False,
) -> None:
    """Take what stands before the verb."""


def main() -> None:
    """Run the command line.

    It leaves with one of `EXIT_CODES`: 2 with one message where there is no answer, 3 with a
    traceback where cuelens itself is at fault.
    """
    from cuelens.errors import CuelensError

    os.environ.setdefault(LARGE_PAGES, "1")  # torch reads it with its first tensor
    try:
        app(prog_name="cuelens")
    except CuelensError as error:
        fail(str(error), code=NO_ANSWER)
    except (KeyboardInterrupt, SystemExit) as stop:  # typer makes the first into the second
        if isinstance(stop, SystemExit) and stop.code != INTERRUPTED:
            raise
        fail("Stopped. The same command goes on where it was.", code=INTERRUPTED)
    except Exception:  # noqa: BLE001 - a gate that fails must not look like one that broke
        traceback.print_exc()
        fail("The above is a fault of cuelens, and not an answer.", code=FAULT)


if __name__ == "__main__":
    main()
