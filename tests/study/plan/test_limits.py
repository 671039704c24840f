"""A condition, and the measuring of maps, may be limited to some images and some models."""

from dataclasses import replace

import polars as pl
import pytest
import torch
from polars.testing import assert_frame_equal
from tests.study.planted import Planted, planted_predictions, planted_salience

from cuelens.errors import ConfigError
from cuelens.evaluation import RecordStore
from cuelens.report import report_of
from cuelens.study import run_study, study_status
from cuelens.study.outcomes.comparisons import compare_models
from cuelens.study.outcomes.cue_profiles import cue_profile
from cuelens.study.outcomes.outcomes import Panel
from cuelens.study.outcomes.subsets import of_same_images
from cuelens.study.outcomes.summaries import summarise_predictions
from cuelens.study.plan.plan import plan_of
from cuelens.study.plan.stated_claims import PAPER_CLAIMS
from cuelens.study.run_folder.growth import may_become
from cuelens.study.run_folder.run_folder import read_parts
from cuelens.study.verdicts.verdicts import verdicts

STYLISED, SATURATION, *_, SPARSITY = PAPER_CLAIMS
LIMITED = ("stylised", "self-styled")
KEPT = {"stylised": 0.4, "self-styled": 0.9, "saturation": 0.5}
NETWORKS = {
    f"{role}-{seed}": Planted(
        clean=0.8 if role == "standard" else 0.7,
        kept=KEPT | ({"stylised": 0.6} if role == "adversarial" else {}),
        maps={"sparsity": 0.6 if role == "adversarial" else 0.5},
        seed=seed,
    )
    for role in ("standard", "adversarial", "underfit")
    for seed in (0, 1)
}
SEVERAL = {role: (f"{role}-0", f"{role}-1") for role in ("standard", "adversarial", "underfit")}
ALONE = {role: f"{role}-0" for role in SEVERAL}


@pytest.fixture(scope="module")
def whole() -> pl.DataFrame:
    """Records of every network, image and condition."""
    conditions = (("stylised", None), ("self-styled", None), ("saturation", 8.0))
    return planted_predictions(NETWORKS, conditions, n=1200)


@pytest.fixture(scope="module")
def some(whole) -> pl.DataFrame:
    """The same of every third image."""
    chosen = whole["image"].unique().sort().gather_every(3)
    return whole.filter(pl.col("image").is_in(chosen.implode()))


@pytest.fixture(scope="module")
def limited(whole, some) -> pl.DataFrame:
    """Styled images on every third image and of the networks of seed 0 alone."""
    styled = pl.col("condition").is_in(LIMITED)
    return pl.concat([whole.filter(~styled), some.filter(styled, pl.col("training_seed") == 0)])


def of_styled(table: pl.DataFrame) -> pl.DataFrame:
    """The rows of styled images and of the networks of seed 0, but for what all rows share."""
    names = [name for name in ("model", "first", "second") if name in table.columns]
    own = table.filter(
        pl.col("family") == "stylised", *(pl.col(name).str.ends_with("-0") for name in names)
    )
    return own.drop("p_holm", strict=False)


@pytest.mark.parametrize("table", [summarise_predictions, cue_profile, compare_models])
def test_a_condition_on_some_images_is_held_against_those_alone(limited, some, table):
    found, expected = of_styled(table(limited)), of_styled(table(some))
    assert len(found) >= 3
    assert found["n"].max() <= 400
    assert_frame_equal(found, expected)


def test_a_condition_on_all_images_stays_on_all(limited, whole):
    found = summarise_predictions(limited).filter(family="saturation")
    assert_frame_equal(found, summarise_predictions(whole).filter(family="saturation"))


def test_a_claim_on_some_images_and_networks_is_judged_on_those_and_says_so(limited, some):
    (found,) = verdicts(limited, planted_salience({}), [STYLISED], SEVERAL)
    (expected,) = verdicts(some, planted_salience({}), [STYLISED], ALONE)
    first, second = (
        [replace(effect, left_out=(), images=0) for effect in each.effects]
        for each in (found, expected)
    )
    assert first == second
    assert found.outcome == expected.outcome
    assert found.effects[0].images < 400
    assert (
        "Left out, since this was not measured of them: adversarial-1, standard-1 and "
        "underfit-1." in found.sentence
    )
    assert "Left out" not in expected.sentence
    (seeds,) = (check for check in found.checks if check.name == "single-seed")
    assert seeds.raised
    assert "standard 1" in seeds.sentence


