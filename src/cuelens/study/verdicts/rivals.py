"""Whether a rival explains a claim's difference: a network that shows it for another reason.

It knows R = (rival - second) / (first - second), its interval and the two limits that a claim
states; it decides nothing about the claim itself.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cuelens.shares import Sums, share_of_difference
from cuelens.statistics import Estimate
from cuelens.study.checks.checks import SEEDS_FOR_A_RECIPE
from cuelens.study.outcomes.outcomes import why_not_paired
from cuelens.study.plan.claims import Claim
from cuelens.study.verdicts.evidence import Evidence, Kept, Measured

__all__ = ["Rival", "rival_of"]

RivalOutcome = Literal["explained", "not explained", "undecided", "not measured"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rival:
    """What a rival accounts for.

    Attributes:
        role: Who plays the rival.
        outcome: "explained" if the interval of the share lies at or above the claim's `explained`,
            "not explained" if it lies at or below `unexplained`, "not measured" if records are
            missing.
        share: Of the difference, with its interval; None where it is unknown.
        sentence: The outcome in plain English, with the numbers.
    """

    role: str
    outcome: RivalOutcome
    share: Estimate | None
    sentence: str


def rival_of(claim: Claim, evidence: Evidence) -> Rival | None:
    """Return what a claim's rival accounts for; None if the claim has none.

    Args:
        claim: What is compared, and with which limits.
        evidence: The records.
    """
    if not claim.rival:
        return None
    roles = (claim.compare[1], claim.compare[0], claim.rival)
    found = _sums(claim, roles, evidence)
    if isinstance(found, str):
        sentence = f"Rival explanation not tested: {found}."
        return Rival(role=claim.rival, outcome="not measured", share=None, sentence=sentence)
    sums, networks = found
    recipes = min(evidence.seeds(names) for names in networks) >= SEEDS_FOR_A_RECIPE
    share = share_of_difference(*sums, recipes=recipes)
    if share is None:
        sentence = (
            f"Rival explanation undecided: {claim.compare[0]} and {claim.compare[1]} cannot be "
            f"told apart, so that no share of their difference can be given to {claim.rival}."
        )
        return Rival(role=claim.rival, outcome="undecided", share=None, sentence=sentence)
    outcome = _outcome(claim, share)
    return Rival(
        role=claim.rival, outcome=outcome, share=share, sentence=_sentence(claim, share, outcome)
    )


def _sums(
    claim: Claim, roles: tuple[str, str, str], evidence: Evidence
) -> tuple[tuple[Sums, Sums, Sums], list[tuple[str, ...]]] | str:
    """Return what the share is made of and of which networks, or why it is not known."""
    if claim.quantity == "retention-area":
        kept = []
        for role in roles:
            one = evidence.kept(role, claim.family, claim.levels, against=claim.against)
            if isinstance(one, str):
                return one
            kept.append(one)
        sums = _of_kept(kept)
        return sums if isinstance(sums, str) else (sums, [each.models for each in kept])
    maps = []
    for role in roles:
        measured = evidence.measured(role, claim.family, claim.method, claim.measure)
        if isinstance(measured, str):
            return measured
        maps.append(measured)
    sums = _of_maps(maps)
    return sums if isinstance(sums, str) else (sums, [each.models for each in maps])


def _of_kept(kept: list[Kept]) -> tuple[Sums, Sums, Sums] | str:
    for each in kept[1:]:
        reason = why_not_paired(kept[0].outcomes[0], each.outcomes[0])
        if reason is not None:
            return reason
    base, full, other = (
        Sums(numerators=each.clean * each.right, denominators=each.clean) for each in kept
    )
    return base, full, other


def _of_maps(maps: list[Measured]) -> tuple[Sums, Sums, Sums] | str:
    if len({each.images for each in maps}) > 1:
        return "the maps are not of the same images"
    known = np.all([np.isfinite(each.values).all(0) for each in maps], axis=0)
    if known.sum() < 2:
        return f"only {known.sum()} of {len(known)} images have maps of all three"
    values = [each.values[:, known] for each in maps]
    base, full, other = (Sums(numerators=one, denominators=np.ones_like(one)) for one in values)
    return base, full, other


def _outcome(claim: Claim, share: Estimate) -> RivalOutcome:
    if share.low >= claim.explained:
        return "explained"
    return "not explained" if share.high <= claim.unexplained else "undecided"


def _sentence(claim: Claim, share: Estimate, outcome: RivalOutcome) -> str:
    first, second = claim.compare
    lead = (
        f"{claim.rival} shows {100 * share.value:.0f} % of the difference between {first} and "
        f"{second} (interval {100 * share.low:.0f} to {100 * share.high:.0f} %, n = {share.n:,})"
    )
    if outcome == "explained":
        return f"Explained by the rival: {lead}, all of it at least {100 * claim.explained:g} %."
    if outcome == "not explained":
        return (
            f"Not explained by the rival: {lead}, all of it at most {100 * claim.unexplained:g} %."
        )
    return (
        f"Rival explanation undecided: {lead}; it asks for at least {100 * claim.explained:g} % to "
        f"explain the claim, at most {100 * claim.unexplained:g} % not to."
    )
