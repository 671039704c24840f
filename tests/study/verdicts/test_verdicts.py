import dataclasses
import json

import polars as pl
import pytest
from tests.study.planted import Planted, planted_predictions, planted_salience

from cuelens.errors import ConfigError, RecordError
from cuelens.statistics import Estimate
from cuelens.study.plan.claims import Claim
from cuelens.study.plan.stated_claims import PAPER_CLAIMS
from cuelens.study.verdicts.effects import Effect
from cuelens.study.verdicts.verdicts import verdicts

CLAIMS = {claim.name: claim for claim in PAPER_CLAIMS}
STYLISED, SATURATION, SHUFFLE, CONTOURS, SPARSITY = PAPER_CLAIMS
NO_MAPS = planted_salience({})
ROLES = ("standard", "adversarial", "underfit")


def networks(claim: Claim, values: tuple[float, float, float]) -> dict[str, Planted]:
    """Return three networks whose quantity of a claim has these true values."""
    out = {}
    for role, value in zip(ROLES, values, strict=True):
        clean = 0.9 if role == "standard" else 0.7
        if claim.quantity == "retention-area":
            kept = {claim.family: value} | ({claim.against: 0.9} if claim.against else {})
            out[role] = Planted(clean=clean, kept=kept)
        else:
            out[role] = Planted(clean=clean, maps={claim.measure: value})
    return out


def judge(claim: Claim, values: tuple[float, float, float], *, n: int = 1500):
    """Return the verdict on a claim, alone in its family, from planted records."""
    planted = networks(claim, values)
    predictions = planted_predictions(planted, n=n)
    (verdict,) = verdicts(predictions, planted_salience(planted, n=n), [claim])
    return verdict


def turned(claim: Claim, standard: float, adversarial: float, underfit: float):
    """Return values in the claim's direction: higher ones are for a claim of "greater"."""
    values = (standard, adversarial, underfit)
    return values if claim.direction == "greater" else tuple(1 - value for value in values)


@pytest.mark.parametrize("claim", PAPER_CLAIMS, ids=CLAIMS)
def test_a_large_difference_from_both_is_for_the_claim(claim):
    verdict = judge(claim, turned(claim, 0.5, 0.65, 0.53))
    assert verdict.outcome == "for"
    assert [effect.standing for effect in verdict.effects] == ["beyond", "beyond"]
    assert verdict.p_holm <= 0.025


@pytest.mark.parametrize("claim", PAPER_CLAIMS, ids=CLAIMS)
def test_the_opposite_difference_is_against_the_claim(claim):
    verdict = judge(claim, turned(claim, 0.6, 0.5, 0.6))
    assert verdict.outcome == "against"
    assert [effect.standing for effect in verdict.effects] == ["short", "short"]


@pytest.mark.parametrize("claim", PAPER_CLAIMS, ids=CLAIMS)
def test_a_difference_about_the_margin_is_undecided(claim):
    verdict = judge(claim, turned(claim, 0.5, 0.52, 0.5), n=200)
    assert verdict.outcome == "undecided"
    assert "across" in [effect.standing for effect in verdict.effects]


@pytest.mark.parametrize("claim", PAPER_CLAIMS, ids=CLAIMS)
def test_an_underfit_network_that_does_the_same_is_against_the_claim(claim):
    verdict = judge(claim, turned(claim, 0.5, 0.65, 0.65))
    assert verdict.outcome == ("against" if verdict.effects[1].standing == "short" else "undecided")
    assert verdict.effects[0].standing == "beyond"
    better = judge(claim, turned(claim, 0.5, 0.65, 0.7))
    assert better.outcome == "against"
    assert "against underfit the interval lies wholly short of that." in better.sentence


