import polars as pl
import pytest
from tests.study.planted import Planted, planted_predictions

from cuelens.study.outcomes.consistency import error_consistencies


@pytest.fixture(scope="module")
def records():
    models = {"a": Planted(clean=0.8), "b": Planted(clean=0.6)}
    return planted_predictions(models, n=1000)


def test_networks_that_find_the_same_images_hard_err_together(records):
    row = error_consistencies(records).row(0, named=True)
    assert (row["first"], row["second"], row["n"], row["condition"]) == ("b", "a", 1000, "clean")
    assert 0 < row["low"] < row["kappa"] < row["high"] < 1
    assert row["kappa"] == pytest.approx(
        (row["observed"] - row["expected"]) / (1 - row["expected"])
    )


def test_pairs_without_a_kappa_say_why(records):
    right = records.with_columns(prediction=pl.col("label"))
    row = error_consistencies(right).row(0, named=True)
    assert (row["kappa"], row["expected"]) == (None, 1.0)
    assert row["note"] == "both are right on every image, or wrong on every image"
    fewer = records.filter((pl.col("model") == "a") | (pl.col("image") > "test/00009"))
    row = error_consistencies(fewer).row(0, named=True)
    assert (row["n"], row["kappa"]) == (0, None)
    assert row["note"] == ("b has 990 images under clean and a 1000 under clean, not the same ones")
    twice = pl.concat([records, records.with_columns(draw=pl.lit(1, dtype=pl.Int64))])
    row = error_consistencies(twice, pairs=[("a", "b")]).row(0, named=True)
    assert (row["first"], row["note"]) == ("a", "a has several answers an image")
