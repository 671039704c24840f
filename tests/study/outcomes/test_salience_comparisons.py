"""Pairs of models by their maps, against SciPy and on records whose truth is known."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import ttest_1samp, ttest_rel
from tests.study.planted import Planted, planted_salience

from cuelens.errors import RecordError
from cuelens.evaluation.tables import SCHEMAS, table_of
from cuelens.study.outcomes.salience_comparisons import (
    AGREEMENT_COLUMNS,
    DIFFERENCE_COLUMNS,
    compare_salience,
    summarise_agreements,
)
from cuelens.study.outcomes.summaries import summarise_salience

NETWORKS = {
    "standard": Planted(maps={"sparsity": 0.5, "edge_overlap": 0.3}),
    "robust": Planted(maps={"sparsity": 0.6, "edge_overlap": 0.3, "deletion": 0.2}),
}


def values(maps, model, measure):
    return maps.filter(model=model, measure=measure).sort("image")["value"].to_numpy()


def test_differences_are_paired_t_tests():
    maps = planted_salience(NETWORKS, n=60)
    found = compare_salience(maps)
    assert found.columns == list(DIFFERENCE_COLUMNS)
    assert found.select("model", "other", "measure").rows() == [
        ("robust", "standard", "sparsity"), ("robust", "standard", "edge_overlap"),
    ]  # fmt: skip
    for row in found.iter_rows(named=True):
        first, second = (values(maps, model, row["measure"]) for model in ("robust", "standard"))
        expected = ttest_rel(first, second)
        interval = expected.confidence_interval(0.95)
        assert row["n"] == 60
        assert row["difference"] == pytest.approx(first.mean() - second.mean())
        assert (row["value"], row["other_value"]) == pytest.approx((first.mean(), second.mean()))
        assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high))
        assert row["p"] == pytest.approx(expected.pvalue, rel=1e-6)
    small, large = sorted(found["p"])
    assert sorted(found["p_holm"]) == pytest.approx([2 * small, large])


def test_the_interval_of_two_images_stays_within_what_the_measure_can_be():
    maps = planted_salience(NETWORKS, n=2)
    spread = pl.when(pl.col("image") == "test/00000").then(0.0).otherwise(1.0)
    apart = maps.with_columns(value=pl.when(pl.col("model") == "robust").then(spread).otherwise(0))
    row = compare_salience(apart).filter(measure="sparsity").row(0, named=True)
    assert (row["difference"], row["low"], row["high"]) == (0.5, -1.0, 1.0)
    summary = summarise_salience(apart).filter(model="robust", measure="sparsity")
    assert summary.select("value", "low", "high").row(0) == (0.5, 0.0, 1.0)
    (correlation,) = summarise_salience(apart).filter(
        model="robust", measure="edge_overlap"
    ).select("value", "low", "high").rows()  # fmt: skip
    assert correlation == (0.5, -1.0, 1.0)


def test_the_pair_says_which_is_first():
    maps = planted_salience(NETWORKS, n=20)
    (one, *_), (other, *_) = (
        compare_salience(maps, pairs=[pair]).rows(named=True)
        for pair in (("robust", "standard"), ("standard", "robust"))
    )
    assert one["difference"] == pytest.approx(-other["difference"])
    assert one["p"] == pytest.approx(other["p"])


def test_images_without_a_value_are_left_out_of_both_and_counted():
    maps = planted_salience(NETWORKS, n=20)
    lost = (pl.col("model") == "robust") & (pl.col("image") < "test/00005")
    holes = maps.with_columns(value=pl.when(lost).then(float("nan")).otherwise("value"))
    row = compare_salience(holes).filter(measure="sparsity").row(0, named=True)
    assert (row["n"], row["note"]) == (15, "5 of 20 images have no value of both")
    kept = compare_salience(maps.filter(pl.col("image") >= "test/00005"))
    assert row["difference"] == pytest.approx(kept.row(0, named=True)["difference"])
    none = maps.with_columns(value=pl.lit(float("nan")))
    rows = compare_salience(none).rows(named=True)
    assert {(row["n"], row["p"], row["p_holm"]) for row in rows} == {(0, None, None)}


def test_maps_that_no_model_makes_are_not_compared():
    maps = planted_salience(NETWORKS, n=5, method="noise")
    assert compare_salience(maps).is_empty()
    assert compare_salience(planted_salience({})).is_empty()


def test_records_without_their_columns_are_refused():
    with pytest.raises(RecordError) as caught:
        compare_salience(planted_salience(NETWORKS, n=5).drop("measure"))
    assert str(caught.value) == (
        "The records of salience must have the columns dataset, condition, method, measure, model, "
        "image, value, got none called measure. Evaluate again with this version."
    )


def test_agreement_is_a_mean_over_images():
    numbers = np.random.default_rng(0).random(30)
    constants = {
        "model": "robust", "other": "standard", "dataset": "test", "condition": "clean",
        "family": "clean", "draw": 0, "method": "gradient", "measure": "agreement_top_overlap",
    }  # fmt: skip
    images = [f"test/{place:05}" for place in range(30)]
    frame = table_of("agreements", {"image": images, "value": numbers}, constants)
    found = summarise_agreements(frame)
    assert found.columns == list(AGREEMENT_COLUMNS)
    row = found.row(0, named=True)
    interval = ttest_1samp(numbers, 0).confidence_interval(0.95)
    assert (row["model"], row["other"], row["n"], row["note"]) == ("robust", "standard", 30, None)
    assert row["value"] == pytest.approx(numbers.mean())
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high))
    assert summarise_agreements(pl.DataFrame(schema=SCHEMAS["agreements"])).is_empty()


def test_pairs_are_written_in_the_order_of_the_models():
    place = {"dataset": "d", "condition": "clean", "method": "m", "measure": "agreement_overlap"}
    pairs = (("c", "a", 0.1), ("c", "b", 0.2), ("b", "a", 0.3))
    frame = pl.DataFrame(
        [
            {**place, "model": model, "other": other, "image": str(image), "value": value + image}
            for model, other, value in pairs
            for image in range(2)
        ]
    )
    found = summarise_agreements(frame, models=("a", "b", "c"))
    assert [row[:2] for row in found.select("model", "other").rows()] == [
        ("a", "b"), ("a", "c"), ("b", "c"),
    ]  # fmt: skip
    assert found["value"].to_list() == pytest.approx([0.8, 0.6, 0.7])