@pytest.mark.parametrize("claim", PAPER_CLAIMS, ids=CLAIMS)
def test_a_claim_is_undecided_without_its_control(claim):
    planted = networks(claim, turned(claim, 0.5, 0.65, 0.5))
    del planted["underfit"]
    found = verdicts(planted_predictions(planted), planted_salience(planted), [claim])[0]
    assert found.outcome == "undecided"
    assert found.missing == ("no model has the role underfit",)
    assert [effect.second for effect in found.effects] == ["standard"]
    assert "the interval lies wholly beyond that; no model has the role underfit." in found.sentence
    assert (found.p, found.p_holm) == (1.0, 1.0)


def test_a_claim_that_fails_against_the_standard_fails_without_its_control():
    planted = networks(SATURATION, (0.6, 0.5, 0.5))
    found = verdicts(
        planted_predictions(planted),
        NO_MAPS,
        [SATURATION],
        {"standard": "standard", "adversarial": "adversarial", "underfit": None},
    )[0]
    assert found.outcome == "against"
    assert found.sentence.count("no model has the role underfit") == 1


def test_the_sentence_for_a_claim_holds_every_number():
    assert judge(SATURATION, (0.5, 0.65, 0.53)).sentence == (
        "For: under saturation (mean over levels 8, 16, 64 and 1024), adversarial keeps 65.1 % of"
        " the images that it gets right clean: 16.2 points more than standard (48.9 %; interval "
        "of the difference +14.2 to +18.1, n = 1,048) and 11.2 points more than underfit (53.9 %;"
        " interval of the difference +9.1 to +13.3, n = 1,048). The claim asks for over 2 points "
        "more than standard and underfit: both intervals lie wholly beyond that (p < .001, limit "
        ".025). Absolute accuracy differs by +3.4 points against standard and +7.4 points against"
        " underfit; pair-common accuracy differs by +16.0 points against standard and +12.1 "
        "points against underfit, with the sign of retention. This speaks of these checkpoints, "
        "not of the recipes."
    )


def test_the_sentence_against_a_claim_holds_every_number():
    assert judge(SHUFFLE, (0.4, 0.5, 0.38)).sentence == (
        "Against: under shuffle (mean over levels 2 and 4), adversarial keeps 50.4 % of the "
        "images that it gets right clean: 13.2 points more than standard (37.2 %; interval of the"
        " difference +10.3 to +16.0, n = 1,054) and 11.5 points more than underfit (38.8 %; "
        "interval of the difference +8.4 to +14.5, n = 1,054). The claim asks for over 2 points "
        "less than standard and underfit: against standard and against underfit the interval lies"
        " wholly short of that. Absolute accuracy differs by +3.6 points against standard and "
        "+7.3 points against underfit; pair-common accuracy differs by +13.5 points against "
        "standard and +11.6 points against underfit, with the sign of retention. This speaks of "
        "these checkpoints, not of the recipes."
    )


def test_the_sentence_of_an_undecided_claim_holds_every_number():
    assert judge(SPARSITY, (0.5, 0.52, 0.5), n=150).sentence == (
        "Undecided: in gradient maps the sparsity of salience (Gini) is 0.525 in adversarial: "
        "0.029 more than standard (0.496; interval of the difference +0.017 to +0.040, n = 150) "
        "and 0.025 more than underfit (0.500; interval of the difference +0.014 to +0.036, n = "
        "150). The claim asks for over 0.02 more than standard and underfit: against standard and"
        " against underfit the interval reaches across that. This speaks of these checkpoints, "
        "not of the recipes."
    )


def stylised(standard, adversarial, underfit, n: int = 1500, change: float = 0.2):
    """Return the verdict of networks that keep (stylised, self-styled) shares."""
    planted = {
        role: Planted(
            clean=0.9 if role == "standard" else 0.7,
            kept=dict(zip(("stylised", "self-styled"), pair, strict=True)),
            change={"self-styled": change},
        )
        for role, pair in zip(ROLES, (standard, adversarial, underfit), strict=True)
    }
    return verdicts(planted_predictions(planted, n=n), NO_MAPS, [STYLISED])[0]


