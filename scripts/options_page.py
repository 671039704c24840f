"""The page of every verb and option, made from the command line itself; a hook of the site too.

The verbs are imported, which needs typer and nothing else of what cuelens computes with.
"""

import inspect
import sys
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import typer
from typer.models import ArgumentInfo, ParameterInfo

__all__ = ["on_files", "page", "sections"]

_PLACE = "use/options.md"
_SOURCES = Path(__file__).parents[1] / "src"
_EVERYWHERE = ("as_json", "quiet")
"""What every verb has, or all but a few: told once."""
_KINDS = {str: "text", Path: "path", int: "whole number", float: "number"}
_HEAD = """# Every verb and option

Made from the command line itself, as `cuelens VERB --help` prints it. What jobs they do stands in
[The command line](command-line.md), with the documents that `--json` prints.

Every verb has `--quiet`: no progress and no notes, results and warnings stay. Every verb but
{but} has `--json`: standard output is one document for programs."""


def on_files(files: Any, config: Any) -> Any:
    """Add the page to the site."""
    from mkdocs.structure.files import File

    files.append(File.generated(config, _PLACE, content=page()))
    return files


def page() -> str:
    """Return the page in Markdown."""
    found = dict(sections())
    without = [name for name, (verb, _) in found.items() if "as_json" not in _parameters(verb)]
    but = " and ".join(f"`{name.removeprefix('cuelens ')}`" for name in without)
    parts = [_HEAD.format(but=but), _exit_codes()]
    parts += [_section(name, verb) for name, (verb, _) in found.items()]
    return "\n\n".join(parts) + "\n"


def sections() -> Iterator[tuple[str, tuple[Any, str]]]:
    """Yield the words of each verb with its function and the help of its group, in order."""
    if str(_SOURCES) not in sys.path:
        sys.path.insert(0, str(_SOURCES))
    from cuelens.cli.app import app

    yield from _verbs(app, "cuelens", "")


def _verbs(group: typer.Typer, words: str, about: str) -> Iterator[tuple[str, tuple[Any, str]]]:
    """Yield the verbs of a group, then those of its groups."""
    for command in group.registered_commands:
        verb: Any = command.callback
        name = command.name or verb.__name__.replace("_", "-")
        yield f"{words} {name}", (verb, about)
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            yield from _verbs(inner.typer_instance, f"{words} {inner.name}", str(inner.help or ""))


def _exit_codes() -> str:
    from cuelens.cli.exit_codes import EXIT_CODES

    rows = [f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()]
    return "\n".join(["## Exit codes", "", "| code | what it means |", "|---|---|", *rows])


def _parameters(verb: Any) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(verb).parameters)


def _section(name: str, verb: Any) -> str:
    """Return what a verb is told by: its words, its docstring, its arguments and options."""
    found = [(one, *_told(one)) for one in _parameters(verb).values()]
    arguments = [_argument(one, info) for one, _, info in found if isinstance(info, ArgumentInfo)]
    first = arguments[0].strip("[]") if arguments else ""
    usage = " ".join([name, *arguments[first == name.rpartition(" ")[2] :], "[OPTIONS]"])
    told, *examples = (inspect.getdoc(verb) or "").split("Example: ")
    parts = [f"## {name}", f"    {usage}", told.strip()]
    parts += [f"Such as `{' '.join(example.split())}`." for example in examples]
    rows = [_row(one, kind, info) for one, kind, info in found if one.name not in _EVERYWHERE]
    if rows:
        head = "| | takes | if omitted | what it is |\n|---|---|---|---|"
        parts.append("\n".join([head, *rows]))
    return "\n\n".join(parts)


def _told(parameter: inspect.Parameter) -> tuple[Any, ParameterInfo]:
    """Return the type of a parameter, and what it tells typer."""
    kind, *told = typing.get_args(parameter.annotation)
    return kind, next(one for one in told if isinstance(one, ParameterInfo))


def _argument(parameter: inspect.Parameter, info: ParameterInfo) -> str:
    name = info.metavar or parameter.name.upper()
    return name if parameter.default is inspect.Parameter.empty else f"[{name}]"


def _row(parameter: inspect.Parameter, kind: Any, info: ParameterInfo) -> str:
    if isinstance(info, ArgumentInfo):
        name = info.metavar or parameter.name.upper()
    else:
        # In `Annotated`, typer keeps the first name where a default would stand.
        named = [one for one in (info.default, *(info.param_decls or ())) if isinstance(one, str)]
        name = ", ".join(named or [f"--{parameter.name.replace('_', '-')}"])
    cells = (f"`{name}`", _takes(kind, info), _omitted(parameter, info), _escaped(info.help or ""))
    return f"| {' | '.join(cells)} |"


def _takes(kind: Any, info: ParameterInfo) -> str:
    """Return what a value may be, in words."""
    inner = [one for one in typing.get_args(kind) if one is not type(None)]
    if typing.get_origin(kind) is list:
        return f"{_takes(inner[0], info)}; several"
    if inner:
        return _takes(inner[0], info)
    if kind is bool:
        return ""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{one.value}`" for one in kind)
    ends = [
        f"{word} {end}" for word, end in (("from", info.min), ("to", info.max)) if end is not None
    ]
    return " ".join([_KINDS.get(kind, "text"), *ends])


def _omitted(parameter: inspect.Parameter, info: ParameterInfo) -> str:
    """Return what holds where the option is not given."""
    default = parameter.default
    if default is inspect.Parameter.empty:
        return "is needed"
    if isinstance(info.show_default, str):
        return _escaped(info.show_default)
    if default is None or default is False:
        return ""
    return f"`{default.value if isinstance(default, Enum) else default}`"


def _escaped(text: str) -> str:
    """Return text for a cell; code in backticks stays code."""
    text = " ".join(text.split()).replace("|", "\\|")
    parts = text.split("`")
    for place in range(0, len(parts), 2):
        parts[place] = parts[place].replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
    return "`".join(parts)


if __name__ == "__main__":
    print(page(), end="")
