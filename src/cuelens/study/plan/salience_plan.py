"""The part of a study's plan that is about maps: which methods, on which images, how closely."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cuelens.attacks import Attack, Suite
from cuelens.errors import ConfigError
from cuelens.evaluation import REFERENCE_MAPS, AttackCondition, Condition, Target
from cuelens.salience import Salience
from cuelens.study.plan.form_errors import at
from cuelens.study.plan.limits import limits_of
from cuelens.study.plan.study_file import ExplainedName, SalienceEntry

__all__ = ["SaliencePlan", "salience_plan", "shown_attack"]

_TARGETS = {ExplainedName.true: Target.TRUE, ExplainedName.predicted: Target.PREDICTED}


@dataclass(frozen=True, kw_only=True)
class SaliencePlan:
    """Maps to measure on `images` images and to draw on `strips` images: see the study file.

    Attributes:
        methods: By name; none called as the maps that all are held against.
        models: Whose maps, in the study's order.
        images: On how many images maps are measured.
        strips: On how many images they are drawn.
        conditions: Those of the study and its attacks that are named; in the file's order.
        target: Which class maps explain.
        tested: On how many images the model is asked again.
        steps: Of deletion and insertion.
        noise: Standard deviation, in units of the pixel range.
        depths: Of the randomisation of weights.
    """

    methods: Mapping[str, Salience]
    models: tuple[str, ...]
    images: int
    strips: int
    conditions: tuple[Condition | AttackCondition, ...]
    target: Target
    tested: int
    steps: int
    noise: float
    depths: int


def salience_plan(
    form: SalienceEntry,
    *,
    methods: Mapping[str, Salience],
    models: Sequence[str],
    conditions: tuple[Condition, ...],
    attacks: Mapping[str, Attack | Suite],
    where: str,
) -> SaliencePlan:
    """Return what a study file says of maps.

    Args:
        form: The file's `salience`.
        methods: Those that it names, built.
        models: All of the study.
        conditions: All of the study.
        attacks: All of the study, by name.
        where: The file, for messages.

    Raises:
        ConfigError: If a condition or a model is unknown, or a method has a name that is taken.
    """
    taken = sorted(methods.keys() & REFERENCE_MAPS.keys())
    if taken:
        raise ConfigError(
            f"{where}: `salience.methods` must not be called {' or '.join(REFERENCE_MAPS)}, which "
            f"are maps that every method is held against, got {taken[0]!r}. Rename it."
        )
    by_name: dict[str, Condition | AttackCondition] = {one.name: one for one in conditions}
    for name, attack in attacks.items():
        by_name[name] = AttackCondition(name=name, attack=shown_attack(attack))
    for name in form.conditions:
        if name not in by_name:
            raise ConfigError(
                f"{where}: `salience.conditions` must name conditions or attacks of this study, "
                f"one of {', '.join(by_name)}, got {name!r}."
            )
    return SaliencePlan(
        methods=methods,
        models=at("salience", where, limits_of, form.models, None, known=models).models,
        images=form.images,
        strips=form.strips,
        conditions=tuple(by_name[name] for name in form.conditions),
        target=_TARGETS[form.explained],
        tested=form.tested,
        steps=form.steps,
        noise=form.noise,
        depths=form.depths,
    )


def shown_attack(attack: Attack | Suite) -> Attack:
    """Return the attack whose images are looked at: of a suite, the first."""
    return attack.members[0][1] if isinstance(attack, Suite) else attack
