"""The bench of coverage counts what it says; a seeded part of it holds here too."""

import numpy as np
import pytest

from bench.coverage import CASES, RATES, Case, coverages, row_of
from cuelens.statistics import Estimate

BY_ROW = {case.row: case for case in CASES}


def counted(row, repeats):
    return coverages(BY_ROW[row], repeats=repeats)


@pytest.mark.parametrize("n", [50, 200, 1000, 5000])
def test_rates_are_covered_as_the_protocol_asks(n):
    found = counted(f"rate/wilson/{n}", 1)
    assert tuple(found) == RATES
    assert 0.935 <= np.mean(list(found.values())) <= 0.965
    assert min(found.values()) >= 0.92


@pytest.mark.parametrize(
    "row",
    [
        "retention/wilson-of-a-ratio/50",
        "retention-difference/delta/50",
        "contrast-difference/delta/50",
        "few-clusters/t/10",
        "share/fieller/200",
    ],
)
def test_a_seeded_part_of_the_bench_holds(row):
    found = counted(row, 200)
    assert 0.925 <= np.mean(list(found.values())) <= 0.975
    assert min(found.values()) >= 0.88


def test_the_bootstrap_of_few_images_holds():
    found = coverages(BY_ROW["retention-difference/bootstrap/50"], repeats=160)
    assert np.mean(list(found.values())) >= 0.92


@pytest.mark.parametrize(
    ("row", "repeats"),
    [("few-clusters/percentile-bootstrap/10", 300), ("recipes/as-checkpoints/1000", 200)],
)
def test_the_rows_that_show_what_fails_fail(row, repeats):
    assert np.mean(list(counted(row, repeats).values())) < 0.91


def test_counting_is_right_where_the_answer_is_known():
    def draw(rng, rate):
        return Estimate(0.5, 0.0, 1.0 if rng.random() < rate else -1.0, 1, ""), 0.5

    found = coverages(Case(row="known", draw=draw, rates=(0.25, 1.0)), repeats=2000)
    assert found[1.0] == 1.0
    assert found[0.25] == pytest.approx(0.25, abs=0.04)


def test_a_row_names_the_least_coverage_and_whether_the_protocol_is_kept():
    row = row_of(
        Case(row="known", exact=lambda rate: 0.96 - 0.03 * rate, rates=(0.0, 1.0)), repeats=1
    )
    assert (row.ours, row.peer) == (pytest.approx(0.945), 0.95)
    assert (row.notes["least"], row.notes["least_at"]) == (pytest.approx(0.93), 1.0)
    assert row.notes["held"] == "yes"
    low = row_of(Case(row="known", exact=lambda _: 0.93, rates=(0.5,)), repeats=1)
    assert low.notes["held"] == "no"
