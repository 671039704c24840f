import numpy as np
import polars as pl
import pytest
from tests.study.planted import Planted, common, planted_predictions, planted_salience

from cuelens.errors import RecordError
from cuelens.evaluation.tables import table_of
from cuelens.means import mean
from cuelens.statistics import wilson
from cuelens.study.outcomes.outcomes import Panel
from cuelens.study.outcomes.summaries import (
    summarise_attacks,
    summarise_predictions,
    summarise_salience,
)

CONDITIONS = (("saturation", 8.0), ("greyscale", None))
NETWORKS = {
    "standard": Planted(
        clean=0.9, kept={"saturation": 0.5, "greyscale": 0.8}, maps={"sparsity": 0.4}
    ),
    "adversarial": Planted(clean=0.6, kept={"saturation": 0.65}),
}


@pytest.fixture(scope="module")
def records():
    return planted_predictions(NETWORKS, CONDITIONS, n=400)


@pytest.fixture(scope="module")
def table(records):
    return summarise_predictions(records)


def row_of(table, quantity, condition="saturation=8", model="standard"):
    wanted = {"quantity": quantity, "condition": condition, "model": model}
    found = table.filter(*(pl.col(column) == value for column, value in wanted.items()))
    return found.row(0, named=True)


def test_each_condition_has_its_rates_with_n_and_interval(records, table):
    own = records.filter((pl.col("model") == "standard") & (pl.col("condition") == "saturation=8"))
    right = int((own["prediction"] == own["label"]).sum())
    row, expected = row_of(table, "accuracy"), wilson(right, 400)
    assert (row["n"], row["value"], row["method"]) == (400, right / 400, "Wilson")
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))
    assert (row["family"], row["level"], row["draws"]) == ("saturation", 8.0, 1)
    top3 = row_of(table, "top-3 accuracy")
    assert top3["value"] == (own["label_rank"] <= 3).mean()


def test_retention_counts_what_was_right_clean(records, table):
    own = records.filter(pl.col("model") == "standard").with_columns(
        right=pl.col("prediction") == pl.col("label")
    )
    clean = own.filter(pl.col("family") == "clean")["right"].to_numpy()
    kept = own.filter(pl.col("condition") == "saturation=8")["right"].to_numpy()
    row = row_of(table, "retention")
    assert (row["n"], row["value"]) == (clean.sum(), kept[clean].mean())
    corrected = row_of(table, "chance-corrected retention")
    assert corrected["value"] == pytest.approx((row["value"] - 0.1) / 0.9)
    assert corrected["low"] == pytest.approx((row["low"] - 0.1) / 0.9)


def test_retention_is_not_shown_for_the_clean_condition(table):
    clean = table.filter(pl.col("condition") == "clean")
    assert set(clean["quantity"]) == {
        "accuracy", "top-3 accuracy", "image change", "structural distance", "ties",
    }  # fmt: skip
    assert row_of(table, "image change", "clean")["value"] == 0


def test_ties_and_image_distance_are_shown(records, table):
    own = records.filter((pl.col("model") == "standard") & (pl.col("condition") == "saturation=8"))
    assert row_of(table, "ties")["value"] == own["tie"].sum()
    assert row_of(table, "image change")["value"] == pytest.approx(0.2)
    assert row_of(table, "structural distance")["value"] == pytest.approx(0.3)


def test_only_conditions_that_were_evaluated_have_rows(table):
    places = set(table.select("model", "condition").iter_rows())
    assert ("standard", "greyscale") in places
    assert ("adversarial", "greyscale") not in places


def test_what_is_unknown_says_why(records):
    unclean = records.filter(pl.col("family") != "clean")
    row = row_of(summarise_predictions(unclean), "retention")
    assert (row["value"], row["note"]) == (None, "there are no records of the clean images")
    clean = pl.col("family") == "clean"
    hopeless = records.with_columns(prediction=pl.when(clean).then(-1).otherwise("prediction"))
    row = row_of(summarise_predictions(hopeless), "chance-corrected retention")
    assert (row["value"], row["note"]) == (None, "no image is right clean")
    bare = records.with_columns(
        probabilities=pl.lit([], dtype=pl.List(pl.Float32)),
        mean_square=pl.lit(None, dtype=pl.Float64),
        structural_distance=pl.lit(None, dtype=pl.Float64),
    )
    table = summarise_predictions(bare)
    assert row_of(table, "chance-corrected retention")["note"] == (
        "the records hold no probabilities, so the number of classes is unknown"
    )
    for quantity in ("image change", "structural distance"):
        assert row_of(table, quantity)["note"] == (
            "the records hold no distance to the clean images"
        )


