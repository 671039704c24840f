"""Killed at random moments, one worker of two or both, a study has the records of any other run."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("killed.py")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("whom", "kills"),
    [
        pytest.param("one", 2, id="one of two", marks=pytest.mark.long),
        pytest.param("all", 2, id="both"),
        pytest.param("one", 25, id="one of two, often", marks=pytest.mark.long),
        pytest.param("all", 25, id="both, often", marks=pytest.mark.long),
    ],
)
def test_whoever_is_killed_the_records_are_the_same_in_every_value(tiny_run, tmp_path, whom, kills):
    seed = time.time_ns() % 10**9
    words = [str(tiny_run), str(tmp_path), str(kills), str(seed), whom]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *words],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, (seed, done.stderr)
    assert int(done.stdout) >= kills
