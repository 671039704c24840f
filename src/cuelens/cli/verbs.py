"""What every verb has: `--quiet`, and `--json` where it prints what programs read."""

import functools
import inspect
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.models import CommandFunctionType

from cuelens.cli.exit_codes import READER_GONE
from cuelens.cli.output import Output, printing

__all__ = ["Verbs"]

_Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document for programs.", show_default=False)
]
_Quiet = Annotated[bool, typer.Option("--quiet", help="No progress; results and warnings stay.")]


class Verbs(typer.Typer):
    """A group of verbs, each with the options that all have."""

    def command(
        self, *name: Any, json: bool = True, **settings: Any
    ) -> Callable[[CommandFunctionType], CommandFunctionType]:
        """Return a decorator that adds a verb.

        Args:
            name: The verb; the function's own name if there is none.
            json: Whether it has `--json`; not where what it prints is a file by itself.
            settings: As of `typer.Typer.command`.
        """
        register = super().command(*name, **settings)

        def add(verb: CommandFunctionType) -> CommandFunctionType:
            register(_with_output(verb, json=json))
            return verb

        return add


def _with_output(verb: Callable[..., None], *, json: bool) -> Callable[..., None]:
    """Return a verb that takes the options that all have as well."""
    more = {"as_json": _Json, "quiet": _Quiet} if json else {"quiet": _Quiet}
    signature = inspect.signature(verb, eval_str=True)

    @functools.wraps(verb)
    def run(*, as_json: bool = False, quiet: bool = False, **given: Any) -> None:
        output = Output(as_json=as_json, quiet=quiet)
        try:
            with printing(output):
                verb(**given)
        except typer.Exit:
            _print(output)
            raise
        except BrokenPipeError:
            _leave_quietly()
        _print(output)

    parameters = [
        *signature.parameters.values(),
        *(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)
            for name, kind in more.items()
        ),
    ]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _print(output: Output) -> None:
    if output.as_json:
        typer.echo(output.document())


def _leave_quietly() -> None:
    """End as a program does whose reader went away, such as `head`."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(READER_GONE)