def test_no_value_is_missing_without_a_note(table):
    assert table.filter(pl.col("value").is_null() & pl.col("note").is_null()).is_empty()
    assert not table["value"].is_nan().any()


def test_a_panel_is_as_good_as_its_records(records, table):
    assert summarise_predictions(Panel.of(records)).equals(table)


def test_draws_are_averaged_within_an_image():
    records = planted_predictions(
        {"a": Planted(kept={"shuffle": 0.5})}, [("shuffle", 2.0)], draws=4, n=200
    )
    table = summarise_predictions(records)
    row = row_of(table, "accuracy", "shuffle=2", "a")
    assert (row["n"], row["draws"]) == (200, 4)
    one = wilson(round(row["value"] * 200), 200)
    assert row["high"] - row["low"] < one.high - one.low


def attack_records(clean, fooled, missed, draw=0):
    n = len(clean)
    return table_of(
        "attacks",
        {
            "image": [f"test/{place:05}" for place in range(n)],
            "label": np.zeros(n, dtype=np.int64),
            "clean_right": np.array(clean, dtype=bool),
            "fooled": np.array(fooled, dtype=bool),
            "steps": np.where(clean, 10, 0),
            "missed": missed,
        },
        common("a", Planted(), "pgd-20", "attack", 8 / 255) | {"draw": draw},
    )


def test_robust_accuracy_counts_all_images_and_retention_those_right_clean():
    frame = attack_records([1, 1, 1, 1, 0], [0, 1, 0, 0, 1], [False, None, True, None, None])
    table = summarise_attacks(frame)
    robust = row_of(table, "robust accuracy", "pgd-20", "a")
    assert (robust["value"], robust["n"], robust["method"]) == (3 / 5, 5, "Wilson")
    assert row_of(table, "robust retention", "pgd-20", "a")["value"] == 3 / 4
    misses, expected = row_of(table, "fast-path miss rate", "pgd-20", "a"), wilson(1, 2)
    assert (misses["value"], misses["low"], misses["n"]) == (0.5, expected.low, 2)
    assert row_of(table, "attack steps", "pgd-20", "a")["value"] == 10
    assert robust["level"] == pytest.approx(8 / 255)


def test_an_image_is_robust_only_if_no_start_fools_it():
    frames = [
        attack_records([1, 1, 1], fooled, [None] * 3, draw)
        for draw, fooled in enumerate([[0, 1, 0], [0, 0, 1]])
    ]
    row = row_of(summarise_attacks(pl.concat(frames)), "robust accuracy", "pgd-20", "a")
    assert (row["value"], row["draws"]) == (pytest.approx(1 / 3), 2)


def test_attacks_without_a_second_look_or_a_clean_success_say_so():
    table = summarise_attacks(attack_records([0, 0], [1, 1], [None, None]))
    assert row_of(table, "robust accuracy", "pgd-20", "a")["value"] == 0
    assert row_of(table, "robust retention", "pgd-20", "a")["note"] == "no image is right clean"
    assert row_of(table, "fast-path miss rate", "pgd-20", "a")["note"] == (
        "no survivor was attacked again in float32"
    )


def test_salience_measures_are_means_with_t_intervals():
    maps = planted_salience(NETWORKS, n=50)
    row = summarise_salience(maps).row(0, named=True)
    expected = mean(maps["value"].to_numpy())
    assert (row["n"], row["method"], row["measure"]) == (50, "gradient", "sparsity")
    assert (row["value"], row["low"], row["high"]) == pytest.approx(
        (expected.value, expected.low, expected.high)
    )
    assert row["note"] is None


def test_images_without_a_map_are_counted():
    maps = planted_salience(NETWORKS, n=50)
    first = pl.col("image") < "test/00010"
    holes = maps.with_columns(value=pl.when(first).then(float("nan")).otherwise("value"))
    row = summarise_salience(holes).row(0, named=True)
    assert (row["n"], row["note"]) == (40, "10 of 50 images have none (no map)")
    row = summarise_salience(maps.head(1)).row(0, named=True)
    assert (row["value"], row["note"]) == (None, "too few images for an interval")


def test_empty_tables_give_empty_tables(records):
    assert summarise_predictions(records.clear()).is_empty()
    assert summarise_salience(planted_salience({})).is_empty()
    assert summarise_attacks(attack_records([], [], [])).is_empty()


def test_missing_columns_are_named(records):
    with pytest.raises(RecordError) as caught:
        summarise_attacks(attack_records([1], [0], [None]).drop("missed", "steps"))
    assert str(caught.value) == (
        "The records of attacks must have the columns model, dataset, condition, family, level, "
        "draw, image, clean_right, fooled, steps, missed, got none called steps, missed. "
        "Evaluate again with this version."
    )
