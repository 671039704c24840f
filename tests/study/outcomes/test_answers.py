import numpy as np
import polars as pl
import pytest
from tests.study.planted import Planted, planted_conflict, planted_predictions

from cuelens.errors import RecordError
from cuelens.ratios import ratio
from cuelens.study.outcomes.answers import answers_of, shape_bias_difference, summarise_answers

READERS = {"shape": (1.0, 0.0), "texture": (0.0, 1.0), "coin": (0.5, 0.5), "standard": (0.2, 0.6)}


@pytest.fixture(scope="module")
def table():
    return summarise_answers(planted_conflict(READERS))


def row_of(table, model):
    return table.row(by_predicate=pl.col("model") == model, named=True)


def test_readers_of_one_cue_have_the_bias_of_their_cue(table):
    assert row_of(table, "shape")["bias"] == 1.0
    assert row_of(table, "texture")["bias"] == 0.0
    coin = row_of(table, "coin")
    assert coin["low"] < 0.5 < coin["high"]


def test_every_answer_is_counted_once(table):
    for row in table.iter_rows(named=True):
        assert row["shape"] + row["texture"] + row["other"] == row["n"]
        assert row["n"] + row["congruent"] == 1000
    standard = row_of(table, "standard")
    assert standard["bias"] == standard["shape"] / (standard["shape"] + standard["texture"])
    assert standard["bias"] == pytest.approx(0.25, abs=0.06)
    assert standard["other"] > 0.1 * standard["n"]


def test_intervals_by_image_and_by_class_are_shown(table):
    row = row_of(table, "standard")
    assert (row["method"], row["classes"]) == ("Wilson, by image", 10)
    assert row["class_low"] < row["bias"] < row["class_high"]
    assert (row["crossed_low"], row["note"]) == (None, None)


def test_reciprocal_ranks_of_both_cues_are_shown(table):
    row = row_of(table, "shape")
    assert (row["shape_reciprocal_rank"], row["texture_reciprocal_rank"]) == (1.0, 0.25)


def test_known_sources_are_resampled_crossed():
    records = planted_conflict({"standard": (0.3, 0.5), "other": (0.5, 0.3)}, n=400, sources=20)
    row = row_of(summarise_answers(records), "standard")
    assert row["crossed_low"] < row["bias"] < row["crossed_high"]
    found = shape_bias_difference(*answers_of(records))
    assert found.estimate.method == "paired crossed bootstrap"


def test_sources_that_no_two_images_share_are_no_sources():
    records = planted_conflict({"standard": (0.3, 0.5)}, n=60)
    own = pl.Series(range(60)).cast(pl.String)
    row = row_of(
        summarise_answers(records.with_columns(shape_source=own, texture_source=own)), "standard"
    )
    assert (row["crossed_low"], row["crossed_high"]) == (None, None)
    one_shared = records.with_columns(shape_source=own, texture_source=pl.lit("same"))
    assert row_of(summarise_answers(one_shared), "standard")["crossed_low"] is not None


def test_the_paired_difference_is_turned_when_the_models_are():
    one, two = answers_of(planted_conflict({"a": (0.3, 0.5), "b": (0.5, 0.3)}))
    found, turned = shape_bias_difference(one, two), shape_bias_difference(two, one)
    assert found.estimate.value == pytest.approx(-turned.estimate.value)
    assert found.estimate.low == pytest.approx(-turned.estimate.high, abs=0.005)
    assert found.estimate.method == "paired bootstrap"
    assert ratio(one.by_shape, one.by_either).value == pytest.approx(3 / 8, abs=0.05)


def test_sets_whose_cues_agree_or_are_unknown_have_no_rows():
    records = planted_predictions({"a": Planted(kept={})}, n=20)
    assert summarise_answers(records).is_empty()
    same = records.with_columns(shape=pl.col("label"), texture=pl.col("label"))
    assert summarise_answers(same).is_empty()


def test_answers_that_follow_neither_cue_are_counted_with_a_note():
    row = row_of(summarise_answers(planted_conflict({"lost": (0.0, 0.0)}, n=50)), "lost")
    assert (row["bias"], row["low"], row["shape"], row["texture"]) == (None, None, 0, 0)
    assert row["note"] == "no answer follows shape or texture"


def test_one_class_has_no_interval_by_class():
    records = planted_conflict({"a": (0.5, 0.5)}, n=200).filter(pl.col("shape") == 3)
    row = row_of(summarise_answers(records), "a")
    assert (row["class_low"], row["note"]) == (None, "one class only, so no interval by class")
    assert row["low"] < row["bias"] < row["high"]


def test_draws_count_as_answers_but_not_as_images():
    records = planted_conflict({"a": (0.4, 0.4)}, n=300)
    twice = pl.concat([records, records.with_columns(draw=pl.lit(1, dtype=pl.Int64))])
    one, two = (row_of(summarise_answers(frame), "a") for frame in (records, twice))
    assert (two["n"], two["shape"]) == (2 * one["n"], 2 * one["shape"])
    assert (two["low"], two["high"]) == pytest.approx((one["low"], one["high"]))


def test_double_records_and_other_images_are_refused_in_words():
    records = planted_conflict({"a": (0.5, 0.5), "b": (0.5, 0.5)}, n=30)
    with pytest.raises(RecordError) as caught:
        answers_of(pl.concat([records, records.head(1)]))
    assert str(caught.value) == (
        "Each image must have one record a model, condition and draw, got several of "
        "'conflict/00000' (a, clean). Read the parts of one evaluation only."
    )
    fewer = records.filter((pl.col("model") == "a") | (pl.col("image") > "conflict/00009"))
    one, two = answers_of(fewer)
    with pytest.raises(RecordError) as caught:
        shape_bias_difference(one, two)
    assert str(caught.value) == (
        f"Two shape biases must come from the same images, got {len(one.images)} of a and "
        f"{len(two.images)} others of b. Evaluate both on one conflict set."
    )
    assert np.isin(two.images, one.images).all()
