import numpy as np
import polars as pl
import pytest
from tests.study.planted import Planted, planted_conflict, planted_predictions

from cuelens.ratios import delta_difference_of_ratios, difference_of_ratios
from cuelens.statistics import holm, mcnemar, paired_difference
from cuelens.study.outcomes.comparisons import compare_models
from cuelens.study.outcomes.outcomes import Panel

CONDITIONS = (("saturation", 8.0), ("greyscale", None))
NETWORKS = {
    "standard": Planted(clean=0.9, kept={"saturation": 0.5, "greyscale": 0.8}),
    "adversarial": Planted(clean=0.6, kept={"saturation": 0.65, "greyscale": 0.8}),
}


@pytest.fixture(scope="module")
def records():
    return planted_predictions(NETWORKS, CONDITIONS, n=600)


@pytest.fixture(scope="module")
def table(records):
    return compare_models(records)


def row_of(table, quantity, condition):
    return table.row(
        by_predicate=(pl.col("quantity") == quantity) & (pl.col("condition") == condition),
        named=True,
    )


def outcomes(records, model, condition):
    own = records.filter((pl.col("model") == model) & (pl.col("condition") == condition))
    return (own["prediction"] == own["label"]).to_numpy() * 1.0


def test_a_panel_that_is_there_already_gives_the_same(records, table):
    assert compare_models(records, panel=Panel.of(records)).equals(table)


def test_every_model_is_held_against_each_one_before_it(table):
    assert set(table.select("first", "second").iter_rows()) == {("adversarial", "standard")}
    assert set(table.select("quantity", "condition").iter_rows()) == {
        ("accuracy", "clean"),
        *((quantity, condition) for quantity in ("accuracy", "pair-common accuracy", "retention")
          for condition in ("saturation=8", "greyscale")),
    }  # fmt: skip


def test_accuracy_is_compared_by_mcnemar_and_tango(records, table):
    row = row_of(table, "accuracy", "saturation=8")
    one, two = (outcomes(records, model, "saturation=8") for model in ("adversarial", "standard"))
    only = int((one > two).sum()), int((two > one).sum())
    expected = paired_difference(*only, 600)
    assert (row["only_first"], row["only_second"], row["n"]) == (*only, 600)
    assert (row["p"], row["difference"]) == (mcnemar(*only), expected.value)
    assert (row["low"], row["high"], row["method"]) == (expected.low, expected.high, "Tango")
    assert row["difference"] == pytest.approx(row["first_value"] - row["second_value"])


def test_pair_common_accuracy_takes_images_that_both_get_right_clean(records, table):
    row = row_of(table, "pair-common accuracy", "saturation=8")
    models = ("adversarial", "standard")
    both = np.prod([outcomes(records, model, "clean") for model in models], axis=0) > 0
    one, two = (outcomes(records, model, "saturation=8")[both] for model in models)
    assert row["n"] == both.sum()
    assert (row["first_value"], row["second_value"]) == (one.mean(), two.mean())
    assert row["p"] == mcnemar(int((one > two).sum()), int((two > one).sum()))


def test_retention_is_compared_by_the_delta_method_not_by_mcnemar(records, table):
    row = row_of(table, "retention", "saturation=8")
    parts = []
    for model in ("adversarial", "standard"):
        clean = outcomes(records, model, "clean")
        parts += [clean * outcomes(records, model, "saturation=8"), clean]
    expected = delta_difference_of_ratios(*parts).estimate
    drawn = difference_of_ratios(*parts).estimate
    assert (row["low"], row["high"]) == pytest.approx((drawn.low, drawn.high), abs=0.005)
    assert (row["difference"], row["low"], row["high"]) == (
        expected.value,
        expected.low,
        expected.high,
    )
    assert row["method"] == "delta method"
    assert row["only_first"] is None
    assert row["p"] < 0.01
    assert row_of(table, "retention", "greyscale")["p"] > 0.01


