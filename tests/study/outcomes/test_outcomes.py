import numpy as np
import polars as pl
import pytest
from tests.study.planted import Planted, planted_predictions

from cuelens.errors import RecordError
from cuelens.evaluation import RecordStore
from cuelens.study.outcomes.outcomes import Panel, read_predictions

NETWORKS = {
    "b": Planted(kept={"shuffle": 0.5}, seed=3),
    "a": Planted(kept={"shuffle": 0.4}, seed=None),
}


@pytest.fixture
def records():
    return planted_predictions(NETWORKS, [("shuffle", 2.0)], n=40)


def test_models_keep_the_order_of_the_records_and_images_are_sorted(records):
    panel = Panel.of(records.sort("image", descending=True).sort("model", descending=True))
    assert panel.models == ("b", "a")
    found = panel.get("a", "test", "shuffle=2")
    assert list(found.images) == sorted(found.images)
    assert (found.classes, found.draws, found.family, found.level) == (10, 1, "shuffle", 2.0)
    assert panel.seeds == {"b": 3, "a": None}


def test_outcomes_are_those_of_the_records(records):
    own = records.filter((pl.col("model") == "a") & (pl.col("condition") == "clean")).sort("image")
    found = Panel.of(records).get("a", "test")
    np.testing.assert_array_equal(found.right, own["prediction"] == own["label"])
    np.testing.assert_array_equal(found.top3, own["label_rank"] <= 3)


def test_conditions_are_found_by_family_and_level(records):
    panel = Panel.of(records)
    assert panel.find("a", "test", "shuffle", 2.0 + 1e-12).condition == "shuffle=2"
    assert panel.find("a", "test", "shuffle", 4.0) is None
    assert panel.find("a", "test", "shuffle", None) is None
    assert panel.find("a", "test", "clean", None).condition == "clean"
    assert panel.get("a", "elsewhere") is None


def test_two_conditions_of_one_place_are_refused(records):
    again = records.filter(pl.col("family") == "shuffle").with_columns(condition=pl.lit("other"))
    panel = Panel.of(pl.concat([records, again]))
    with pytest.raises(RecordError) as caught:
        panel.find("a", "test", "shuffle", 2.0)
    assert str(caught.value) == (
        "One condition must have the family 'shuffle' and the level 2.0, got shuffle=2, other. "
        "Give each its own family."
    )


def test_records_of_two_evaluations_are_refused(records):
    with pytest.raises(RecordError) as caught:
        Panel.of(pl.concat([records, records]))
    assert str(caught.value) == (
        "Each image must have one record a model, condition and draw, got 2 records in 1 draws of "
        "'test/00000' (a, clean). Read the parts of one evaluation only."
    )
    other = records.with_columns(weights=pl.lit("x"), draw=pl.lit(1, dtype=pl.Int64))
    with pytest.raises(RecordError) as caught:
        Panel.of(pl.concat([records, other]))
    assert str(caught.value) == (
        "The records must have one `weights` for each model, got 2 for a. "
        "Read the parts of one evaluation only."
    )


def test_draws_of_other_images_are_refused(records):
    shuffled = pl.col("family") == "shuffle"
    more = records.filter(shuffled).head(10).with_columns(draw=pl.lit(1, dtype=pl.Int64))
    with pytest.raises(RecordError) as caught:
        Panel.of(pl.concat([records, more]))
    assert str(caught.value) == (
        "Every draw of a condition must have the same images, got 1 to 2 draws an image "
        "(b, shuffle=2). Run the evaluation again: it goes on where it was."
    )


def test_missing_columns_are_named(records):
    with pytest.raises(RecordError, match=r"got none called tie, mean_square\. Evaluate again"):
        Panel.of(records.drop("tie", "mean_square"))


def test_predictions_are_counted_without_their_probabilities(records, tmp_path):
    store, whole = RecordStore(tmp_path), Panel.of(records)
    unknown = records.filter(model="a", condition="clean")
    unknown = unknown.with_columns(
        model=pl.lit("c"), probabilities=pl.lit(None, dtype=pl.List(pl.Float32))
    )
    store.write("predictions", "all", records)
    store.write("predictions", "unknown", unknown)
    read = read_predictions(store, ["all"])
    assert "probabilities" not in read.columns
    assert read["classes"].unique().to_list() == [10]
    for key, expected in whole.outcomes.items():
        found = Panel.of(read).outcomes[key]
        np.testing.assert_array_equal(found.right, expected.right)
        assert (found.images, found.classes) == (expected.images, 10)
    alone = Panel.of(read_predictions(store, ["unknown"]))
    assert alone.get("c", "test").classes == 0
    assert Panel.of(read_predictions(store, ["unknown", "all"])).get("c", "test").classes == 10


def test_records_that_never_had_probabilities_are_refused(records):
    with pytest.raises(RecordError, match="none called probabilities"):
        Panel.of(records.drop("probabilities"))
