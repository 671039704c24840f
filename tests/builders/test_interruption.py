"""Killed at any moment and run again, a build ends up as the one that was left alone."""

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from cuelens.builders import build, check
from cuelens.errors import RunFolderError, StorageError

SCRIPT = Path(__file__).with_name("killed.py")


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Return a folder of 130 small images, one of them damaged."""
    folder = tmp_path_factory.mktemp("many") / "pictures"
    generator = np.random.Generator(np.random.Philox(key=4))
    for number in range(130):
        place = folder / ("train" if number % 3 else "val") / "abc"[number % 3]
        place.mkdir(parents=True, exist_ok=True)
        pixels = generator.integers(0, 256, (24, 20, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(place / f"{number}.png")
    (folder / "train" / "b" / "empty.png").touch()
    return folder


def killed(many, tmp_path, kills, kind):
    seed = time.time_ns()
    folders = tmp_path / "killed", tmp_path / "alone"
    command = [sys.executable, SCRIPT, many, *folders, kills, seed, kind]
    done = subprocess.run(map(str, command), capture_output=True, text=True, check=False)
    assert done.returncode == 0, (seed, done.stderr)
    return int(done.stdout), seed


def require_as_if_left_alone(tmp_path, files_of, seed):
    """Require of every build, also of those that ended between two kills, what the last one is."""
    alone = files_of(tmp_path / "alone")
    for folder in tmp_path.glob("killed*"):
        assert check(folder).wrong == (), seed
        assert files_of(folder) == alone, (seed, folder)


@pytest.mark.parametrize("kind", ["files", "shards"])
def test_a_build_that_is_killed_a_few_times_ends_the_same(many, tmp_path, files_of, kind):
    met, seed = killed(many, tmp_path, 5, kind)
    assert met > 0, seed
    require_as_if_left_alone(tmp_path, files_of, seed)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["files", "draws", "shards"])
def test_a_build_that_is_killed_20_times_ends_the_same(many, tmp_path, files_of, kind):
    met, seed = killed(many, tmp_path, 20, kind)
    assert met > 2, seed
    require_as_if_left_alone(tmp_path, files_of, seed)


def start(source, out):
    words = ["-m", "cuelens", "build", "shuffled", source, out, "--level", 3, "--workers", 2]
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


@pytest.mark.slow
def test_a_command_with_processes_that_is_killed_ends_the_same_and_leaves_no_process(
    many, tmp_path, files_of
):
    seed = time.time_ns()
    moments, out = random.Random(seed), tmp_path / "killed"  # noqa: S311 - when to kill, no secret
    for _ in range(5):
        process = start(many, out)
        while process.poll() is None and not (out / ".building" / "parts").exists():
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.1))
        process.kill()
        process.communicate()
        deadline = time.monotonic() + 90  # a process that still imports notices only then
        while still_there(process.pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not still_there(process.pid), seed
    last = start(many, out)
    told = last.communicate()
    assert last.returncode == 0, (seed, told)
    build("shuffled", many, tmp_path / "alone", level=3)
    assert check(out).wrong == (), seed
    assert files_of(out) == files_of(tmp_path / "alone"), seed


def still_there(session):
    """Return whether a process of a session lives."""
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            return True
    return False


@pytest.mark.slow
def test_ctrl_c_says_that_the_same_command_goes_on(many, tmp_path):
    process = start(many, tmp_path / "out")
    while process.poll() is None and not (tmp_path / "out" / ".building" / "parts").exists():
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    printed, told = process.communicate()
    assert process.returncode == 130, told
    assert printed == ""
    assert told.splitlines()[-1] == "Stopped. The same command goes on where it was."
    assert "Traceback" not in told


def test_an_unfinished_build_of_other_words_is_refused(pictures, tmp_path, monkeypatch):
    out = tmp_path / "out"
    stop_at_the_end(monkeypatch, lambda: build("saturated", pictures, out, level=8))
    with pytest.raises(RunFolderError, match="condition: 'saturation=8' there, 'shuffle=2' now"):
        build("shuffled", pictures, out, level=2)


def stop_at_the_end(monkeypatch, work):
    """Run a build that is stopped before its manifest is written."""

    def stopped(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("cuelens.builders.engine.write_manifest", stopped)
        with pytest.raises(KeyboardInterrupt):
            work()


def test_a_build_stopped_at_its_end_makes_nothing_again(pictures, tmp_path, monkeypatch, files_of):
    stop_at_the_end(monkeypatch, lambda: build("shuffled", pictures, tmp_path / "out", level=2))
    assert build("shuffled", pictures, tmp_path / "out", level=2).made == 0
    build("shuffled", pictures, tmp_path / "alone", level=2)
    assert files_of(tmp_path / "out") == files_of(tmp_path / "alone")


def test_two_builds_at_a_time_into_one_folder_are_refused(pictures, tmp_path):
    out = tmp_path / "out"

    def meanwhile(stage, done, total, note):
        if done == 0:
            with pytest.raises(RunFolderError) as error:
                build("saturated", pictures, out, level=8)
            assert str(error.value) == (
                f"`OUT` must be built by one process at a time, got `{out}`, where another is at "
                "work. Wait for it, or give another folder."
            )

    assert build("saturated", pictures, out, level=8, progress=meanwhile).images == 6


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 400 KiB, mounted for the test."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount, "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    yield folder
    subprocess.run([shutil.which("umount"), "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_full_disk_is_named_and_nothing_made_is_lost(
    many, small_disk, tmp_path, files_of, workers
):
    out = small_disk / "out"
    with pytest.raises(StorageError) as error:
        build("shuffled", many, out, level=3, workers=workers)
    assert "got a full disk with " in str(error.value)
    assert str(error.value).endswith(
        "Free some space and run the same command again: nothing already written is lost, and it "
        "goes on where it was."
    )
    parts = [*(out / ".building" / "parts").glob("*.parquet")]
    assert parts
    noted = sum(pl.read_parquet(part).height for part in parts)
    subprocess.run([shutil.which("mount"), "-o", "remount,size=8m", str(small_disk)], check=True)
    assert build("shuffled", many, out, level=3).made == 131 - noted
    build("shuffled", many, tmp_path / "alone", level=3)
    assert files_of(out) == files_of(tmp_path / "alone")
