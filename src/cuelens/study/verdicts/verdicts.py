"""What the records say of each claim: for, against, undecided or not measured.

The rules are the protocol's. Intervals and p-values come from `effects`, words from `sentences`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from cuelens.errors import ConfigError
from cuelens.statistics import CONFIDENCE, holm
from cuelens.study.checks.checks import Check, check_clean_accuracy, check_images, check_seeds
from cuelens.study.checks.cue_checks import check_matched
from cuelens.study.outcomes.outcomes import Panel
from cuelens.study.plan.claims import Claim
from cuelens.study.plan.stated_claims import PAPER_CLAIMS
from cuelens.study.verdicts.effects import Effect, effect_of
from cuelens.study.verdicts.evidence import Evidence
from cuelens.study.verdicts.rivals import Rival, rival_of
from cuelens.study.verdicts.sentences import counted, listed, p_words, what_disagrees, words_of

__all__ = ["Outcome", "Verdict", "verdicts"]

Outcome = Literal["for", "against", "undecided", "not measured"]
_LIMIT = (1 - CONFIDENCE) / 2
"""Of one-sided p-values: what a 95 % interval leaves on one side."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the records say of one claim.

    Attributes:
        claim: What was claimed.
        outcome: "for" if both intervals lie wholly beyond the margin, after Holm's correction;
            "against" if one lies wholly short of it; "not measured" if neither could be compared.
        sentence: The outcome in plain English, with the numbers.
        effects: Against the second role, then against the control; those that were measured.
        missing: Why a comparison could not be made, one sentence part each.
        p: One-sided p-value of the claim: the larger of its comparisons'; 1 where one is missing.
        p_holm: Corrected for all claims of the family, the ones not measured too.
        family_size: How many claims the family has.
        disagree: Which differences of absolute or pair-common accuracy have the opposite sign.
        checks: Named checks, raised or passed.
        rival: What another explanation accounts for; None where the claim names none.
    """

    claim: Claim
    outcome: Outcome
    sentence: str
    effects: tuple[Effect, ...]
    missing: tuple[str, ...]
    p: float
    p_holm: float
    family_size: int
    disagree: tuple[str, ...]
    checks: tuple[Check, ...]
    rival: Rival | None = None


def verdicts(
    predictions: pl.DataFrame | Panel,
    salience: pl.DataFrame,
    claims: Sequence[Claim] = PAPER_CLAIMS,
    models: Mapping[str, str | Sequence[str] | None] | None = None,
    *,
    dataset: str = "test",
) -> list[Verdict]:
    """Hold claims against records.

    Args:
        predictions: Records of predictions, or the panel made of them.
        salience: Records of salience measures; may have no rows.
        claims: One family of tests, fixed before the study ran.
        models: Each role with the name of the network that plays it, the names of several (one a
            training seed), or None where nobody does. None: every name is its own role.
        dataset: Name of the data set in the records.

    Returns:
        One verdict for each claim, in their order. Its fields are numbers, text and tuples:
        `dataclasses.asdict` gives what JSON can hold.

    Raises:
        ConfigError: If two claims have one name.
        RecordError: If the records lack columns or are double.

    Source:
        Holm, 1979, https://www.jstor.org/stable/4615733; Berger, 1982,
        https://doi.org/10.1080/00401706.1982.10487790 (a conjunction's p-value is the largest).
        Differs: a claim that was not measured stays in the family, with p = 1.
    """
    names = [claim.name for claim in claims]
    if len(set(names)) < len(names):
        raise ConfigError(f"Every claim must have a name of its own, got {', '.join(names)}.")
    panel = predictions if isinstance(predictions, Panel) else Panel.of(predictions)
    if models is None:
        models = {name: name for name in (*panel.models, *salience["model"].unique())}
    evidence = Evidence(panel=panel, salience=salience, roles=_named(models), dataset=dataset)
    held = [_held(claim, evidence) for claim in claims]
    p_values = [
        1.0 if missing else max(effect.p for effect in effects) for effects, missing in held
    ]
    return [
        _verdict(claim, evidence, effects, missing, p, corrected, len(claims))
        for claim, (effects, missing), p, corrected in zip(
            claims, held, p_values, holm(p_values), strict=True
        )
    ]


def _named(models: Mapping[str, str | Sequence[str] | None]) -> dict[str, tuple[str, ...]]:
    return {
        role: (names,) if isinstance(names, str) else tuple(names or ())
        for role, names in models.items()
    }


def _held(claim: Claim, evidence: Evidence) -> tuple[tuple[Effect, ...], tuple[str, ...]]:
    """Return the comparisons of a claim, and why others could not be made."""
    found = [effect_of(claim, role, evidence) for role in (claim.compare[1], claim.control)]
    effects = tuple(each for each in found if isinstance(each, Effect))
    return effects, tuple(dict.fromkeys(each for each in found if isinstance(each, str)))


def _verdict(
    claim: Claim,
    evidence: Evidence,
    effects: tuple[Effect, ...],
    missing: tuple[str, ...],
    p: float,
    corrected: float,
    family_size: int,
) -> Verdict:
    if any(effect.standing == "short" for effect in effects):
        outcome: Outcome = "against"
    elif not effects:
        outcome = "not measured"
    elif all(effect.standing == "beyond" for effect in effects) and corrected <= _LIMIT:
        outcome = "for"
    else:
        outcome = "undecided"
    checks = _checks(claim, evidence, effects)
    numbers = list(words_of(claim, effects)) if effects else []
    lead = numbers.pop(0) if numbers else f"{listed(missing)}."
    sentence = [f"{outcome.capitalize()}: {lead}"]
    if effects:
        sentence.append(_because(claim, outcome, effects, missing, corrected, family_size))
    sentence += numbers
    left_out = dict.fromkeys(name for effect in effects for name in effect.left_out)
    if left_out:
        sentence.append(f"Left out, since this was not measured of them: {listed([*left_out])}.")
    if any(check.name == "single-seed" and check.raised for check in checks):
        sentence.append("This speaks of these checkpoints, not of the recipes.")
    return Verdict(
        claim=claim,
        outcome=outcome,
        sentence=" ".join(sentence),
        effects=effects,
        missing=missing,
        p=p,
        p_holm=corrected,
        family_size=family_size,
        disagree=what_disagrees(effects),
        checks=checks,
        rival=rival_of(claim, evidence) if effects else None,
    )


def _because(
    claim: Claim,
    outcome: Outcome,
    effects: Sequence[Effect],
    missing: Sequence[str],
    corrected: float,
    family_size: int,
) -> str:
    """Return why the numbers come to the outcome."""
    if claim.quantity == "retention-area":
        margin = f"{100 * claim.margin:g} points"
    else:
        margin = f"{claim.margin:g}"
    more = "more" if claim.direction == "greater" else "less"
    roles = listed([claim.compare[1], claim.control])
    asked = f"The claim asks for over {margin} {more} than {roles}"
    beyond, short, across = (
        [f"against {effect.second}" for effect in effects if effect.standing == standing]
        for standing in ("beyond", "short", "across")
    )
    lack = f"; {listed(missing)}" if missing else ""
    if outcome == "against":
        return f"{asked}: {listed(short)} the interval lies wholly short of that{lack}."
    if missing:
        part = f": {listed(beyond)} the interval lies wholly beyond that" if beyond else ""
        part = part or f": {listed(across)} the interval reaches across that"
        return f"{asked}{part}{lack}."
    if across:
        return f"{asked}: {listed(across)} the interval reaches across that."
    tail = f"({p_words(corrected)}, limit {_LIMIT:.3f})".replace(" 0.", " .")
    beyond_both = f"{asked}: both intervals lie wholly beyond that"
    if family_size == 1:
        return f"{beyond_both}{'' if outcome == 'for' else ', but too narrowly'} {tail}."
    family = f"after Holm's correction for {counted(family_size, 'claim')}"
    if outcome == "for":
        return f"{beyond_both}, {family} too {tail}."
    return f"{beyond_both}, but not {family} {tail}."


def _checks(claim: Claim, evidence: Evidence, effects: Sequence[Effect]) -> tuple[Check, ...]:
    """Return the named checks of a claim; none where nothing was measured."""
    if not effects:
        return ()
    about = (claim.name,)
    seeds = {claim.compare[0]: min(effect.seeds[0] for effect in effects)}
    checks = [
        check_seeds(seeds | {effect.second: effect.seeds[1] for effect in effects}, about),
        check_images(min(effect.images for effect in effects), about),
    ]
    if claim.against:
        own, other = (
            evidence.changes(claim.compare[0], family, claim.levels)
            for family in (claim.family, claim.against)
        )
        if own and other and min(own) > 0:
            apart = max(abs(b / a - 1) for a, b in zip(own, other, strict=True))
            sizes = (claim.family, sum(own) / len(own)), (claim.against, sum(other) / len(other))
            checks.append(check_matched(*sizes, apart, about))
    control, first = (evidence.clean_accuracy(role) for role in (claim.control, claim.compare[0]))
    if control is not None and first is not None:
        checks.append(
            check_clean_accuracy(
                (claim.control, control[0]),
                (claim.compare[0], first[0]),
                min(control[1], first[1]),
                about,
            )
        )
    return tuple(checks)