def test_the_claim_on_stylised_images_holds_against_their_control():
    verdict = stylised((0.4, 0.9), (0.6, 0.9), (0.4, 0.85))
    assert verdict.outcome == "for"
    assert verdict.sentence == (
        "For: retention under stylised minus that under self-styled, its control, is -31.5 points"
        " in adversarial: 19.8 points more than standard (-51.3; interval of the difference +15.4"
        " to +24.2, n = 1,054) and 9.9 points more than underfit (-41.4; interval of the "
        "difference +4.8 to +15.0, n = 1,054). The claim asks for over 2 points more than "
        "standard and underfit: both intervals lie wholly beyond that (p = .001, limit .025). "
        "Absolute accuracy differs by +24.7 points against standard and +8.3 points against "
        "underfit; pair-common accuracy differs by +18.9 points against standard and +9.9 points "
        "against underfit, with the sign of retention. This speaks of these checkpoints, not of "
        "the recipes."
    )
    assert [effect.difference.method for effect in verdict.effects] == ["delta method"] * 2


def test_what_the_painters_blur_takes_is_not_counted_as_texture():
    # The adversarial network keeps 20 points more of stylised images, and of repainted ones.
    verdict = stylised((0.4, 0.7), (0.6, 0.9), (0.4, 0.7))
    assert verdict.outcome == "against"
    better = stylised((0.4, 0.9), (0.4, 0.7), (0.4, 0.9))
    assert better.outcome == "for"


def test_an_effect_against_a_control_is_the_difference_of_four_retentions():
    planted = {
        role: Planted(clean=0.8, kept={"stylised": kept, "self-styled": 0.9})
        for role, kept in zip(ROLES, (0.4, 0.6, 0.4), strict=True)
    }
    records = planted_predictions(planted, n=400).with_columns(
        right=(pl.col("prediction") == pl.col("label"))
    )
    effect = verdicts(records, NO_MAPS, [STYLISED])[0].effects[0]
    kept, everywhere = {}, {}
    for model in ROLES:
        own = records.filter(model=model)
        clean = own.filter(family="clean").filter("right")["image"].implode()
        for family in ("stylised", "self-styled"):
            part = own.filter(family=family)
            kept[model, family] = part.filter(pl.col("image").is_in(clean))["right"].mean()
            everywhere[model, family] = part["right"].mean()
    for found, shares in ((effect.difference, kept), (effect.absolute, everywhere)):
        one, two = (
            shares[role, "stylised"] - shares[role, "self-styled"]
            for role in ("adversarial", "standard")
        )
        assert found.value == pytest.approx(one - two)
    assert effect.first_value == pytest.approx(
        kept["adversarial", "stylised"] - kept["adversarial", "self-styled"]
    )


@pytest.mark.parametrize("lost", ["stylised", "self-styled"])
def test_stylised_images_that_were_not_run_are_said_to_be_missing(lost):
    planted = networks(STYLISED, (0.4, 0.6, 0.4))
    records = planted_predictions(planted, n=50).filter(pl.col("family") != lost)
    found = verdicts(records, NO_MAPS, [STYLISED])[0]
    assert (found.outcome, found.p) == ("not measured", 1.0)
    assert found.sentence == (
        f"Not measured: there are no records of adversarial under {lost}: add the conditions "
        "stylised and self-styled."
    )


def test_five_seeds_of_stylised_images_speak_of_the_recipe():
    planted, roles = recipes(5)
    styled = {
        name: dataclasses.replace(
            one, kept={"stylised": one.kept["saturation"], "self-styled": 0.9}
        )
        for name, one in planted.items()
    }
    found = verdicts(planted_predictions(styled, n=400), NO_MAPS, [STYLISED], roles)[0]
    assert found.outcome == "for"
    assert found.effects[0].difference.method == "two-way (seed x image)"


