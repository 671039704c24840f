"""The benchmark of a finished study: what it plants is one, and its row is right."""

import pytest

from bench.finished_run import measure_finished, study_of
from cuelens.study.plan import plan_of


def test_the_planted_study_has_so_many_parts():
    plan = plan_of(study_of(1000, 2000), where="the bench")
    assert len(plan.models) * len(plan.conditions) == 1000


@pytest.mark.slow
def test_a_small_planted_study_is_recognised_and_measured(tmp_path):
    row = measure_finished(tmp_path, parts=30, images=40, rounds=1)
    assert row.row == "finished/30-parts/limit"
    assert row.notes["parts"] >= 30 + 10  # conflict images too
    assert row.ours > 0
    assert row.peer == 2.0
    assert row.notes["run_seconds"] < row.notes["piece_by_piece_seconds"]
