"""Which models cannot be told apart, from planted records."""

import polars as pl
from tests.study.planted import Planted, planted_predictions

from cuelens.study.outcomes.comparisons import compare_models
from cuelens.study.outcomes.indistinct import LETTER_COLUMNS, indistinct_models


def letters(records, condition, quantity):
    found = indistinct_models(compare_models(records))
    assert tuple(found.columns) == LETTER_COLUMNS
    own = found.filter(condition=condition, quantity=quantity)
    return dict(zip(own["model"].to_list(), own["letters"].to_list(), strict=True))


def planted(**kept):
    networks = {name: Planted(kept={"shuffle": value}) for name, value in kept.items()}
    return planted_predictions(networks, [("shuffle", 2.0)], n=2000)


def test_models_that_keep_as_much_share_a_letter_and_the_best_has_the_first():
    found = letters(planted(low=0.5, high=0.8, alike=0.8), "shuffle=2", "retention")
    assert found["low"] == "b"
    assert found["high"] == found["alike"] == "a"
    assert list(found)[-1] == "low"


def test_a_pair_that_was_not_compared_has_no_letters():
    records = planted(low=0.5, high=0.8, alike=0.8)
    some = records.filter(
        ~((pl.col("model") == "low") & (pl.col("condition") == "shuffle=2"))
        | (pl.col("image") < "test/01000")
    )
    assert letters(some, "shuffle=2", "retention") == {}
    assert set(letters(some, "clean", "accuracy")) == {"low", "high", "alike"}