def test_a_control_of_another_distance_is_doubted():
    assert "unmatched-control" not in raised(stylised((0.4, 0.9), (0.6, 0.9), (0.4, 0.9), n=300))
    doubted = raised(stylised((0.4, 0.9), (0.6, 0.9), (0.4, 0.9), n=300, change=0.13))
    assert doubted["unmatched-control"] == (
        "stylised changes images by 0.200 (root mean square, mean over levels), its control "
        "self-styled by 0.130; where a level differs most, they are 35 % apart, more than the 20 % "
        "that a matched control may differ by."
    )


def test_absolute_accuracy_of_the_other_sign_is_named_in_the_sentence():
    verdict = judge(SATURATION, (0.53, 0.6, 0.5))
    assert verdict.disagree == ("absolute accuracy against standard",)
    assert verdict.sentence == (
        "For: under saturation (mean over levels 8, 16, 64 and 1024), adversarial keeps 60.2 % of"
        " the images that it gets right clean: 8.3 points more than standard (51.9 %; interval of"
        " the difference +6.2 to +10.2, n = 1,048) and 9.2 points more than underfit (51.0 %; "
        "interval of the difference +7.1 to +11.4, n = 1,048). The claim asks for over 2 points "
        "more than standard and underfit: both intervals lie wholly beyond that (p < .001, limit "
        ".025). Absolute accuracy differs by -2.8 points against standard and +6.0 points against"
        " underfit; pair-common accuracy differs by +8.2 points against standard and +9.9 points "
        "against underfit; the sign of absolute accuracy against standard disagrees with "
        "retention. This speaks of these checkpoints, not of the recipes."
    )


def test_masks_that_do_not_exist_are_said_to_be_missing():
    planted = networks(SPARSITY, (0.5, 0.65, 0.5))
    found = verdicts(planted_predictions(planted), planted_salience(planted), [CONTOURS, SPARSITY])
    assert [verdict.outcome for verdict in found] == ["not measured", "for"]
    assert found[0].sentence == (
        "Not measured: there are no records of contour_share of gradient maps of adversarial; it "
        "needs exact masks, which only rendered images have."
    )


def test_levels_that_do_not_exist_are_said_to_be_missing():
    planted = networks(SATURATION, (0.5, 0.65, 0.5))
    found = verdicts(
        planted_predictions(planted, [("saturation", 8.0), ("saturation", 64.0)]),
        NO_MAPS,
        [SATURATION],
    )
    assert found[0].outcome == "not measured"
    assert found[0].sentence == (
        "Not measured: there are no records of adversarial under saturation=16, =1024."
    )


def test_no_records_at_all_give_a_verdict_each():
    empty = planted_predictions(networks(SATURATION, (0.5, 0.5, 0.5)), n=2).clear()
    found = verdicts(empty, NO_MAPS)
    assert [verdict.outcome for verdict in found] == ["not measured"] * 5
    assert found[0].sentence == "Not measured: no model has the role adversarial."


def test_a_model_without_clean_records_or_without_clean_success_is_named():
    planted = networks(SATURATION, (0.5, 0.65, 0.5))
    records = planted_predictions(planted, n=100)
    unclean = records.filter((pl.col("model") != "underfit") | (pl.col("family") != "clean"))
    assert verdicts(unclean, NO_MAPS, [SATURATION])[0].missing == (
        "there are no records of underfit on clean images of test",
    )
    hopeless = records.with_columns(
        prediction=pl.when((pl.col("model") == "standard") & (pl.col("family") == "clean"))
        .then(-1)
        .otherwise(pl.col("prediction"))
    )
    assert verdicts(hopeless, NO_MAPS, [SATURATION])[0].missing == (
        "standard gets no clean image right",
    )


