"""How a study file says how a network is trained: a recipe by name, settings, or both."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Any, get_type_hints

from pydantic import BeforeValidator, Field, create_model

from cuelens import training
from cuelens.errors import ConfigError
from cuelens.study.plan.schema import Form, Number, form_of, settings_of
from cuelens.training import Recipe

__all__ = ["RECIPES", "RecipeForm", "recipe_of"]

RECIPES: Mapping[str, Callable[..., Recipe]] = MappingProxyType(
    {
        make.__name__: make
        for make in (
            training.standard,
            training.underfit,
            training.pgd_linf,
            training.pgd_l2,
            training.alternating,
            training.fgsm,
            training.free,
            training.trades,
            training.stadv,
            training.gaussian,
            training.low_pass,
            training.stylised,
        )
    }
)
"""The recipes that files and commands name, by the name of their function."""


def _nothing(value: object) -> object:
    """Return no settings for a name with nothing behind it, such as `trades:`."""
    return {} if value is None else value


def _form_of_recipe(make: Callable[..., Recipe]) -> Any:
    """Return the form of a recipe's arguments."""
    hints = get_type_hints(make)
    fields: dict[str, Any] = {
        name: (_argument(hints[name]), None) for name in inspect.signature(make).parameters
    }
    summary = (make.__doc__ or "").split("\n")[0]
    return create_model(f"{make.__name__}_recipe", __base__=Form, __doc__=summary, **fields)


def _argument(hint: Any) -> Any:
    plain = {float: Number, float | None: Number | None}
    return plain.get(hint, hint)


_SETTINGS = form_of(Recipe)

RecipeForm: type[Form] = create_model(
    "RecipeSettings",
    __base__=_SETTINGS,
    __doc__=_SETTINGS.__doc__,
    **{
        name: (
            Annotated[_form_of_recipe(make) | None, BeforeValidator(_nothing)],
            Field(default=None, description=(make.__doc__ or "").split("\n")[0]),
        )
        for name, make in RECIPES.items()
    },  # type: ignore[call-overload]
)
"""`pgd_linf: {radius: 4/255}` is a recipe by name; settings beside it replace its own."""


def recipe_of(form: Form) -> Recipe:
    """Return the recipe that a form describes.

    Args:
        form: A `RecipeForm`.

    Raises:
        ConfigError: If it names several recipes, or a setting is outside its range.
    """
    named = [name for name in RECIPES if name in form.model_fields_set]
    if len(named) > 1:
        raise ConfigError(
            f"At most one recipe can be named, got {', '.join(named)}. "
            "Keep one; settings such as `epochs` may stand beside it."
        )
    recipe = Recipe()
    if named:
        arguments = getattr(form, named[0])
        recipe = RECIPES[named[0]](
            **{name: getattr(arguments, name) for name in arguments.model_fields_set}
        )
    return replace(recipe, **settings_of(form, Recipe))
