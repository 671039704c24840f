"""Shown images are chosen by a rule, not by hand."""

import math

import polars as pl
import pytest

from cuelens.errors import ConfigError, RecordError
from cuelens.evaluation import choose_rows
from cuelens.evaluation.tables import empty, table_of


@pytest.fixture
def predictions():
    """Forty images; the label's probability falls from .9 by row/50 under the one condition."""
    images = [f"test/{row:02d}" for row in range(40)]
    clean = {"image": images, "loss": [-math.log(0.9)] * 40}
    faded = {"image": images, "loss": [-math.log(0.9 - row / 50) for row in range(40)]}
    names = {"model": "a", "dataset": "d"}
    return pl.concat(
        [
            table_of("predictions", clean, {**names, "condition": "clean", "family": "clean"}),
            table_of("predictions", faded, {**names, "condition": "fade=1", "family": "fade"}),
        ]
    )


def test_each_rule_gives_what_it_says_and_no_image_comes_twice(predictions):
    chosen = choose_rows(predictions, count=8, seed=3)
    by_rule = {
        rule: [c.image for c in chosen if c.rule == rule] for rule in {c.rule for c in chosen}
    }
    assert by_rule[
        "most changed: the label's probability fell most, mean over models and conditions"
    ] == ["test/39", "test/38", "test/37"]
    assert by_rule[
        "typical: the label's probability fell by the median, mean over models and conditions"
    ] == ["test/19", "test/20"]
    assert len(by_rule["at random, among all images"]) == 3
    assert len({one.image for one in chosen}) == 8
    assert chosen[0].rule == "at random, among all images"


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, (1, 0, 0)), (2, (1, 1, 0)), (3, (1, 1, 1)), (4, (2, 1, 1)), (6, (2, 2, 2))],
)
def test_the_rules_share_a_small_number_evenly(predictions, count, expected):
    rules = [one.rule.partition(":")[0] for one in choose_rows(predictions, count=count, seed=3)]
    names = ("at random, among all images", "most changed", "typical")
    assert tuple(rules.count(name) for name in names) == expected


def test_the_choice_does_not_depend_on_the_order_of_the_records(predictions):
    shuffled = predictions.sample(fraction=1, shuffle=True, seed=1)
    assert choose_rows(shuffled, count=8, seed=3) == choose_rows(predictions, count=8, seed=3)
    assert choose_rows(predictions, count=8, seed=4) != choose_rows(predictions, count=8, seed=3)


def test_few_images_and_one_condition_are_enough(predictions):
    assert len(choose_rows(predictions, count=100, seed=0)) == 40
    clean = predictions.filter(family="clean")
    assert {one.rule for one in choose_rows(clean, count=8, seed=0)} == {
        "at random, among all images"
    }
    assert choose_rows(predictions, count=0, seed=0) == ()
    assert choose_rows(empty("predictions"), count=3, seed=0) == ()


def test_several_data_sets_and_negative_counts_are_refused(predictions):
    both = pl.concat([predictions, predictions.with_columns(dataset=pl.lit("e"))])
    with pytest.raises(RecordError) as caught:
        choose_rows(both, count=3, seed=0)
    assert str(caught.value) == (
        "`predictions` must be of one data set, got d, e. Filter them first."
    )
    with pytest.raises(ConfigError) as caught:
        choose_rows(predictions, count=-1, seed=0)
    assert str(caught.value) == "`count` must be at least 0, got -1."