def test_images_that_do_not_pair_are_named():
    records = planted_predictions(networks(SATURATION, (0.5, 0.65, 0.5)), n=100)
    fewer = records.filter((pl.col("model") != "underfit") | (pl.col("image") < "test/00080"))
    assert verdicts(fewer, NO_MAPS, [SATURATION])[0].missing == (
        "adversarial has 100 images under clean and underfit 80 under clean, not the same ones",
    )
    other = records.with_columns(
        data=pl.when(pl.col("model") == "underfit").then(pl.lit("x")).otherwise(pl.col("data"))
    )
    assert verdicts(other, NO_MAPS, [SATURATION])[0].missing == (
        "adversarial (clean) and underfit (clean) were evaluated on different data",
    )


def test_holms_correction_can_take_a_claim_back():
    planted = networks(SATURATION, (0.5, 0.555, 0.5))
    records = planted_predictions(planted, n=500, seed=4)
    alone = verdicts(records, NO_MAPS, [SATURATION])[0]
    # Claims that were not measured stay in the family, so they are as good as any.
    others = [dataclasses.replace(CONTOURS, name=f"more {k}") for k in range(7)]
    among = verdicts(records, NO_MAPS, [SATURATION, *others])[0]
    assert alone.outcome == "for"
    assert among.outcome == "undecided"
    assert among.p == alone.p
    assert among.p_holm == pytest.approx(8 * among.p)
    assert "but not after Holm's correction for 8 claims (p = " in among.sentence


def test_a_claim_that_was_not_measured_stays_in_the_family():
    planted = networks(SATURATION, (0.5, 0.65, 0.5))
    records = planted_predictions(planted, n=600)
    found = verdicts(records, NO_MAPS, [SATURATION, CONTOURS])
    assert found[0].p_holm == pytest.approx(2 * found[0].p)
    assert (found[1].p, found[1].family_size) == (1.0, 2)


def test_maps_that_are_missing_leave_their_images_out_of_every_model():
    planted = networks(SPARSITY, (0.5, 0.65, 0.5))
    maps = planted_salience(planted)
    lost = (pl.col("model") == "standard") & (pl.col("image") < "test/00030")
    holes = maps.with_columns(value=pl.when(lost).then(float("nan")).otherwise(pl.col("value")))
    found = verdicts(planted_predictions(planted), holes, [SPARSITY])[0]
    assert found.outcome == "for"
    assert [effect.dropped for effect in found.effects] == [30, 0]
    assert found.effects[0].difference.n == 370
    assert "(30 images left out: a network has no map of them)" in found.sentence


def test_roles_may_have_other_names():
    planted = networks(SATURATION, (0.5, 0.65, 0.5))
    renamed = {f"net {role}": network for role, network in planted.items()}
    roles = {role: f"net {role}" for role in planted}
    records = planted_predictions(renamed)
    found = verdicts(records, NO_MAPS, [SATURATION], roles)[0]
    assert found.sentence == judge_of(planted_predictions(planted)).sentence
    assert verdicts(records, NO_MAPS, [SATURATION])[0].outcome == "not measured"


def judge_of(records):
    return verdicts(records, NO_MAPS, [SATURATION])[0]


def recipes(count: int, spread: float = 0.0):
    """Return `count` networks for each role, and the roles."""
    values = dict(zip(ROLES, (0.5, 0.65, 0.5), strict=True))
    planted = {
        f"{role}-{k}": Planted(
            clean=0.8,
            kept={"saturation": value + spread * (k - (count - 1) / 2)},
            maps={"sparsity": value},
            seed=k,
        )
        for role, value in values.items()
        for k in range(count)
    }
    return planted, {role: [f"{role}-{k}" for k in range(count)] for role in values}


def test_five_training_seeds_speak_of_the_recipe():
    planted, roles = recipes(5)
    found = verdicts(
        planted_predictions(planted, n=400),
        planted_salience(planted),
        [SATURATION, SPARSITY],
        roles,
    )
    for verdict in found:
        assert verdict.outcome == "for"
        assert {effect.difference.method for effect in verdict.effects} == {
            "two-way (seed x image)"
        }
        assert "checkpoints" not in verdict.sentence
        (check,) = [check for check in verdict.checks if check.name == "single-seed"]
        assert not check.raised
        assert check.sentence == (
            "At least 5 training seeds each (adversarial 5, standard 5, underfit 5)."
        )
    assert found[0].effects[0].pair_common.value > 0.1


