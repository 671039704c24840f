"""The command line: one verb a file, no logic. Heavy imports wait until a verb runs."""

import typer

from cuelens.cli import (
    attack,
    build,
    demo,
    evaluate,
    explain,
    explore,
    export,
    gate,
    imports,
    probe,
    records,
    report,
    score,
    selfcheck,
    study,
    train,
)
from cuelens.cli.console import fail

__all__ = ["app", "main"]

_INTERRUPTED = 130

app = typer.Typer(
    name="cuelens",
    help="Tell which visual cues an image classifier relies on, and how adversarial training "
    "changes them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.command()(demo.demo)
app.add_typer(study.app, name="study")
app.command()(train.train)
app.command()(evaluate.evaluate)
app.command()(attack.attack)
app.command()(explain.explain)
app.command()(explore.explore)
app.command()(probe.probe)
app.command()(score.score)
app.add_typer(build.app, name="build")
app.command()(report.report)
app.command()(export.export)
app.command("import")(imports.import_answers)
app.command()(records.records)
app.command()(gate.gate)
app.command()(selfcheck.selfcheck)


def main() -> None:
    """Run the command line; errors raised on purpose become one message and exit code 2."""
    from cuelens.errors import CuelensError

    try:
        app(prog_name="cuelens")
    except CuelensError as error:
        fail(str(error), code=2)
    except (KeyboardInterrupt, SystemExit) as stop:  # typer makes the first into the second
        if isinstance(stop, SystemExit) and stop.code != _INTERRUPTED:
            raise
        fail("Stopped. The same command goes on where it was.", code=_INTERRUPTED)


if __name__ == "__main__":
    main()
