"""A study as data: which images, models, conditions, attacks and maps, read from a YAML file."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from cuelens.attacks import Attack, Suite, quick_suite, strong_suite
from cuelens.balls import Ball
from cuelens.errors import ConfigError, MissingDataError
from cuelens.evaluation import FAMILIES, Condition
from cuelens.study.plan.claims import Claim
from cuelens.study.plan.form_errors import at, explain
from cuelens.study.plan.limits import Limits, limits_of
from cuelens.study.plan.model_plan import ModelPlan, in_order, model_plan
from cuelens.study.plan.roles import Roles, roles_of
from cuelens.study.plan.salience_plan import SaliencePlan, salience_plan
from cuelens.study.plan.schema import Form, build, chosen
from cuelens.study.plan.stated_claims import claims_of
from cuelens.study.plan.study_file import AttackEntry, Study, SuiteName
from cuelens.yaml_file import read_yaml

__all__ = [
    "AttackPlan",
    "ModelPlan",
    "Plan",
    "Study",
    "demo_plan",
    "plan_of",
    "read_study",
    "study_schema",
]


@dataclass(frozen=True, kw_only=True)
class AttackPlan:
    """An attack or a suite by name, on `images` test images drawn by chance (None: all)."""

    name: str
    attack: Attack | Suite
    images: int | None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A study whose every setting has been checked and built.

    Attributes:
        study: The file's content.
        data: An object of one of `DATA`.
        models: In an order in which each comes behind the model that it waits for.
        conditions: The clean one first.
        limits: On how many images and of which models each is run, by its name.
        conflict: Of which models the answers to cue-conflict images are recorded.
        attacks: In the file's order.
        salience: What is drawn.
        roles: "standard", "adversarial", "underfit" and "control" to a model's name, the names of
            several, or None; models that are to be imported among them.
        claims: What the study is to decide.
    """

    study: Study
    data: Any
    models: tuple[ModelPlan, ...]
    conditions: tuple[Condition, ...]
    limits: Mapping[str, Limits]
    conflict: Limits
    attacks: tuple[AttackPlan, ...]
    salience: SaliencePlan
    roles: Roles
    claims: tuple[Claim, ...]

    def players(self, role: str) -> tuple[str, ...]:
        """Return the names of the models that have a role; none where nobody has it."""
        named = self.roles.get(role)
        return (named,) if isinstance(named, str) else named or ()


def read_study(path: Path) -> Plan:
    """Read and check a study file.

    Args:
        path: A YAML file.

    Raises:
        MissingDataError: If there is no such file.
        ConfigError: If it is no YAML, or a field is unknown, missing, written twice or outside
            its range.
    """
    if not path.is_file():
        raise MissingDataError(
            f"Expected a study file at {path}, got nothing there. Studies that come with cuelens "
            "are in the folder `studies`."
        )
    return plan_of(read_yaml(path), where=str(path))


def plan_of(content: Any, *, where: str) -> Plan:
    """Return the plan that a study file's content describes.

    Args:
        content: What YAML gives: a mapping.
        where: The file, for messages.

    Raises:
        ConfigError: As in `read_study`.
    """
    if not isinstance(content, dict):
        raise ConfigError(
            f"Expected a mapping of fields in {where}, got {type(content).__name__}. "
            "Start from a file in the folder `studies`."
        )
    try:
        study = Study.model_validate(content)
    except ValidationError as error:
        raise ConfigError(explain(error, where=where, form=Study)) from error
    data = at("data", where, build, study.data)
    names = tuple(study.models)
    models = tuple(model_plan(name, model, study, where) for name, model in study.models.items())
    conditions = (
        Condition.clean(),
        *(
            condition
            for family, form in study.conditions.items()
            for condition in at(f"conditions.{family}", where, _expand, family, form)
        ),
    )
    _require_different([*(each.name for each in conditions), *study.attacks], where)
    attack_plans = tuple(
        AttackPlan(
            name=name,
            attack=at(f"attacks.{name}", where, _attack, entry),
            images=entry.images,
        )
        for name, entry in study.attacks.items()
    )
    roles = roles_of(study, where)
    methods = {
        name: at(f"salience.methods.{name}", where, build, method)
        for name, method in study.salience.methods.items()
    }
    return Plan(
        study=study,
        data=data,
        models=in_order(models, where),
        conditions=conditions,
        limits=_limits(study, conditions, where),
        conflict=at("conflict", where, limits_of, study.conflict.models, None, known=names),
        attacks=attack_plans,
        salience=salience_plan(
            study.salience,
            methods=methods,
            models=names,
            conditions=conditions,
            attacks={one.name: one.attack for one in attack_plans},
            where=where,
        ),
        roles=roles,
        claims=claims_of(
            study.claims, conditions=conditions, methods=methods, roles=tuple(roles), where=where
        ),
    )


