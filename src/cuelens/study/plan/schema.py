"""The form of a study file, generated from what the packages export.

A method in a study file is its class name with its settings, `Saturation: {level: 8}`; the settings
are the fields of the dataclass, so a new export is a new word of the file. It knows forms; what is
said of a wrong one is in `form_errors`, and what a study is, elsewhere.
"""

import dataclasses
import inspect
import types
from collections.abc import Mapping
from fractions import Fraction
from functools import cache, reduce
from itertools import chain
from operator import or_
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    create_model,
)

from cuelens import attacks, balls, datasets, salience, training, transforms
from cuelens.errors import ConfigError

__all__ = [
    "Form",
    "Number",
    "build",
    "choice",
    "chosen",
    "exported",
    "extended",
    "form_of",
    "one_or_several",
    "settings_of",
]


class Form(BaseModel):
    """A part of a study file; unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_number(value: object) -> object:
    """Return 8/255 written as text as a number; leave the rest to the type check."""
    if isinstance(value, str) and "/" in value:
        try:
            return float(Fraction(value.replace(" ", "")))
        except (ValueError, ZeroDivisionError, OverflowError):
            return value
    return value


_NUMBER_SCHEMA = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\d+ ?/ ?\d+$"}]}

Number = Annotated[float, BeforeValidator(_as_number), WithJsonSchema(_NUMBER_SCHEMA)]
"""A float that may be written as a fraction, such as 8/255."""


def exported(package: types.ModuleType, *protocols: type) -> tuple[type, ...]:
    """Return the exported dataclasses that keep a protocol, in the order of `__all__`."""
    found = (getattr(package, name) for name in package.__all__)
    return tuple(
        item
        for item in found
        if isinstance(item, type)
        and dataclasses.is_dataclass(item)
        and any(_keeps(item, protocol) for protocol in protocols)
    )


def _keeps(candidate: type, protocol: type) -> bool:
    """Return whether a dataclass has every member that a protocol names, and is called alike."""
    members = {*vars(protocol), *protocol.__annotations__}
    public = {name for name in members if name == "__call__" or not name.startswith("_")}
    kept = set(chain.from_iterable(vars(kind) for kind in candidate.__mro__))
    kept |= {field.name for field in dataclasses.fields(candidate)}
    return public <= kept and (
        "__call__" not in public or _arguments(candidate) == _arguments(protocol)
    )


def _arguments(method: Any) -> tuple[str, ...]:
    return tuple(inspect.signature(method.__call__).parameters)


_DATA_SETS = (
    datasets.Cifar10,
    datasets.CueControlled,
    datasets.ImageFolder,
    datasets.TinyImageNet,
)
"""Data sets that settings open: a study file can name them where images are needed."""


@cache
def _families() -> Mapping[type, tuple[type, ...]]:
    """Return each protocol with the exported classes that keep it."""
    sources = (
        (balls, balls.Ball),
        (attacks, attacks.Attack),
        (transforms, transforms.Transform),
        (salience, salience.Salience),
        (training, training.Objective),
        (training, training.Schedule),
        (training, training.Augmentation),
        (datasets, datasets.Styles),
    )
    families = {protocol: exported(package, protocol) for package, protocol in sources}
    baselines = exported(salience, salience.Baseline), exported(transforms, salience.Baseline)
    return families | {
        salience.Baseline: tuple(chain(*baselines)),
        salience.References: _DATA_SETS,
    }


def _form_type(hint: Any, *, levels: bool) -> Any:
    """Return the type of a study-file field for a dataclass field of type `hint`."""
    if hint in _families():
        return choice(hint.__name__, _families()[hint])
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return form_of(hint)
    if get_origin(hint) is tuple and get_args(hint)[1:] == (...,):
        each: Any = _form_type(get_args(hint)[0], levels=False)
        return tuple[each, ...]
    members = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else ()
    methods = tuple(m for m in members if isinstance(m, type) and dataclasses.is_dataclass(m))
    if methods:
        return choice("Or".join(method.__name__ for method in methods), methods)
    if members:
        return reduce(or_, (_form_type(member, levels=levels) for member in members))
    form: Any = Number if hint is float else hint
    return one_or_several(form) if levels and hint in (float, int) else form


def one_or_several(one: Any, each: Any = None) -> Any:
    """Return the type of one value or a list of values; an error speaks of the one that is meant.

    Args:
        one: Type of the value.
        each: Type of each of several; that of the one if None.
    """
    each = one if each is None else each
    several = Annotated[list[each], Field(min_length=1), Tag("[several]")]
    alone = Annotated[one, Tag("[one]")]
    return Annotated[Union[alone, several], Discriminator(_how_many)]  # noqa: UP007


def _how_many(value: object) -> str:
    return "[several]" if isinstance(value, list) else "[one]"


@cache
def form_of(method: type, *, levels: bool = False) -> type[Form]:
    """Return the form of a dataclass: its fields, with nested methods as choices.

    Args:
        method: A dataclass.
        levels: Whether a number may be a list of numbers: one condition for each.
    """
    hints = get_type_hints(method)
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(method):
        form = _form_type(hints[field.name], levels=levels)
        required = field.default is field.default_factory is dataclasses.MISSING
        fields[field.name] = (form, ...) if required else (form, None)
    name = f"{method.__name__}{'Levels' if levels else 'Settings'}"
    return create_model(name, __base__=Form, __doc__=_summary(method), **fields)


def _summary(method: type) -> str:
    return (method.__doc__ or "").strip().split("\n")[0]


_BUILDERS: dict[type[Form], Mapping[str, type]] = {}


@cache
def choice(name: str, classes: tuple[type, ...], *, levels: bool = False) -> type[Form]:
    """Return the form that names exactly one of `classes` with its settings.

    Args:
        name: Of the form, for the JSON Schema.
        classes: Dataclasses.
        levels: As in `form_of`.
    """
    fields: dict[str, Any] = {
        item.__name__: (
            Annotated[form_of(item, levels=levels) | None, BeforeValidator(_settings)],
            Field(default=None),
        )
        for item in classes
    }
    form = create_model(f"{name}Choice{'Levels' if levels else ''}", __base__=Form, **fields)
    _BUILDERS[form] = {item.__name__: item for item in classes}
    return form


def extended(form: type[Form], name: str, **fields: Any) -> type[Form]:
    """Return a choice that has other fields beside the names that it chooses among.

    Args:
        form: A choice.
        name: Of the new form, for the JSON Schema.
        **fields: Name to type and default, as pydantic takes them.
    """
    made: type[Form] = create_model(name, __base__=form, **fields)
    _BUILDERS[made] = _BUILDERS[form]
    return made


def _settings(value: object) -> object:
    """Return no settings for a name with nothing behind it, such as `Greyscale:`."""
    return {} if value is None else value


def chosen(form: Form) -> tuple[type, Form]:
    """Return the class that a choice names, and its settings.

    Raises:
        ConfigError: If it names none or several.
    """
    builders = _BUILDERS[type(form)]
    named = [name for name in builders if name in form.model_fields_set]
    if len(named) != 1:
        raise ConfigError(
            f"Expected exactly one of {', '.join(builders)}, got {', '.join(named) or 'none'}. "
            "Write its name and settings, such as `Name: {field: value}`."
        )
    return builders[named[0]], getattr(form, named[0])


def build(form: Form, target: type | None = None, **override: Any) -> Any:
    """Return the object that a form describes.

    Args:
        form: A choice, or the form of `target`.
        target: The dataclass that a form of fields belongs to; None for a choice.
        **override: Values that replace the form's.

    Raises:
        ConfigError: If a setting is outside its range.
    """
    if type(form) in _BUILDERS:
        target, form = chosen(form)
    if target is None:
        raise TypeError(f"`target` must be given for {type(form).__name__}.")
    return target(**(settings_of(form, target) | override))


def settings_of(form: Form, target: type) -> dict[str, Any]:
    """Return what a form of fields states, built, by the names of the target's fields.

    Args:
        form: The form of `target`, or one that has other fields beside them.
        target: A dataclass.

    Raises:
        ConfigError: If a setting is outside its range.
    """
    hints = get_type_hints(target)
    stated = (name for name in form.model_fields_set if name in hints)
    return {name: _built(getattr(form, name), hints[name]) for name in stated}


def _built(value: Any, hint: Any) -> Any:
    if isinstance(value, Form):
        return build(value, None if type(value) in _BUILDERS else hint)
    if isinstance(value, tuple):
        return tuple(_built(each, get_args(hint)[0]) for each in value)
    return value