def test_fewer_training_seeds_speak_of_these_checkpoints():
    planted, roles = recipes(2)
    found = verdicts(
        planted_predictions(planted, n=400),
        planted_salience(planted),
        [SATURATION, SPARSITY],
        roles,
    )
    for verdict in found:
        assert verdict.effects[0].difference.method == "delta method"
        assert verdict.sentence.endswith("This speaks of these checkpoints, not of the recipes.")


def test_seeds_that_disagree_take_a_recipes_claim_back():
    planted, roles = recipes(5, spread=0.11)
    found = verdicts(planted_predictions(planted, n=400), NO_MAPS, [SATURATION], roles)[0]
    assert found.outcome == "undecided"
    unknown = {name: dataclasses.replace(each, seed=None) for name, each in planted.items()}
    records = planted_predictions(unknown, n=400)
    assert verdicts(records, NO_MAPS, [SATURATION], roles)[0].outcome == "for"


def raised(verdict):
    return {check.name: check.sentence for check in verdict.checks if check.raised}


def test_checks_are_raised_with_numbers():
    planted = networks(SATURATION, (0.5, 0.65, 0.5)) | {
        "underfit": Planted(clean=0.8, kept={"saturation": 0.5})
    }
    found = raised(verdicts(planted_predictions(planted, n=200), NO_MAPS, [SATURATION])[0])
    assert found == {
        "single-seed": (
            "Fewer than 5 training seeds (adversarial 1, standard 1, underfit 1): the numbers "
            "speak of these checkpoints, not of the recipes."
        ),
        "few-images": ("A value rests on 135 images; 200 are the least to rely on."),
        "clean-accuracy-gap": (
            "On clean images underfit is right for 82.0 %, adversarial for 67.5 % (n = 200): 14.5 "
            "points apart, more than the 2 points that a control of equal clean accuracy may "
            "differ by."
        ),
    }


def test_checks_pass_where_nothing_is_to_doubt():
    verdict = judge(SATURATION, (0.5, 0.65, 0.5), n=4000)
    assert set(raised(verdict)) == {"single-seed"}
    assert {check.about for check in verdict.checks} == {("saturation",)}


def test_a_family_without_levels_and_one_level_can_be_claimed():
    claim = dataclasses.replace(SATURATION, name="grey", family="greyscale", levels=())
    planted = networks(claim, (0.5, 0.65, 0.5))
    records = planted_predictions(planted, [("greyscale", None)])
    found = verdicts(records, NO_MAPS, [claim])[0]
    assert found.outcome == "for"
    assert found.sentence.startswith("For: under greyscale, adversarial keeps ")
    claim = dataclasses.replace(claim, levels=(3.0,))
    records = planted_predictions(planted, [("greyscale", 3.0)])
    found = verdicts(records, NO_MAPS, [claim])[0]
    assert found.sentence.startswith("For: under greyscale at level 3, adversarial keeps ")


def test_draws_of_a_condition_are_averaged_within_an_image():
    planted = networks(SHUFFLE, (0.6, 0.4, 0.58))
    once, thrice = (
        verdicts(planted_predictions(planted, n=500, draws=draws), NO_MAPS, [SHUFFLE])[0].effects[0]
        for draws in (1, 3)
    )
    assert thrice.difference.n == once.difference.n
    widths = [effect.difference.high - effect.difference.low for effect in (once, thrice)]
    assert widths[1] < 0.85 * widths[0]


