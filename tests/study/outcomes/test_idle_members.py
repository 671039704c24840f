"""Members of a suite that had nothing left to attack are one row."""

import polars as pl
import pytest
from tests.study.planted_attacks import planted_attacks

from cuelens.study.outcomes.attack_curves import attack_results
from cuelens.study.outcomes.idle_members import fold_idle

LEFT = {
    "clean": (None, None),
    "after apgd-ce": (5, 6),
    "after apgd-t": (0, 2),
    "after fab-t": (0, 0),
    "after square": (0, 0),
    "worst case": (5, 6),
}


@pytest.fixture
def results() -> pl.DataFrame:
    """Results of two suites on two models, of the first of which one attack leaves nothing."""
    return pl.DataFrame(
        [
            {"dataset": "test", "suite": suite, "attack": attack, "model": model, "attacked": left}
            for suite in ("strong-8", "strong-16")
            for attack, both in LEFT.items()
            for model, left in zip(("standard", "adversarial"), both, strict=True)
        ]
    )


def rows(results: pl.DataFrame, suite: str, model: str) -> list[str]:
    return results.filter(suite=suite, model=model)["attack"].to_list()


def test_a_member_is_folded_where_no_model_left_it_an_image(results):
    folded = fold_idle(results)
    for suite in ("strong-8", "strong-16"):
        for model in ("standard", "adversarial"):
            assert rows(folded, suite, model) == [
                "clean", "after apgd-ce", "after apgd-t", "after fab-t, square", "worst case",
            ]  # fmt: skip
    assert folded.columns == results.columns


def test_models_are_folded_by_themselves_where_rows_are_of_one_model(results):
    folded = fold_idle(results, apart=["model"])
    assert rows(folded, "strong-16", "standard") == [
        "clean", "after apgd-ce", "after apgd-t, fab-t, square", "worst case",
    ]  # fmt: skip
    assert rows(folded, "strong-16", "adversarial") == rows(
        fold_idle(results), "strong-16", "standard"
    )
    assert set(folded["attacked"].drop_nulls()) == {0, 2, 5, 6}


def test_what_was_attacked_stays_as_it_is():
    results = attack_results(planted_attacks(n=60))
    assert results["attacked"].min() > 0
    assert fold_idle(results).equals(results)


def test_no_results_have_no_rows_whatever_the_type_of_their_columns(results):
    for nothing in (results.clear(), pl.DataFrame(schema=dict.fromkeys(results.columns, pl.Null))):
        assert fold_idle(nothing).equals(nothing)
