"""The networks of a study's plan: what each is, and which has to be there before another."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cuelens.errors import ConfigError
from cuelens.sources import Stated, require_architecture, stated_in
from cuelens.study.plan.form_errors import at
from cuelens.study.plan.recipe_form import recipe_of
from cuelens.study.plan.study_file import KeptName, ModelEntry, Study
from cuelens.training import Recipe

__all__ = ["ModelPlan", "in_order", "model_plan"]

_SAID = ("arch", "classes", "preprocessing")
"""What may be stated of a model that is there, as on the command line."""


@dataclass(frozen=True, kw_only=True)
class ModelPlan:
    """A network to train, or, where `source` names one, to open: see the study file's `models`.

    `said` holds the fields that are stated of a `source`, as they are written.
    """

    name: str
    architecture: str
    recipe: Recipe
    seed: int
    as_accurate_as: str | None
    cutoff_of: str | None = None
    half: bool = False
    keep_epochs: bool = False
    source: str | None = None
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def stated(self) -> Stated:
        """What the study file says of the model at `source`; files that it names are read now.

        Raises:
            ConfigError: If one of them cannot be read.
        """
        return stated_in(self.said, folder=Path())

    @property
    def waits_for(self) -> str | None:
        """The model that has to be there before this one is trained; None if there is none."""
        return self.as_accurate_as if self.cutoff_of is None else self.cutoff_of

    @property
    def chooses_cutoff(self) -> bool:
        """Whether it is trained behind the filter that makes it as accurate as another."""
        return self.as_accurate_as is not None and self.recipe.cutoff is not None


def model_plan(name: str, model: ModelEntry, study: Study, where: str) -> ModelPlan:
    """Return what a study file says of a network.

    Args:
        name: Of the network.
        model: Its entry.
        study: The whole file.
        where: The file, for messages.

    Raises:
        ConfigError: If files cannot have the name, or a setting is outside its range.
    """
    if not re.fullmatch(r"\w[\w .=+-]*", name):
        raise ConfigError(
            f"{where}: `models` must have names that files can have (letters, digits, spaces and "
            f"any of . _ = + -), got {name!r}. Rename it."
        )
    if name.endswith("-last") and name.removesuffix("-last") in study.models:
        raise ConfigError(
            f"{where}: `models` must leave the name {name!r} to the last weights of "
            f"{name.removesuffix('-last')!r}. Rename it."
        )
    if model.source is not None:
        beside = sorted(model.model_fields_set - {"source", *_SAID})
        if beside:
            raise ConfigError(
                f"{where}: `models.{name}` must state nothing beside `source` but "
                f"{', '.join(_SAID)}, got `{beside[0]}`. A model that is there already is not "
                "trained."
            )
    said = {one: getattr(model, one) for one in _SAID if getattr(model, one) is not None}
    if said and model.source is None:
        raise ConfigError(
            f"{where}: `models.{name}.{next(iter(said))}` is said of a model that is there, "
            "expected its address in `source`, got none. A network that is trained here is named "
            "by `network`."
        )
    plan = ModelPlan(
        name=name,
        source=model.source,
        said=said,
        architecture=at(f"models.{name}", where, require_architecture, model.network),
        recipe=at(f"models.{name}.recipe", where, recipe_of, model.recipe),
        seed=study.seed if model.seed is None else model.seed,
        as_accurate_as=model.as_accurate_as,
        cutoff_of=model.cutoff_of,
        half=model.half,
        keep_epochs=model.keep is KeptName.epochs,
    )
    if plan.cutoff_of is not None:
        _require_filter(plan, where)
    return plan


def _require_filter(plan: ModelPlan, where: str) -> None:
    """Refuse a model that takes on a cutoff and has no filter, or chooses its own."""
    if plan.recipe.cutoff is None:
        raise ConfigError(
            f"{where}: `models.{plan.name}.cutoff_of` is for a recipe behind a low-pass filter, "
            "got one without. Write `recipe: {low_pass: {}}`, or leave it out."
        )
    if plan.as_accurate_as is not None:
        raise ConfigError(
            f"{where}: `models.{plan.name}` must have `as_accurate_as` or `cutoff_of`, got both. "
            "Keep `as_accurate_as` to choose a cutoff, `cutoff_of` to take on another's."
        )


def in_order(models: tuple[ModelPlan, ...], where: str) -> tuple[ModelPlan, ...]:
    """Return the models so that each stands behind the one that it waits for.

    Args:
        models: In the file's order.
        where: The file, for messages.

    Raises:
        ConfigError: If one waits for a model that is not there, or for one that it cannot wait for.
    """
    names = {model.name for model in models}
    free = [one.name for one in models if one.waits_for is None and one.source is None]
    filters = [model.name for model in models if model.chooses_cutoff]
    for model in models:
        if model.as_accurate_as is not None and model.as_accurate_as not in free:
            others = f"one of {', '.join(free)}" if free else "and every model here waits"
            raise ConfigError(
                f"{where}: `models.{model.name}.as_accurate_as` must name another model that "
                f"waits for none, {others}, got {model.as_accurate_as!r}"
                f"{'' if model.as_accurate_as in names else ' (unknown)'}."
            )
        if model.cutoff_of is not None and model.cutoff_of not in filters:
            others = f"one of {', '.join(filters)}" if filters else "and none here does"
            raise ConfigError(
                f"{where}: `models.{model.name}.cutoff_of` must name a model behind a low-pass "
                f"filter that chooses its cutoff by `as_accurate_as`, {others}, got "
                f"{model.cutoff_of!r}{'' if model.cutoff_of in names else ' (unknown)'}."
            )
    return tuple(sorted(models, key=_turn))


def _turn(model: ModelPlan) -> int:
    if model.cutoff_of is not None:
        return 2
    return int(model.as_accurate_as is not None)
