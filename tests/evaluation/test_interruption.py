"""Killed at any moment, a job goes on where it was; its records are the same in every value."""

import time
from pathlib import Path

import numpy as np
import pytest
from tests.warm_start import WarmProcess

from cuelens.evaluation import SCHEMAS, RecordStore

SCRIPT = Path(__file__).with_name("interrupted.py")


def start(folder):
    return WarmProcess([str(SCRIPT), str(folder)], told=folder.with_name("told.txt"))


@pytest.mark.slow
def test_records_of_a_job_killed_at_random_moments_are_those_of_one_left_alone(tmp_path):
    alone = start(tmp_path / "alone")
    lines = alone.communicate()[0].count("\n")
    assert alone.returncode == 0
    generator = np.random.default_rng()
    folder = tmp_path / "killed"
    moments, parts = [], []
    for _ in range(5):
        process = start(folder)
        moment = int(generator.integers(1, lines)), float(generator.random() * 0.02)
        moments.append(moment)
        for _ in range(moment[0]):
            process.stdout.readline()
        time.sleep(moment[1])
        process.kill()
        process.communicate()
        store = RecordStore(folder)
        keys = {table: store.keys(table) for table in SCHEMAS}
        assert all(store.has(table, key) for table in keys for key in keys[table]), moments
        assert not list(folder.rglob(".*")), moments
        parts.append(sum(map(len, keys.values())))
    assert parts == sorted(parts)
    last = start(folder)
    last.communicate()
    assert last.returncode == 0
    for table in SCHEMAS:
        order = ["model", "condition", "image", "loss"]
        if table in ("agreements", "controls", "probes", "salience"):  # this job makes none
            continue
        expected = RecordStore(tmp_path / "alone").read(table).sort(order)
        assert expected.height > 0
        assert RecordStore(folder).read(table).sort(order).equals(expected), moments