def test_an_effect_is_the_plain_difference_of_retentions():
    planted = networks(SHUFFLE, (0.6, 0.4, 0.58))
    records = planted_predictions(planted, n=300)
    effect = verdicts(records, NO_MAPS, [SHUFFLE])[0].effects[0]
    assert isinstance(effect, Effect)
    kept, absolute = [], []
    for model in ("adversarial", "standard"):
        own = records.filter(pl.col("model") == model).with_columns(
            right=pl.col("prediction") == pl.col("label")
        )
        clean = own.filter(pl.col("family") == "clean").filter("right")["image"]
        shuffled = own.filter(pl.col("family") == "shuffle")
        kept.append(shuffled.filter(pl.col("image").is_in(clean.implode()))["right"].mean())
        absolute.append(shuffled["right"].mean())
    assert effect.difference.value == pytest.approx(kept[0] - kept[1])
    assert (effect.first_value, effect.second_value) == pytest.approx(tuple(kept))
    assert effect.absolute.value == pytest.approx(absolute[0] - absolute[1])
    assert isinstance(effect.pair_common, Estimate)


def test_verdicts_are_plain_data():
    planted = networks(SATURATION, (0.5, 0.65, 0.5))
    found = verdicts(planted_predictions(planted, n=300), NO_MAPS)
    text = json.dumps([dataclasses.asdict(verdict) for verdict in found], allow_nan=False)
    back = json.loads(text)
    assert [verdict["claim"]["name"] for verdict in back] == list(CLAIMS)
    assert [verdict["outcome"] for verdict in back][2:] == ["not measured"] * 3


def test_neither_the_order_of_rows_nor_a_second_look_changes_a_verdict():
    records = planted_predictions(networks(SATURATION, (0.5, 0.65, 0.5)), n=300)
    mixed = records.sample(fraction=1.0, shuffle=True, seed=3)
    assert judge_of(mixed).sentence == judge_of(records).sentence == judge_of(records).sentence


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"quantity": "accuracy"},
            (
                "`quantity` of the claim 'c' must be one of retention-area, salience-measure, got "
                "'accuracy'."
            ),
        ),
        (
            {"direction": "up"},
            "`direction` of the claim 'c' must be one of greater, smaller, got 'up'.",
        ),
        (
            {"margin": 2},
            "`margin` of the claim 'c' must be at least 0 and below 1, got 2. Did you mean 0.02?",
        ),
        (
            {
                "quantity": "salience-measure",
                "measure": "sparsity",
                "method": "gradient",
                "against": "self-styled",
            },
            (
                "`against` of the claim 'c' must be given for retention alone, got quantity "
                "'salience-measure', against 'self-styled'."
            ),
        ),
        (
            {"measure": "sparsity"},
            (
                "`measure` and `method` of the claim 'c' must be given exactly for a salience "
                "measure, got quantity 'retention-area', measure 'sparsity', method ''."
            ),
        ),
    ],
)
def test_a_claim_that_means_nothing_is_refused_in_words(change, message):
    settings = {"name": "c", "statement": "", "family": "clean", "direction": "greater"} | change
    with pytest.raises(ConfigError) as caught:
        Claim(**settings)
    assert str(caught.value) == message


def test_two_claims_of_one_name_are_refused():
    records = planted_predictions(networks(SATURATION, (0.5, 0.5, 0.5)), n=2)
    with pytest.raises(ConfigError) as caught:
        verdicts(records, NO_MAPS, [SATURATION, SATURATION])
    assert str(caught.value) == (
        "Every claim must have a name of its own, got saturation, saturation."
    )


def test_salience_records_that_are_double_are_refused():
    planted = networks(SPARSITY, (0.5, 0.65, 0.5))
    maps = planted_salience(planted, n=3)
    with pytest.raises(RecordError) as caught:
        verdicts(planted_predictions(planted, n=3), pl.concat([maps, maps.head(1)]))
    assert str(caught.value) == (
        "Each map must have one record a measure, got several of sparsity of 'test/00000' "
        "(standard, clean). Read the parts of one evaluation only."
    )
