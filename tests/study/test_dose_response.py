"""The published curve of shape bias, with a study's own models on it."""

import polars as pl
import pytest

from cuelens.statistics import wilson
from cuelens.study import dose_response as module
from cuelens.study.dose_response import dose_response, published_records
from cuelens.study.plan.plan import plan_of

ANSWERS = pl.DataFrame(
    {
        "model": ["standard", "adversarial", "other"], "shape": [10, 30, 1], "texture": [30, 10, 1],
        "low": [0.2, 0.6, 0.1], "high": [0.4, 0.9, 0.9],
        "class_low": [0.1, 0.7, None], "class_high": [0.5, 0.8, None],
    }
)  # fmt: skip


@pytest.fixture
def published(monkeypatch):
    """Plant records of two contrasts, two radii and two seeds."""
    rows = [
        {"contrast": contrast, "radius": radius, "seed": seed, "clean": 0.99,
         "shape": 100 + seed, "texture": 200 - seed, "other": 5}
        for contrast in (0.03, 0.07)
        for radius in (0.0, 0.031373)
        for seed in (0, 1)
    ]  # fmt: skip
    monkeypatch.setattr(module, "published_records", lambda: pl.DataFrame(rows))


def test_the_package_brings_the_records_of_the_curve():
    assert published_records().columns == [
        "contrast", "radius", "seed", "clean", "shape", "texture", "other",
    ]  # fmt: skip


def test_the_curve_sums_the_seeds_and_has_intervals(published, tiny_content):
    found = dose_response(plan_of(tiny_content, where="study.yaml"), ANSWERS)
    curve = found.filter(~pl.col("here"))
    assert curve.select("series", "contrast").rows() == [
        ("standard", 0.03), ("adversarial, 8/255", 0.03),
        ("standard", 0.07), ("adversarial, 8/255", 0.07),
    ]  # fmt: skip
    bias = wilson(201, 600)
    assert (
        curve.select("n", "value", "low", "high").rows()
        == [(600, bias.value, bias.low, bias.high)] * 4
    )


def test_a_studys_own_models_stand_at_its_contrast(published, tiny_content):
    tiny_content["data"]["CueControlled"]["texture_contrast"] = 0.1
    found = dose_response(plan_of(tiny_content, where="study.yaml"), ANSWERS)
    here = found.filter("here")
    assert here.select("series", "contrast", "n", "value", "low", "high").rows() == [
        ("this study, standard", 0.1, 40, 0.25, 0.1, 0.5),  # by class, which is wider
        ("this study, adversarial, 8/255", 0.1, 40, 0.75, 0.6, 0.9),
    ]


def test_a_model_without_an_answer_of_either_cue_has_no_point(published, tiny_content):
    plan = plan_of(tiny_content, where="study.yaml")
    neither = ANSWERS.with_columns(shape=pl.lit(0), texture=pl.Series([5, 0, 0]))
    here = dose_response(plan, neither).filter("here")
    assert here["series"].to_list() == ["this study, standard"]


@pytest.mark.parametrize(
    "data",
    [
        {"Cifar10": {}},
        {"CueControlled": {"predictive": ["shape"]}},
        {"CueControlled": {"figure_contrast": 0.4}},
    ],
)
def test_images_with_other_settings_have_no_place_on_the_curve(published, tiny_content, data):
    tiny_content["data"] = data
    assert dose_response(plan_of(tiny_content, where="study.yaml"), ANSWERS) is None
