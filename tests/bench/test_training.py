"""The benchmark of training: its rows are those that were asked for, and small ones are right."""

import pytest

from bench.training import CASES
from bench.training_cost import LIMIT, PASSES, measure_step
from cuelens.study.plan.recipe_form import RECIPES


def test_every_row_that_was_asked_for_is_there():
    rows = [case.row for case in CASES]
    assert len(set(rows)) == len(rows)
    assert {row.partition("/")[0] for row in rows} == {
        "pgd-7-training",
        *(f"step-{name}" for name in PASSES),
        "two-ranks-standard",
        "two-ranks-pgd_linf",
    }
    assert set(PASSES) == set(RECIPES) - {"stylised"}
    assert LIMIT == 1.08


@pytest.mark.parametrize("name", ["standard", "trades"])
def test_a_step_costs_at_least_its_passes(name):
    row = measure_step(f"step-{name}/small/bare-passes", name, 4, 2, 1)
    assert row.ours > 0
    assert row.peer > 0
    assert row.ratio == row.peer / row.ours
    assert row.notes["images_a_second"] == pytest.approx(4 / row.ours)
