"""Killed in training or in evaluation, the same command goes on where it was."""

import random
import signal
import subprocess
import sys
import time

import pytest

from cuelens.evaluation import RecordStore
from cuelens.sources import load_model

TABLES = ("predictions", "attacks", "salience")
MOMENTS = ("training", "models", "records/predictions", "records/attack-parts")
"""A folder of the run for each part of the work: it is there when the part has begun."""


@pytest.fixture
def long_file(tiny_file):
    """Return the tiny study with a longer training, so that kills meet it."""
    text = tiny_file.read_text(encoding="utf-8")
    tiny_file.write_text(text.replace("epochs: 1", "epochs: 4"), encoding="utf-8")
    return tiny_file


def start(study, out):
    # A shell's background job would hand down that Ctrl-C is ignored.
    return subprocess.Popen(
        [sys.executable, "-m", "cuelens", "study", "run", str(study), "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def wait_for(process, folder):
    while process.poll() is None and not folder.exists():
        time.sleep(0.002)


def rows_of(folder, table):
    frame = RecordStore(folder / "records").read(table)
    return frame.sort([name for name in frame.columns if name != "probabilities"])


@pytest.mark.slow
def test_a_study_that_is_killed_again_and_again_ends_with_the_same_records(long_file, tmp_path):
    alone = start(long_file, tmp_path / "alone")
    assert alone.communicate()[0] == f"{tmp_path / 'alone' / 'report.html'}\n"
    assert alone.returncode == 0
    out, seed = tmp_path / "killed", time.time_ns()
    moments, killed = random.Random(seed), []  # noqa: S311 - when to kill, no secret
    for place in MOMENTS:
        process = start(long_file, out)
        wait_for(process, out / place)
        time.sleep(moments.uniform(0, 0.5))
        process.kill()
        process.communicate()
        killed.append(process.returncode)
        assert killed[-1] in (0, -signal.SIGKILL), seed
    assert -signal.SIGKILL in killed[:2], seed  # while training
    assert -signal.SIGKILL in killed[2:], seed  # while evaluating
    last = start(long_file, out)
    told = last.communicate()
    assert last.returncode == 0, told
    assert told[0] == f"{out / 'report.html'}\n"
    for name in ("standard", "adversarial"):
        ours, theirs = (
            load_model(folder / "models" / f"{name}.safetensors")[0].fingerprint()
            for folder in (tmp_path / "alone", out)
        )
        assert ours == theirs, seed
    for table in TABLES:
        expected = rows_of(tmp_path / "alone", table)
        assert expected.height > 0
        assert rows_of(out, table).equals(expected), (table, seed)
    assert not list(out.rglob("*.partial"))
    for table in (tmp_path / "alone" / "tables").iterdir():
        if table.stem != "models":  # it tells the seconds of training
            assert (out / "tables" / table.name).read_bytes() == table.read_bytes(), seed


@pytest.mark.slow
@pytest.mark.parametrize("place", ["training", "records/predictions"])
def test_ctrl_c_says_that_the_same_command_goes_on(long_file, tmp_path, place):
    out = tmp_path / "run"
    process = start(long_file, out)
    wait_for(process, out / place)
    process.send_signal(signal.SIGINT)
    printed, told = process.communicate()
    assert process.returncode == 130, told
    assert printed == ""
    assert told.splitlines()[-1] == "Stopped. The same command goes on where it was."
    assert "Traceback" not in told
    if place == "training":
        return  # going on from there is what kills above have shown
    again = start(long_file, out)
    assert again.communicate()[0] == f"{out / 'report.html'}\n"
    assert again.returncode == 0
