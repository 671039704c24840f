"""One comparison of a claim: how much two roles differ, and where that stands to the margin.

It knows which interval fits how many networks there are; what the difference means for the claim
is in `verdicts`.
"""

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cuelens.contrasts import difference_of_contrasts
from cuelens.means import difference_of_means
from cuelens.metrics import range_of
from cuelens.ratios import delta_difference_of_ratios, difference_of_ratios
from cuelens.seeds import (
    SeedValues,
    difference_of_checkpoints,
    difference_of_recipes,
    difference_of_seed_means,
)
from cuelens.statistics import Estimate
from cuelens.study.checks.checks import SEEDS_FOR_A_RECIPE
from cuelens.study.outcomes.outcomes import why_not_paired
from cuelens.study.plan.claims import Claim
from cuelens.study.verdicts.evidence import Evidence, Kept, Measured

__all__ = ["Effect", "Standing", "effect_of"]

Standing = Literal["beyond", "short", "across"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """How much a claim's quantity differs between two roles.

    Attributes:
        first: Role whose value is the first.
        second: Role that it is held against.
        first_value: Retention, less that under the control where the claim has one, or mean
            measure; mean over the role's networks.
        second_value: Likewise.
        difference: First minus second, with its 95 % interval.
        p: One-sided p-value of "the difference does not pass the margin".
        standing: Whether the interval lies wholly beyond the margin, wholly short of it or across.
        images: The smallest number of images that a value of a network rests on.
        dropped: How many images were left out, since a network has no map of them.
        seeds: How many training seeds the networks of each role have that were measured.
        left_out: Names of the networks of both roles that were not measured.
        seed_means: The same difference with Welch's interval over training seeds, on these images
            alone; None below 5 seeds a role.
        absolute: Difference of accuracy over all images; None for salience.
        pair_common: Difference of accuracy over the images that both get right clean; None for
            salience, and where there are no such images.
    """

    first: str
    second: str
    first_value: float
    second_value: float
    difference: Estimate
    p: float
    standing: Standing
    images: int
    dropped: int = 0
    seeds: tuple[int, int] = (1, 1)
    left_out: tuple[str, ...] = ()
    seed_means: Estimate | None = None
    absolute: Estimate | None = None
    pair_common: Estimate | None = None


def effect_of(claim: Claim, second: str, evidence: Evidence) -> Effect | str:
    """Return how a claim's first role differs from another, or why that is not known.

    Args:
        claim: What is compared, where and with which margin.
        second: The other role.
        evidence: The records.

    Returns:
        Of the networks that have such records; those that have none are named. One network
        each: paired bootstrap over images (the delta method where a control is
        subtracted, paired t for salience). At least 5 training seeds each: two-way (seed x
        image). Else: these networks, other images.
    """
    first = claim.compare[0]
    if claim.quantity == "retention-area":
        kept = [
            evidence.kept(role, claim.family, claim.levels, against=claim.against)
            for role in (first, second)
        ]
        one, two = kept
        if isinstance(one, str) or isinstance(two, str):
            return one if isinstance(one, str) else str(two)
        return _retained(claim, second, one, two, seeds=_seeds(evidence, one, two))
    maps = [
        evidence.measured(role, claim.family, claim.method, claim.measure)
        for role in (first, second)
    ]
    three, four = maps
    if isinstance(three, str) or isinstance(four, str):
        return three if isinstance(three, str) else str(four)
    return _mapped(claim, second, three, four, seeds=_seeds(evidence, three, four))


def _seeds(evidence: Evidence, one: Kept | Measured, two: Kept | Measured) -> tuple[int, int]:
    return evidence.seeds(one.models), evidence.seeds(two.models)


def _retained(
    claim: Claim, second: str, one: Kept, two: Kept, *, seeds: tuple[int, int]
) -> Effect | str:
    """Return the effect on the area of retention."""
    recipes = min(seeds) >= SEEDS_FOR_A_RECIPE
    reason = why_not_paired(one.outcomes[0], two.outcomes[0])
    if reason is not None:
        return reason
    above = (one.clean * one.right, two.clean * two.right)
    parts = (above[0], one.clean, above[1], two.clean)
    if len(one.clean) == len(two.clean) == 1:
        single = difference_of_contrasts if claim.against else difference_of_ratios
        found = single(*(part[0] for part in parts), threshold=claim.threshold)
    else:
        compare = difference_of_recipes if recipes else difference_of_checkpoints
        found = compare(*parts, threshold=claim.threshold)
    shares = (above[0].sum(1) / one.clean.sum(1), above[1].sum(1) / two.clean.sum(1))
    ones = (np.ones_like(one.clean), np.ones_like(two.clean))
    absolute = _beside(claim, one.right, ones[0], two.right, ones[1], recipes=recipes)
    return Effect(
        first=claim.compare[0],
        second=second,
        first_value=float(shares[0].mean()),
        second_value=float(shares[1].mean()),
        difference=found.estimate,
        p=found.p_above if claim.sign > 0 else found.p_below,
        standing=_standing(claim, found.estimate),
        images=int(min(np.count_nonzero(side.clean, axis=1).min() for side in (one, two))),
        seed_means=difference_of_seed_means(*shares).estimate if recipes else None,
        absolute=absolute,
        pair_common=_pair_common(claim, one, two),
        seeds=seeds,
        left_out=(*one.left_out, *two.left_out),
    )


def _pair_common(claim: Claim, one: Kept, two: Kept) -> Estimate | None:
    """Return the difference of accuracy on common images, mean over all pairs of networks."""
    pairs = list(itertools.product(range(len(one.clean)), range(len(two.clean))))
    common = np.stack([one.clean[a] * two.clean[b] for a, b in pairs])
    if not common.any(axis=1).all():
        return None
    first = np.stack([one.right[a] for a, _ in pairs]) * common
    second = np.stack([two.right[b] for _, b in pairs]) * common
    return _beside(claim, first, common, second, common, recipes=False)


def _beside(
    claim: Claim,
    first_numerators: SeedValues,
    first_denominators: SeedValues,
    second_numerators: SeedValues,
    second_denominators: SeedValues,
    *,
    recipes: bool,
) -> Estimate:
    """Return a difference that is printed beside and decides nothing: no resampling."""
    parts = (first_numerators, first_denominators, second_numerators, second_denominators)
    if len(first_numerators) == len(second_numerators) == 1:
        single = difference_of_contrasts if claim.against else delta_difference_of_ratios
        return single(*(part[0] for part in parts)).estimate
    compare = difference_of_recipes if recipes else difference_of_checkpoints
    return compare(*parts).estimate


def _mapped(
    claim: Claim, second: str, one: Measured, two: Measured, *, seeds: tuple[int, int]
) -> Effect | str:
    """Return the effect on a mean measure of maps."""
    recipes = min(seeds) >= SEEDS_FOR_A_RECIPE
    if one.images != two.images:
        return (
            f"the maps of {claim.compare[0]} ({len(one.images)}) and of {second} "
            f"({len(two.images)}) are not of the same images"
        )
    known = np.isfinite(one.values).all(0) & np.isfinite(two.values).all(0)
    n = int(known.sum())
    if n < 2:
        return f"only {n} of {len(known)} images have maps of {claim.compare[0]} and {second}"
    first, other = one.values[:, known], two.values[:, known]
    if len(first) == len(other) == 1:
        found = difference_of_means(
            first[0], other[0], threshold=claim.threshold, within=range_of(claim.measure)
        )
    else:
        compare = difference_of_recipes if recipes else difference_of_checkpoints
        found = compare(
            first, np.ones_like(first), other, np.ones_like(other), threshold=claim.threshold
        )
    return Effect(
        first=claim.compare[0],
        second=second,
        first_value=float(first.mean()),
        second_value=float(other.mean()),
        difference=found.estimate,
        p=found.p_above if claim.sign > 0 else found.p_below,
        standing=_standing(claim, found.estimate),
        images=n,
        dropped=len(known) - n,
        seeds=seeds,
        left_out=(*one.left_out, *two.left_out),
        seed_means=difference_of_seed_means(first.mean(1), other.mean(1)).estimate
        if recipes
        else None,
    )


def _standing(claim: Claim, difference: Estimate) -> Standing:
    """Return where the interval lies, seen in the claim's direction."""
    low, high = sorted((claim.sign * difference.low, claim.sign * difference.high))
    if low > claim.margin:
        return "beyond"
    return "short" if high < claim.margin else "across"
