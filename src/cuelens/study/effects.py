"""One comparison of a claim: how much two roles differ, from records.

It knows which records a claim needs and which interval fits how many networks there are; what the
difference means for the claim is in `verdicts`.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from cuelens.means import difference_of_means
from cuelens.ratios import difference_of_ratios
from cuelens.seeds import SeedValues, difference_of_checkpoints, difference_of_recipes
from cuelens.statistics import Difference, Estimate
from cuelens.study.checks import SEEDS_FOR_A_RECIPE
from cuelens.study.claims import Claim
from cuelens.study.outcomes import Panel, require_columns, why_not_paired

__all__ = ["Effect", "Evidence", "Standing"]

Standing = Literal["beyond", "short", "unclear"]

_SALIENCE = ("model", "dataset", "family", "image", "method", "measure", "value", "training_seed")
_MASKED = ("contour_share", "inside_share", "background_share")


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """How much a claim's quantity differs between two roles.

    Attributes:
        first: Role whose value is the first.
        second: Role that it is held against.
        first_value: Retention or mean measure, mean over the role's networks.
        second_value: Likewise.
        difference: First minus second, with its 95 % interval.
        p: One-sided p-value of "the difference does not pass the margin".
        standing: Whether the interval lies wholly beyond the margin, wholly short of it, or neither.
        images: The smallest number of images that a value of a network rests on.
        dropped: How many images were left out, since a network has no map for them.
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
    absolute: Estimate | None = None
    pair_common: Estimate | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """The records that claims are held against.

    Attributes:
        panel: Outcomes of predictions.
        salience: Records of salience measures.
        roles: Names of the networks that play each role, one a training seed.
        dataset: Name of the data set in the records.
    """

    panel: Panel
    salience: pl.DataFrame
    roles: Mapping[str, tuple[str, ...]]
    dataset: str

    def __post_init__(self) -> None:
        require_columns("salience", self.salience, _SALIENCE)

    def seeds(self, role: str) -> int:
        """Return how many training seeds a role has; networks of unknown seed count as one."""
        known = {
            **dict(self.salience.select("model", "training_seed").unique().iter_rows()),
            **self.panel.seeds,
        }
        found = {known.get(model) for model in self.roles.get(role, ())}
        return len(found)

    def clean_accuracy(self, role: str) -> tuple[float, int] | None:
        """Return a role's accuracy on clean images, mean over its networks, and their number."""
        found = [self.panel.get(model, self.dataset) for model in self.roles.get(role, ())]
        right = [outcomes.right for outcomes in found if outcomes is not None]
        if not right or len(right) < len(found):
            return None
        return float(np.mean([each.mean() for each in right])), min(map(len, right))

    def effect(self, claim: Claim, second: str) -> Effect | str:
        """Return how the claim's first role differs from another, or why that is not known.

        Args:
            claim: What is compared.
            second: The other role.
        """
        first = claim.compare[0]
        for role in (first, second):
            if not self.roles.get(role):
                return f"no model has the role {role}"
        measure = self._kept if claim.quantity == "retention-area" else self._measured
        found = measure(claim, second)
        return found if isinstance(found, str) else self._judged(claim, second, *found)

    def _judged(
        self, claim: Claim, second: str, values: tuple[float, float], found: Difference,
        rest: Mapping[str, object],
    ) -> Effect:  # fmt: skip
        """Return the effect with its place against the margin."""
        low, high = sorted(claim.sign * limit for limit in (found.estimate.low, found.estimate.high))
        standing: Standing = "unclear"
        if low > claim.margin:
            standing = "beyond"
        elif high < claim.margin:
            standing = "short"
        return Effect(
            first=claim.compare[0],
            second=second,
            first_value=values[0],
            second_value=values[1],
            difference=found.estimate,
            p=found.p_above if claim.sign > 0 else found.p_below,
            standing=standing,
            **rest,  # type: ignore[arg-type]
        )