def test_maps_of_some_networks_are_judged_and_the_others_named(whole):
    maps = planted_salience(NETWORKS)
    seed_0 = maps.filter(pl.col("model").str.ends_with("-0"))
    (found,) = verdicts(whole, seed_0, [SPARSITY], SEVERAL)
    (expected,) = verdicts(whole, seed_0, [SPARSITY], ALONE)
    assert [effect.difference for effect in found.effects] == [
        effect.difference for effect in expected.effects
    ]
    assert "not measured of them: adversarial-1, standard-1 and underfit-1." in found.sentence


def test_what_no_network_of_a_role_has_is_not_measured(whole):
    none = whole.filter(pl.col("family") != "saturation")
    (found,) = verdicts(none, planted_salience({}), [SATURATION], SEVERAL)
    assert found.outcome == "not measured"
    assert found.missing[0].startswith("there are no records of adversarial-0 under saturation=8")


def test_other_images_are_not_cut_to_fit(some, whole):
    panel = Panel.of(whole.filter(model="standard-0"))
    clean, styled = (panel.get("standard-0", "test", name) for name in ("clean", "stylised"))
    renamed = replace(styled, images=tuple(f"other/{one}" for one in styled.images[:5]))
    assert of_same_images(clean, renamed) == (clean, renamed)
    fewer = Panel.of(some).get("standard-0", "test", "stylised")
    moved = replace(fewer, data="other")
    assert of_same_images(clean, moved)[0] is clean
    cut, same = of_same_images(clean, fewer)
    assert cut.images == fewer.images
    assert cut.right.tolist() == clean.right[::3].tolist()
    assert same is fewer


def with_limits(content, **limits):
    content["conditions"]["greyscale"] = {"Greyscale": None, **limits}
    return content


def test_limits_are_read_and_leave_the_rest_alone(tiny_content):
    content = with_limits(tiny_content, images=10, models=["adversarial"])
    content["salience"]["models"] = ["standard"]
    plan = plan_of(content, where="study.yaml")
    both = ("standard", "adversarial")
    assert {(one.models, one.images) for one in plan.limits.values()} == {
        (both, None),
        (("adversarial",), 10),
    }
    assert plan.limits["greyscale"].images == 10
    assert plan.salience.models == ("standard",)


@pytest.mark.parametrize("field", ["conditions.greyscale", "salience"])
def test_limits_to_models_that_are_not_there_are_refused(tiny_content, field):
    content = with_limits(tiny_content)
    if field == "salience":
        content["salience"]["models"] = ["third"]
    else:
        content["conditions"]["greyscale"]["models"] = ["third"]
    with pytest.raises(ConfigError) as error:
        plan_of(content, where="study.yaml")
    assert str(error.value) == (
        f"study.yaml: `{field}`: `models` must name models of this study, one of standard, "
        "adversarial, got 'third'."
    )


def test_models_may_be_added_to_a_limit_and_images_may_not_be_changed(tiny_content):
    def one(**limits):
        return {"conditions": {"greyscale": {"Greyscale": {}, **limits}}}

    before = one(images=10, models=["standard"])
    assert may_become(before, one(images=10, models=["standard", "adversarial"]))
    assert not may_become(before, one(images=10, models=["adversarial"]))
    assert not may_become(before, one(images=11, models=["standard"]))
    assert not may_become(before, one(images=10))


def test_a_study_evaluates_what_its_limits_say_and_no_more(tiny_content, tiny_copy):
    content = with_limits(tiny_content, images=10, models=["adversarial"])
    plan = plan_of(content, where="study.yaml")
    run_study(plan, data_folder=None, out=tiny_copy, device=torch.device("cpu"))
    keys = read_parts(tiny_copy)["predictions"]
    records = RecordStore(tiny_copy / "records").read("predictions", keys)
    grey = records.filter(condition="greyscale")
    assert grey["model"].unique().to_list() == ["adversarial"]
    assert grey["image"].n_unique() == len(grey) == 10
    clean = records.filter(condition="clean", model="adversarial", dataset=grey["dataset"][0])
    assert len(clean) == 40
    assert set(grey["image"]) < set(clean["image"])
    assert set(grey["data"]) == set(clean["data"])
    found = study_status(tiny_copy)
    assert found.finished
    (work,) = (one for stage in found.stages for one in stage.work if one.what == "greyscale")
    assert (work.model, work.done, work.total) == ("adversarial", 10, 10)
    page = report_of(tiny_copy)
    assert page.is_file()
