"""How many images and seeds decide the claims of a study, checked by simulation."""

import dataclasses

import numpy as np
import pytest
from tests.study.planted import Planted, planted_predictions, planted_salience

from cuelens.errors import ConfigError
from cuelens.ratios import delta_difference_of_ratios
from cuelens.study.outcomes.outcomes import Panel
from cuelens.study.plan.claims import Claim
from cuelens.study.plan.plan import plan_of
from cuelens.study.plan.stated_claims import PAPER_CLAIMS
from cuelens.study.power import Assumptions, _measured, power_table, spread_of
from cuelens.study.verdicts.evidence import Evidence

STYLISED, SATURATION, SHUFFLE, CONTOURS, SPARSITY = PAPER_CLAIMS
ONE = Claim(name="one", statement="", family="shuffle", levels=(2.0,), direction="greater")


@pytest.fixture
def plan(tiny_content):
    return plan_of(tiny_content, where="study.yaml")


def pairs(rng, first, second, correlation, n):
    """Return two rows of right and wrong with these rates and this correlation."""
    both = first * second + correlation * np.sqrt(first * (1 - first) * second * (1 - second))
    cells = rng.choice(4, n, p=[both, first - both, second - both, 1 - first - second + both])
    return (cells < 2) * 1.0, ((cells == 0) | (cells == 2)) * 1.0


def test_the_table_has_a_row_for_each_claim_and_effect(plan):
    found = power_table(plan)
    assert found["claim"].to_list() == [c.name for c in PAPER_CLAIMS for _ in range(2)]
    assert found["times_margin"].to_list() == [2.0, 3.0] * 5
    assert found.filter(claim="patch-shuffle")["effect"].to_list() == [-0.04, -0.06]
    assert (found["images_80"] < found["images_90"]).all()
    assert (found["seeds_80"] >= 5).all()
    wide, narrow = found.filter(claim="saturation")["images_80"].to_list()
    assert wide / narrow == pytest.approx(
        4, rel=0.02
    )  # twice the distance, a quarter of the images


def test_the_spread_is_that_of_paired_ratios():
    assumed = Assumptions(clean=0.7, retention=0.6, correlation=0.3)
    spread = spread_of(ONE, 0.04, assumed)
    rng = np.random.default_rng(1)
    n = 400_000
    clean = (rng.random(n) < 0.7) * 1.0
    one, two = pairs(rng, 0.64, 0.6, 0.3, n)
    found = delta_difference_of_ratios(clean * one, clean, clean * two, clean)
    assert spread.of_images == pytest.approx(found.error * np.sqrt(n), rel=0.01)


def test_so_many_images_decide_a_claim_as_often_as_is_said(plan):
    claim = dataclasses.replace(ONE, margin=0.04)
    plan = dataclasses.replace(plan, claims=(claim,))
    assumed = Assumptions(clean=0.8, retention=0.6, correlation=0.3)
    row = power_table(plan, assumed=assumed).row(0, named=True)
    rng, decided = np.random.default_rng(2), 0
    for _ in range(400):
        n, standings = row["images_80"], []
        clean = (rng.random(n) < 0.8) * 1.0
        for _second in ("standard", "underfit"):
            one, two = pairs(rng, 0.6 + row["effect"], 0.6, 0.3, n)
            found = delta_difference_of_ratios(clean * one, clean, clean * two, clean)
            standings.append(found.estimate.low > claim.margin)
        decided += all(standings)
    assert 0.75 <= decided / 400 <= 0.88


def test_a_margin_of_nothing_needs_no_images_of_its_own(plan):
    claim = dataclasses.replace(ONE, margin=0.0)
    row = power_table(dataclasses.replace(plan, claims=(claim,))).row(0, named=True)
    assert (row["images_80"], row["seeds_90"]) == (None, None)


def evidence(n=4000):
    networks = {
        "standard": Planted(kept={"saturation": 0.6}, maps={"sparsity": 0.5}),
        "adversarial": Planted(kept={"saturation": 0.7}, maps={"sparsity": 0.6}),
        "underfit": Planted(kept={"saturation": 0.6}),
    }
    return Evidence(
        panel=Panel.of(planted_predictions(networks, [("saturation", 8.0)], n=n)),
        salience=planted_salience(networks, n=n),
        roles={name: (name,) for name in networks},
        dataset="test",
    )


def test_the_spread_of_a_run_is_that_of_its_records():
    claim = dataclasses.replace(SATURATION, levels=(8.0,))
    found = _measured(claim, evidence(), "run")
    assumed = spread_of(claim, 0.1, Assumptions(clean=0.8, retention=0.6, correlation=0.0))
    assert found.of_images == pytest.approx(assumed.of_images, rel=0.05)
    assert found.correlation == pytest.approx(0.0, abs=0.1)
    assert found.basis == "from run, spread over seeds assumed"


def test_the_spread_of_maps_is_that_of_their_differences():
    found = _measured(SPARSITY, evidence(), "run")
    assert found.of_images == pytest.approx(0.05 * np.sqrt(2), rel=0.05)
    assert found.correlation == pytest.approx(0.5, abs=0.1)


def test_what_a_run_does_not_tell_is_assumed_and_said(tiny_run, plan):
    found = power_table(plan, run=tiny_run)
    basis = dict(found.select("claim", "basis").iter_rows())
    assert basis["saturation"] == f"from {tiny_run.name}, spread over seeds assumed"
    assert basis["stylised"].startswith("assumed: there are no records of adversarial under")


def test_several_seeds_tell_their_spread():
    networks = {
        f"{role}-{seed}": Planted(kept={"shuffle": kept + 0.05 * seed}, seed=seed)
        for role, kept in (("standard", 0.4), ("adversarial", 0.6))
        for seed in range(3)
    }
    players = {
        role: tuple(f"{role}-{seed}" for seed in range(3)) for role in ("standard", "adversarial")
    }
    seen = Evidence(
        panel=Panel.of(planted_predictions(networks, [("shuffle", 2.0)], n=4000)),
        salience=planted_salience({}),
        roles=players,
        dataset="test",
    )
    found = _measured(ONE, seen, "run")
    assert found.of_seeds == pytest.approx(0.05, abs=0.02)
    assert found.basis == "from run"


def test_assumptions_outside_their_range_are_refused():
    with pytest.raises(ConfigError) as caught:
        Assumptions(retention=60)
    assert str(caught.value) == (
        "`retention` must be at least 0 and below 1, got 60. Did you mean 0.6?"
    )


def test_one_image_compares_nothing(plan):
    with pytest.raises(ConfigError) as caught:
        power_table(plan, images=1)
    assert str(caught.value) == "`images` must be at least 2, got 1."
