"""How much more one model relies on a cue than another, image by image.

What a cue reliance is stands in `cue_profiles`; what is compared how, and corrected, in
`comparisons`.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from cuelens.contrasts import difference_of_contrasts
from cuelens.statistics import Difference, Values
from cuelens.study.outcomes.outcomes import Panel, why_not_paired
from cuelens.study.outcomes.suppressions import Suppression, suppressions_of

__all__ = ["ComparedReliance", "compare_reliances", "difference_of_reliances"]

ComparedReliance = tuple[dict[str, object], Difference | None]
"""What is compared, as columns of a table, and the difference; None where a note says why."""


def compare_reliances(panel: Panel, pairs: Sequence[tuple[str, str]]) -> Iterator[ComparedReliance]:
    """Return the differences of cue reliance for each family, data set and pair of models.

    Args:
        panel: Outcomes of predictions.
        pairs: Names of the first and the second model of each comparison.

    Returns:
        Families whose control was not run are left out: the cue profile says what to add.
    """
    found = {(one.family.name, one.dataset, one.model): one for one in suppressions_of(panel)}
    places = dict.fromkeys((family, dataset) for family, dataset, _ in found)
    for (family, dataset), names in itertools.product(places, pairs):
        one, two = (found.get((family, dataset, name)) for name in names)
        if one is None or two is None or not (one.controls and two.controls):
            continue
        row: dict[str, object] = {
            "dataset": dataset,
            "condition": f"{family} against {one.family.control}",
            "family": family,
            "quantity": "cue reliance",
            "first": names[0],
            "second": names[1],
        }
        difference = difference_of_reliances(one, two)
        if isinstance(difference, str):
            yield row | {"n": 0, "note": difference}, None
            continue
        values = {"first_value": _reliance(one), "second_value": _reliance(two)}
        note = _other_signs(one, two, difference.estimate.value)
        yield row | values | {"note": note}, difference


def difference_of_reliances(first: Suppression, second: Suppression) -> Difference | str:
    """Return how much more one model relies on a cue than another, or why that is unknown.

    Args:
        first: Of one model.
        second: Of another, on the same data set and family.

    Returns:
        Paired over images: the delta method on the influences of both models under condition and
        control. `n` is how many images count for either model.
    """
    for one in (first, second):
        if one.reason is not None:
            return f"{one.model}: {one.reason}"
    if first.clean is None or second.clean is None:
        return "there are no records of the clean images"
    reason = why_not_paired(first.clean, second.clean)
    if reason is not None:
        return reason
    if first.levels != second.levels:
        return "the models do not share the levels of condition and control"
    if min(_classes(first), _classes(second)) < 2 or _classes(first) != _classes(second):
        return "the models do not have the same number of classes, or it is unknown"
    parts: list[Values] = []
    for one, clean in ((first, first.clean.right), (second, second.clean.right)):
        parts += [clean * _lost(one), clean]
    found, scale = difference_of_contrasts(*parts), _scale(first)
    old = found.estimate
    estimate = replace(old, value=scale * old.value, low=scale * old.low, high=scale * old.high)
    return replace(found, estimate=estimate, error=scale * found.error)


def _classes(one: Suppression) -> int:
    return 0 if one.clean is None else one.clean.classes


def _scale(one: Suppression) -> float:
    """Return what chance correction multiplies a difference of retentions by."""
    return 1 / (1 - 1 / _classes(one))


def _lost(one: Suppression) -> Values:
    """Return what each image loses without the cue beyond the control, a share of levels."""
    lost: Values = one.kept_under_control - one.kept
    return lost


def _clean(one: Suppression) -> Values:
    return np.zeros(0) if one.clean is None else one.clean.right


def _reliance(one: Suppression) -> float:
    clean = _clean(one)
    return float(_scale(one) * (clean * _lost(one)).sum() / clean.sum())


def _other_signs(first: Suppression, second: Suppression, difference: float) -> str | None:
    """Return which accuracies, in place of retention, give a difference of the other sign."""
    everywhere, common = np.ones_like(_clean(first)), _clean(first) * _clean(second)
    signs = {"absolute": everywhere, "pair-common": common}
    opposed = []
    for name, counted in signs.items():
        if counted.any():
            moved = float((counted * (_lost(first) - _lost(second))).sum() / counted.sum())
            if moved * difference < 0:
                opposed.append(f"{name} accuracy ({100 * _scale(first) * moved:+.1f} points)")
    if not opposed:
        return None
    return f"the sign of {' and of '.join(opposed)} disagrees with retention"
