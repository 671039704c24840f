"""The benchmark of the engine: its rows are those that were asked for, and small ones are right."""

import pytest

from bench.engine import CASES
from bench.engine_cost import CONDITIONS, GIGABYTES_LIMIT, measure_memory
from bench.engine_overhead import measure_decoding
from bench.finished_run import measure_finished, study_of
from bench.measure import selected
from cuelens.study.plan.plan import plan_of


def test_every_row_that_was_asked_for_is_there():
    assert [case.row for case in CASES] == [
        "overhead/resnet18/bare-forward",
        "second-model/decoding/limit",
        "two-ranks/small/one-rank",
        "memory/rendered/limit",
        "cost/rendered/limit",
        "finished/1000-parts/limit",
    ]
    assert [case.measure.images for case in CASES[3:5]] == [100_000, 100_000]
    assert selected(CASES, ["memory"]) == CASES[3:4]
    assert len({condition.name for condition in CONDITIONS}) == 10
    assert GIGABYTES_LIMIT == 1.5


def test_a_second_model_reads_no_image_again():
    row = measure_decoding("second-model/decoding/limit", 20, 1)
    assert (row.ours, row.peer, row.ratio) == (1.0, 1.0, 1.0)


@pytest.mark.slow
def test_the_row_of_memory_tells_the_growth_and_the_highest():
    row = measure_memory("memory/rendered/limit", 2_000, 1)
    assert 0.1 < row.ours < row.peer
    assert -0.1 < row.notes["growth_after_a_tenth"] < 0.2


def test_the_planted_study_has_so_many_parts():
    plan = plan_of(study_of(1000, 2000), where="the bench")
    assert len(plan.models) * len(plan.conditions) == 1000


@pytest.mark.slow
@pytest.mark.long
def test_a_small_planted_study_is_recognised_and_measured(tmp_path):
    row = measure_finished(tmp_path, parts=30, images=40, rounds=1)
    assert row.row == "finished/30-parts/limit"
    assert row.notes["parts"] >= 30 + 10  # conflict images too
    assert row.ours > 0
    assert row.peer == 2.0
    assert row.notes["run_seconds"] < row.notes["piece_by_piece_seconds"]