def _require_different(names: list[str], where: str) -> None:
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise ConfigError(
            f"{where}: `conditions` and `attacks` must have different names (of a condition, its "
            f"family and level), got {twice!r} twice. Rename one, or take a level away."
        )


def _attack(entry: AttackEntry) -> Attack | Suite:
    """Return what an entry names: an attack, or a suite in a ball."""
    alone = entry.attack is not None and entry.suite is None and entry.ball is None
    together = entry.attack is None and entry.suite is not None and entry.ball is not None
    if not alone and not together:
        raise ConfigError(
            "Expected either `attack`, or `suite` with its `ball`, got "
            f"{', '.join(sorted(entry.model_fields_set - {'images'})) or 'none'}. Write "
            "`attack: {PGD: {...}}`, or `suite: strong` and `ball: {Linf: {radius: 8/255}}`."
        )
    if entry.attack is not None:
        attack: Attack = build(entry.attack)
        return attack
    ball: Ball = build(entry.ball)  # type: ignore[arg-type] # checked above
    return (quick_suite if entry.suite is SuiteName.quick else strong_suite)(ball)


def _limits(study: Study, conditions: tuple[Condition, ...], where: str) -> dict[str, Limits]:
    """Return what each condition is limited to; the clean one to nothing."""
    known = tuple(study.models)
    by_family = {"clean": Limits(models=known)}
    for family, form in study.conditions.items():
        named, images = form.models, form.images  # type: ignore[attr-defined]
        field = f"conditions.{family}"
        by_family[family] = at(field, where, limits_of, named, images, known=known)
    return {one.name: by_family[one.family] for one in conditions}


def _expand(family: str, form: Form) -> list[Condition]:
    """Return one condition for each value of the setting that is a list."""
    method, settings = chosen(form)
    lists = [n for n in settings.model_fields_set if isinstance(getattr(settings, n), list)]
    if len(lists) > 1:
        raise ConfigError(
            f"At most one setting may be a list of levels, got {', '.join(sorted(lists))}. "
            "Make a family of each."
        )
    if not lists:
        names = settings.model_fields_set
        known = FAMILIES.get(family)
        if known is not None and known.transform is method:  # its level has one name
            names = names & {known.scale}
        given = [getattr(settings, name) for name in names]
        numbers = [value for value in given if isinstance(value, int | float)]
        level = float(numbers[0]) if len(numbers) == 1 else None
        return [Condition(family=family, level=level, transform=build(settings, method))]
    (name,) = lists
    values = getattr(settings, name)
    return [
        Condition(family=family, level=float(v), transform=build(settings, method, **{name: v}))
        for v in values
    ]


def demo_plan(*, small: bool = False) -> Plan:
    """Return the study of `cuelens demo`.

    Args:
        small: Few images and one epoch: whether it runs, not what it finds.
    """
    text = resources.files("cuelens.study").joinpath("files/demo.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    if small:
        content["data"]["CueControlled"] |= {
            "training": 512,
            "validation": 100,
            "test": 100,
            "conflict": 90,
        }
        for model in content["models"].values():
            model["recipe"] |= {"epochs": 1, "batch_size": 64}
        content["attacks"]["pgd-20"]["images"] = 50
        content["salience"] |= {"images": 20, "strips": 2, "tested": 4, "steps": 2, "depths": 1}
    return plan_of(content, where="the demo")


def study_schema() -> dict[str, Any]:
    """Return the JSON Schema of study files, for editors."""
    return Study.model_json_schema()
