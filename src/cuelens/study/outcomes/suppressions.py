"""A cue taken from images, beside the control of that: which records belong together.

It knows the families of conditions and which levels a condition and its control share; it counts
nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cuelens.evaluation import FAMILIES, Family
from cuelens.evaluation.family import CUES_TAKEN
from cuelens.metrics import area
from cuelens.statistics import Values
from cuelens.study.outcomes.outcomes import CLEAN, Outcomes, Panel, same_level, why_not_paired
from cuelens.study.outcomes.subsets import of_same_images

__all__ = ["Suppression", "suppressions_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Suppression:
    """What a model makes of a data set without a cue, and under the control of that condition.

    Attributes:
        model: Its name.
        dataset: Name of the data set.
        family: Of the conditions that take the cue away.
        clean: On the untouched images, those that condition and control were run on; None where
            there are no such records.
        without: At each level that counts, the ones that change nothing left out: those that the
            control has too, or all of them where there is no control.
        controls: Under the control at the same levels; none where it was not run.
        reason: Why there is no cue reliance; None where there is one.
    """

    model: str
    dataset: str
    family: Family
    clean: Outcomes | None
    without: tuple[Outcomes, ...]
    controls: tuple[Outcomes, ...]
    reason: str | None

    @property
    def levels(self) -> tuple[float, ...]:
        """The levels that count; none of a family without levels."""
        return tuple(one.place for one in self.without if one.place is not None)

    @property
    def kept(self) -> Values:
        """Share of levels at which each image is right without the cue."""
        return area(np.stack([one.right for one in self.without]))

    @property
    def kept_under_control(self) -> Values:
        """Share of levels at which each image is right under the control."""
        return area(np.stack([one.right for one in self.controls]))


def suppressions_of(panel: Panel) -> tuple[Suppression, ...]:
    """Return every suppression of a cue in the records.

    Args:
        panel: Outcomes of predictions.

    Returns:
        By cue, family, data set and model; those in the order of `CUES_TAKEN`, of `FAMILIES` and
        of the records.
    """
    places = dict.fromkeys((dataset, model) for model, dataset, _ in panel.outcomes)
    families = sorted(
        (family for family in FAMILIES.values() if family.cue != "none"),
        key=lambda family: CUES_TAKEN.index(family.cue),
    )
    datasets = dict.fromkeys(dataset for dataset, _ in places)
    return tuple(
        found
        for family in families
        for name in datasets
        for dataset, model in places
        if dataset == name
        for found in _suppression(panel, model, dataset, family)
    )


def _suppression(panel: Panel, model: str, dataset: str, family: Family) -> Iterator[Suppression]:
    """Return the suppression, if a level of the family was run that changes anything."""
    without = _levels(panel, model, dataset, family)
    if not without:
        return
    clean = panel.get(model, dataset, CLEAN)
    control = FAMILIES[family.control] if family.control is not None else None
    controls = [] if control is None else _levels(panel, model, dataset, control)
    pairs = [
        (one, other)
        for one in without
        for other in controls
        # A control without levels is that of every level.
        if (control is not None and control.scale is None) or same_level(one.place, other.place)
    ]
    reason = _why_none(family, without, controls, pairs)
    if pairs:
        without, controls = [one for one, _ in pairs], [other for _, other in pairs]
    else:
        controls = []
    if clean is not None:
        clean, *cut = of_same_images(clean, *without, *controls)
        without, controls = cut[: len(without)], cut[len(without) :]
    yield Suppression(
        model=model,
        dataset=dataset,
        family=family,
        clean=clean,
        without=tuple(without),
        controls=tuple(controls),
        reason=_unpaired(clean, [*without, *controls]) or reason,
    )


def _levels(panel: Panel, model: str, dataset: str, family: Family) -> list[Outcomes]:
    """Return the outcomes under a family by level, each level once, the neutral one left out."""
    found: list[Outcomes] = []
    own = [
        one
        for (name, place, _), one in panel.outcomes.items()
        if (name, place, one.family) == (model, dataset, family.name)
    ]
    for one in sorted(own, key=lambda one: (one.place is None, one.place, one.level is None)):
        neutral = family.same is not None and same_level(one.place, family.same)
        twice = any(same_level(one.place, other.place) for other in found)
        if not neutral and not twice:
            found.append(one)
    return found


def _why_none(
    family: Family,
    without: list[Outcomes],
    controls: list[Outcomes],
    pairs: list[tuple[Outcomes, Outcomes]],
) -> str | None:
    """Return why condition and control cannot be held against each other, and what to add."""
    if family.control is None:
        return "no control of equal image distance is known for it"
    if pairs:
        return None
    wanted = ", ".join(
        family.control if one.place is None else f"{family.control}={one.place:g}"
        for one in without
    )
    if FAMILIES[family.control].scale is None:
        wanted = family.control
    if not controls:
        return f"its control was not run: add {wanted}"
    return f"it shares no level with its control: add {wanted}"


def _unpaired(clean: Outcomes | None, others: list[Outcomes]) -> str | None:
    if clean is None:
        return "there are no records of the clean images"
    reasons = (why_not_paired(clean, one) for one in others)
    reason = next((reason for reason in reasons if reason is not None), None)
    if reason is None and not clean.right.any():
        return "no image is right clean"
    return reason
