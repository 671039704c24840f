"""What is wrong with a study file, in words: each field, what was expected, the nearest name."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, ParamSpec, TypeVar, get_args, get_origin

from pydantic import ValidationError

from cuelens.errors import ConfigError, CuelensError
from cuelens.study.plan.schema import Form

__all__ = ["at", "explain"]

Given = ParamSpec("Given")
Built = TypeVar("Built")


def at(
    field: str,
    where: str,
    action: Callable[Given, Built],
    *arguments: Given.args,
    **settings: Given.kwargs,
) -> Built:
    """Call an action; name the field and the file in any error.

    Args:
        field: Of the study file, with dots.
        where: The file, for the message.
        action: What is called.
        *arguments: What it is called with.
        **settings: Likewise, by name.

    Raises:
        ConfigError: If the action raises any error of cuelens.
    """
    try:
        return action(*arguments, **settings)
    except CuelensError as error:
        raise ConfigError(f"{where}: `{field}`: {error}") from error


def explain(error: ValidationError, *, where: str, form: type[Form]) -> str:
    """Return what is wrong with a study file: each field, what was expected, the nearest name.

    Args:
        error: What pydantic found.
        where: The file, for the message.
        form: The form that the file should have.
    """
    lines: dict[str, str] = {}  # by field: a union of types reports each of its members
    for problem in error.errors():
        path = [str(part) for part in problem["loc"] if "[" not in str(part)]
        lines.setdefault(".".join(path), _sentence(problem, path, form))
    return "\n".join([f"{where} is not a valid study:", *(f"  {line}" for line in lines.values())])


def _sentence(problem: Any, path: list[str], form: type[Form]) -> str:
    """Return one problem as expected, got, remedy."""
    field = ".".join(path)
    if problem["type"] == "missing":
        return f"`{field}` is missing. Add it."
    if problem["type"] == "model_type":
        return (
            f"`{field}` must be a mapping of fields, got {problem['input']!r}. "
            "Write its fields below it, each as `field: value`."
        )
    if problem["type"] == "too_short":
        least = problem["ctx"]["min_length"]
        entries = "entry" if least == 1 else "entries"
        instead = ", or write `claims: none`" if field == "claims" else ""
        return (
            f"`{field}` must have at least {least} {entries}, got {problem['input']!r}. Add "
            f"{'one' if least == 1 else 'what is missing'}{instead}."
        )
    if problem["type"] != "extra_forbidden":
        return f"`{field}`: {problem['msg']}, got {problem['input']!r}."
    valid = _names_below(form, path[:-1])
    near = get_close_matches(path[-1], valid, n=1, cutoff=0.4)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    return f"`{field}` is unknown; expected one of {', '.join(sorted(valid))}.{hint}"


def _names_below(hint: Any, path: Sequence[str]) -> list[str]:
    """Return the valid field names of the form that a path leads to."""
    for part in path:
        hint = _next(hint, part)
    forms = [member for member in (hint, *get_args(hint)) if _is_form(member)]
    return list(forms[0].model_fields) if forms else []


def _next(hint: Any, part: str) -> Any:
    """Return the type of a field, or of a value in a mapping or a list."""
    for member in (hint, *get_args(hint)):
        plain = get_args(member)[0] if get_origin(member) is Annotated else member
        if get_origin(plain) is dict:
            return get_args(plain)[1]
        if get_origin(plain) in (tuple, list):
            return get_args(plain)[0]
        if _is_form(plain) and part in plain.model_fields:
            return plain.model_fields[part].annotation
    return None


def _is_form(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Form)