def test_absolute_accuracy_and_retention_can_have_opposite_signs(table):
    assert row_of(table, "accuracy", "saturation=8")["difference"] < 0
    assert row_of(table, "retention", "saturation=8")["difference"] > 0


def test_the_whole_table_is_one_family_of_tests(table):
    assert table["p"].null_count() == 0
    np.testing.assert_allclose(table["p_holm"], holm(table["p"].to_list()))


def test_equal_retention_is_seldom_rejected_however_unequal_the_clean_accuracy():
    rejected = 0
    planted = {name: Planted(clean=clean, kept={"greyscale": 0.5}, found=0.02)
               for name, clean in (("a", 0.95), ("b", 0.6))}  # fmt: skip
    for seed in range(10):
        records = planted_predictions(planted, [("greyscale", None)], n=200, seed=seed)
        table = compare_models(records)
        rejected += row_of(table, "retention", "greyscale")["p"] < 0.05
        assert row_of(table, "accuracy", "greyscale")["difference"] < 0
    assert rejected <= 3


def test_pairs_can_be_chosen(records):
    table = compare_models(records, pairs=[("standard", "adversarial"), ("standard", "nobody")])
    assert set(table.select("first", "second").iter_rows()) == {("standard", "adversarial")}


def test_several_draws_are_averaged_within_an_image():
    records = planted_predictions(NETWORKS, CONDITIONS[:1], n=300, draws=3)
    row = row_of(compare_models(records), "accuracy", "saturation=8")
    assert (row["n"], row["method"], row["only_first"]) == (300, "paired bootstrap", None)
    own = records.filter(pl.col("condition") == "saturation=8").with_columns(
        right=pl.col("prediction") == pl.col("label")
    )
    means = dict(own.group_by("model").agg(pl.col("right").mean()).iter_rows())
    assert row["difference"] == pytest.approx(means["adversarial"] - means["standard"])


def test_what_cannot_be_compared_says_why(records):
    fewer = records.filter((pl.col("model") != "standard") | (pl.col("image") < "test/00500"))
    row = row_of(compare_models(fewer), "accuracy", "clean")
    assert (row["difference"], row["p"], row["p_holm"]) == (None, None, None)
    assert row["note"] == (
        "adversarial has 600 images under clean and standard 500 under clean, not the same ones"
    )
    unclean = records.filter((pl.col("model") != "standard") | (pl.col("family") != "clean"))
    table = compare_models(unclean)
    assert row_of(table, "accuracy", "greyscale")["difference"] is not None
    assert row_of(table, "retention", "greyscale")["note"] == (
        "there are no records of the clean images"
    )


def test_models_that_get_no_clean_image_right_have_no_retention(records):
    clean = pl.col("family") == "clean"
    hopeless = records.with_columns(
        prediction=pl.when(clean & (pl.col("model") == "standard")).then(-1).otherwise("prediction")
    )
    table = compare_models(hopeless)
    assert row_of(table, "retention", "greyscale")["note"] == (
        "no image is right clean for standard"
    )
    assert row_of(table, "pair-common accuracy", "greyscale")["note"] == (
        "no image is right clean for both"
    )


def test_shape_biases_are_compared_on_the_same_images():
    records = planted_conflict({"standard": (0.2, 0.6), "adversarial": (0.5, 0.3)})
    row = row_of(compare_models(records), "shape bias", "clean")
    assert (row["first"], row["second"], row["dataset"]) == ("adversarial", "standard", "conflict")
    assert row["low"] < 0.5 / 0.8 - 0.2 / 0.8 < row["high"]
    assert row["difference"] == pytest.approx(row["first_value"] - row["second_value"])
    assert row["p"] < 1e-6


def test_answers_that_follow_neither_cue_have_no_shape_bias():
    records = planted_conflict({"standard": (0.2, 0.6), "lost": (0.0, 0.0)}, n=100)
    row = row_of(compare_models(records), "shape bias", "clean")
    assert (row["difference"], row["note"]) == (None, "no answer of lost follows shape or texture")
