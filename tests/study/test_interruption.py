"""Killed in training or in evaluation, the same command goes on where it was."""

import random
import signal
import time

import pytest
from tests.warm_start import WarmProcess

from cuelens.evaluation import RecordStore
from cuelens.sources import load_model

TABLES = ("predictions", "attacks", "salience")
MOMENTS = ("training", "models", "records/predictions", "records/attack-parts")
"""A folder of the run for each part of the work: it is there when the part has begun."""


def start(study, out):
    words = ["-m", "cuelens", "study", "run", str(study), "--out", str(out)]
    return WarmProcess(words, told=study.with_name("told.txt"))


def wait_for(process, folder):
    while process.poll() is None and not folder.exists():
        time.sleep(0.002)


def rows_of(folder, table):
    frame = RecordStore(folder / "records").read(table)
    return frame.sort([name for name in frame.columns if name != "probabilities"])


@pytest.mark.slow
def test_a_study_that_is_killed_again_and_again_ends_with_the_same_records(
    tiny_run, tiny_file, tmp_path
):
    out, seed = tmp_path / "killed", time.time_ns()
    moments, killed = random.Random(seed), []  # noqa: S311 - when to kill, no secret
    for place in MOMENTS:
        process = start(tiny_file, out)
        wait_for(process, out / place)
        time.sleep(moments.uniform(0, 0.5))
        process.kill()
        process.communicate()
        killed.append(process.returncode)
        assert killed[-1] in (0, -signal.SIGKILL), seed
    assert -signal.SIGKILL in killed[:2], seed  # while training
    assert -signal.SIGKILL in killed[2:], seed  # while evaluating
    last = start(tiny_file, out)
    told = last.communicate()
    assert last.returncode == 0, told
    assert told[0].endswith(f"\n{out / 'report.html'}\n")
    for name in ("standard", "adversarial"):
        ours, theirs = (
            load_model(folder / "models" / f"{name}.safetensors")[0].fingerprint()
            for folder in (tiny_run, out)
        )
        assert ours == theirs, seed
    for table in TABLES:
        expected = rows_of(tiny_run, table)
        assert expected.height > 0
        assert rows_of(out, table).equals(expected), (table, seed)
    assert not list(out.rglob("*.partial"))


@pytest.mark.slow
@pytest.mark.parametrize("place", ["training", "records/predictions"])
def test_ctrl_c_says_that_the_same_command_goes_on(tiny_file, tmp_path, place):
    """That it does go on is what kills above have shown."""
    out = tmp_path / "run"
    process = start(tiny_file, out)
    wait_for(process, out / place)
    process.send_signal(signal.SIGINT)
    printed, told = process.communicate()
    assert process.returncode == 130, told
    assert printed == ""
    assert told.splitlines()[-1] == "Stopped. The same command goes on where it was."
    assert "Traceback" not in told
