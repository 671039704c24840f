"""The rival explanation: planted records produce each outcome, with the numbers in the sentence."""

import dataclasses
import json

import polars as pl
import pytest
from tests.study.planted import Planted, planted_predictions, planted_salience

from cuelens.study.plan.claims import Claim
from cuelens.study.plan.stated_claims import PAPER_CLAIMS
from cuelens.study.verdicts.verdicts import verdicts

ROLES = ("standard", "adversarial", "underfit", "control")
STYLISED, SATURATION, SHUFFLE, CONTOURS, SPARSITY = PAPER_CLAIMS


def judged(claim: Claim, share: float, *, size: float = 0.2, n: int = 3000, seeds: int = 1):
    """Return the verdict where the control shows a share of the difference."""
    signed = claim.sign * size
    values = dict(zip(ROLES, (0.5, 0.5 + signed, 0.5, 0.5 + share * signed), strict=True))
    planted, players = {}, {}
    for role, value in values.items():
        players[role] = [f"{role}-{seed}" for seed in range(seeds)]
        for seed, name in enumerate(players[role]):
            kept = {claim.family: value} | ({claim.against: 0.9} if claim.against else {})
            maps = {claim.measure: value} if claim.measure else {}
            planted[name] = Planted(kept=kept, maps=maps, seed=seed)
    conditions = [(claim.family, level) for level in claim.levels or (None,)]
    conditions = [] if claim.measure else conditions
    conditions += [(claim.against, None)] if claim.against else []
    predictions = planted_predictions(planted, conditions, n=n)
    (verdict,) = verdicts(predictions, planted_salience(planted, n=n), [claim], players)
    return verdict


@pytest.mark.parametrize("claim", PAPER_CLAIMS, ids=lambda claim: claim.name)
@pytest.mark.parametrize(
    ("share", "outcome"), [(1.0, "explained"), (0.65, "undecided"), (0.1, "not explained")]
)
def test_each_outcome_comes_of_planted_records(claim, share, outcome):
    size = 0.4 if claim.against else 0.2
    verdict = judged(claim, share, size=size, n=6000)
    assert verdict.outcome == "for"
    assert verdict.rival.outcome == outcome
    assert verdict.rival.share.low <= share <= verdict.rival.share.high


def test_the_sentence_that_a_rival_explains_holds_every_number():
    assert judged(SATURATION, 1.0).rival.sentence == (
        "Explained by the rival: control shows 96 % of the difference between adversarial and "
        "standard (interval 90 to 103 %, n = 3,000), all of it at least 80 %."
    )


def test_the_sentence_that_a_rival_does_not_explain_holds_every_number():
    assert judged(SATURATION, 0.1).rival.sentence == (
        "Not explained by the rival: control shows 4 % of the difference between adversarial and "
        "standard (interval -3 to 10 %, n = 3,000), all of it at most 50 %."
    )


def test_the_sentence_of_an_undecided_rival_holds_every_number():
    assert judged(SATURATION, 0.65).rival.sentence == (
        "Rival explanation undecided: control shows 61 % of the difference between adversarial and "
        "standard (interval 55 to 67 %, n = 3,000); it asks for at least 80 % to explain the "
        "claim, at most 50 % not to."
    )


def test_a_difference_that_is_none_has_no_share():
    verdict = judged(SATURATION, 1.0, size=0.0, n=400)
    assert verdict.outcome != "for"
    assert verdict.rival.outcome == "undecided"
    assert verdict.rival.share is None
    assert verdict.rival.sentence == (
        "Rival explanation undecided: adversarial and standard cannot be told apart, so that no "
        "share of their difference can be given to control."
    )
    json.dumps(dataclasses.asdict(verdict), allow_nan=False)


def test_recipes_of_five_seeds_are_judged_for_other_seeds():
    verdict = judged(SATURATION, 0.1, n=600, seeds=5)
    assert verdict.rival.outcome == "not explained"
    assert [effect.difference.method for effect in verdict.effects] == (
        ["two-way (seed x image)"] * 2
    )
    assert "checkpoints" not in verdict.sentence


def test_without_a_rival_the_sentence_says_that_it_was_not_tested():
    planted = {role: Planted(kept={"saturation": 0.5}) for role in ROLES[:3]}
    records = planted_predictions(planted, n=100)
    (verdict,) = verdicts(records, planted_salience({}), [SATURATION])
    assert verdict.rival.outcome == "not measured"
    assert verdict.rival.sentence == (
        "Rival explanation not tested: no model has the role control."
    )
    (none,) = verdicts(records, planted_salience({}), [dataclasses.replace(SATURATION, rival="")])
    assert none.rival is None


def test_a_claim_that_was_not_measured_has_no_rival():
    planted = {role: Planted(kept={"shuffle": 0.5}) for role in ROLES}
    records = planted_predictions(planted, n=100)
    (verdict,) = verdicts(records, planted_salience({}), [SATURATION])
    assert (verdict.outcome, verdict.rival) == ("not measured", None)


def test_maps_of_other_images_are_not_compared():
    planted = {role: Planted(maps={"sparsity": 0.5}) for role in ROLES}
    maps = planted_salience(planted, n=50).filter(
        ~((pl.col("model") == "control") & (pl.col("image") == "test/00000"))
    )
    (verdict,) = verdicts(planted_predictions(planted, n=50), maps, [SPARSITY])
    assert verdict.rival.sentence == (
        "Rival explanation not tested: the maps are not of the same images."
    )
