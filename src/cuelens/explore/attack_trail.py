"""An attack that a person steps through: each model's picture, and its answers so far.

Steps are those of PGD in the Linf ball, from the picture itself; every step is taken.
"""

from dataclasses import dataclass
from functools import partial

import torch

from cuelens.attacks.ascent import ascend, logits_and_gradient
from cuelens.balls import Linf
from cuelens.errors import ConfigError
from cuelens.evaluation.forward import full_precision
from cuelens.explore.answers import Answer, answers_of, answers_to
from cuelens.explore.subjects import Subjects
from cuelens.losses import cross_entropy
from cuelens.tensors import Images

__all__ = ["AttackTrail", "advance", "begin"]

_MOST_STEPS = 200


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class AttackTrail:
    """What an attack has come to.

    Attributes:
        radius: Of the Linf ball, in units of the pixel range.
        original: The picture that is attacked: a batch of one, pixels in [0, 1].
        current: By model: its attacked picture.
        answers: By model: its answer before the first step and after each.
    """

    radius: float
    original: Images
    current: dict[str, Images]
    answers: dict[str, tuple[Answer, ...]]

    @property
    def steps(self) -> int:
        """How many were taken."""
        return len(next(iter(self.answers.values()))) - 1

    @property
    def step(self) -> float:
        """Length of a step: a quarter of the radius."""
        return self.radius / 4

    def turned(self, model: str) -> int | None:
        """Return the step after which a model first answered otherwise; None if it never did."""
        first = self.answers[model][0].place
        places = [one.place for one in self.answers[model]]
        return next((step for step, place in enumerate(places) if place != first), None)


def begin(subjects: Subjects, images: Images, *, radius: float) -> AttackTrail:
    """Return an attack before its first step.

    Args:
        subjects: The models; each is attacked by itself, away from what it answers.
        images: A batch of one, pixels in [0, 1].
        radius: Of the Linf ball, above 0 and at most 1.

    Raises:
        ConfigError: If the radius is outside its range.
    """
    if not 0 < radius <= 1:
        raise ConfigError(f"`radius` must be above 0 and at most 1, got {radius!r}.")
    return AttackTrail(
        radius=radius,
        original=images,
        current=dict.fromkeys(subjects.given, images),
        answers={one.model: (one,) for one in answers_of(subjects, images)},
    )


def advance(subjects: Subjects, trail: AttackTrail, steps: int) -> AttackTrail:
    """Return the attack some steps further.

    Args:
        subjects: Those that it began with.
        trail: So far.
        steps: How many more, at least 1; 200 steps are the most.

    Raises:
        ConfigError: If there are too few or too many.
    """
    if not (steps >= 1 and trail.steps + steps <= _MOST_STEPS):
        raise ConfigError(
            f"An attack has 1 to {_MOST_STEPS} steps, got {trail.steps} and {steps} more. "
            "Start over."
        )
    current, answers = dict(trail.current), dict(trail.answers)
    for _ in range(steps):
        current = {name: _one_step(subjects, trail, name, one) for name, one in current.items()}
        for answer in answers_to(subjects, current):
            answers[answer.model] = (*answers[answer.model], answer)
    return AttackTrail(
        radius=trail.radius, original=trail.original, current=current, answers=answers
    )


def _one_step(subjects: Subjects, trail: AttackTrail, model: str, current: Images) -> Images:
    form = subjects.fast[model]
    label = torch.tensor([max(trail.answers[model][0].place, 0)], device=form.device)
    with full_precision(form.device):
        _, _, gradient = logits_and_gradient(
            form, current.to(form.device), partial(cross_entropy, labels=label)
        )
    return ascend(
        Linf(radius=trail.radius),
        trail.step,
        originals=trail.original,
        current=current,
        gradient=gradient.cpu(),
    )
