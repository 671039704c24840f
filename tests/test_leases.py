"""One holder at a time: among threads, among processes, across machines, whoever dies."""

import itertools
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cuelens import leases as module
from cuelens.errors import ConfigError, StorageError
from cuelens.leases import Leases

HOLD = """
import sys, time
from pathlib import Path
from cuelens.leases import Leases
leases = Leases(Path(sys.argv[1]))
assert leases.take("part")
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "leases"


def quiet(folder, machine="elsewhere"):
    """Leases of a process that is not heard of in the time of a test."""
    return Leases(folder, machine=machine, beat=50, patience=100)


def take_in_time(leases, name, seconds=20.0):
    end = time.monotonic() + seconds
    while not leases.take(name):
        assert time.monotonic() < end, "nobody took the lease over"
        time.sleep(0.01)


def test_a_lease_is_held_by_one_until_it_is_given_back(folder):
    first, second = Leases(folder), Leases(folder)
    assert first.take("part")
    assert first.mine("part")
    assert not second.take("part")
    assert not second.mine("part")
    assert not first.take("part")
    assert second.take("another")
    first.release("part")
    assert second.take("part")
    assert not first.mine("part")


def test_in_a_block_it_is_held_and_given_back_whatever_happens(folder):
    first, second = Leases(folder), Leases(folder)

    def work():
        with first.held("part") as mine, second.held("part") as too:
            assert (mine, too) == (True, False)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert second.take("part")


def test_the_folder_is_there_as_long_as_there_are_leases(folder):
    first, second = Leases(folder), Leases(folder)
    assert not folder.exists()
    first.take("part")
    second.take("another")
    first.release("part")
    assert [path.name for path in folder.iterdir()] == ["another.0"]
    second.release("another")
    assert not folder.exists()


def test_of_many_who_try_at_once_one_succeeds(folder):
    names = [f"part-{number}" for number in range(30)]

    def take_all(_):
        own = Leases(folder)
        return [name for name in names if own.take(name)]

    with ThreadPoolExecutor(8) as pool:
        taken = list(itertools.chain(*pool.map(take_all, range(8))))
    assert sorted(taken) == sorted(names)


def test_the_lease_of_a_process_that_was_killed_is_free_at_once(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    mine = Leases(folder)
    assert not mine.take("part")
    process.send_signal(signal.SIGKILL)
    take_in_time(mine, "part")  # not yet waited for: it has ended all the same
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    assert [path.name for path in folder.iterdir()] == ["part.1"]


def test_a_process_that_stands_still_loses_its_lease_and_finds_that_out(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "held\n"
        process.send_signal(signal.SIGSTOP)
        mine = Leases(folder, beat=0.05, patience=0.3)
        begun = time.monotonic()
        take_in_time(mine, "part")
        assert time.monotonic() - begun >= 0.3
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_process_elsewhere_keeps_its_lease_as_long_as_it_is_heard_of(folder):
    there = Leases(folder, machine="elsewhere", beat=0.05, patience=30)
    here = Leases(folder, beat=0.05, patience=1.0)
    there.take("part")
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        assert not here.take("part")
        time.sleep(0.02)
    there.release("part")
    assert here.take("part")


def test_a_process_elsewhere_that_is_not_heard_of_any_more_loses_its_lease(folder):
    there, here = quiet(folder), Leases(folder, beat=0.05, patience=0.3)
    there.take("part")
    assert not here.take("part")
    assert not there.lost()
    take_in_time(here, "part")
    assert not there.mine("part")
    assert there.lost()
    there.release("part")
    assert here.mine("part")


def test_a_lease_taken_ahead_is_not_the_work_at_hand(folder):
    there, here = quiet(folder), Leases(folder, beat=0.05, patience=0.3)
    there.take("now")
    there.take("later", ahead=True)
    take_in_time(here, "later")
    take_in_time(here, "now")
    assert there.lost()
    here.release("now")
    there.release("now")
    assert there.take("now")
    there.take("later still", ahead=True)
    assert not there.lost()


def test_of_many_who_watch_one_takes_over(folder):
    quiet(folder).take("part")

    def watch(_):
        own = Leases(folder, beat=0.05, patience=0.3)
        end, found = time.monotonic() + 1.0, False
        while time.monotonic() < end and not found:
            found = own.take("part")
            time.sleep(0.001)
        return found

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(watch, range(8))) == 1


def test_a_lease_given_back_since_it_was_looked_at_is_not_taken_over(folder, monkeypatch):
    there, here = quiet(folder), Leases(folder, beat=0.01, patience=0.02)
    there.take("part")
    here.take("part")
    time.sleep(0.05)
    made = module.create_exclusively

    def later(path, content):
        there.release("part")
        return made(path, content)

    monkeypatch.setattr(module, "create_exclusively", later)
    assert not here.take("part")
    assert not here.mine("part")


def test_who_is_at_work_is_told(folder):
    first, second = Leases(folder), Leases(folder)
    assert not second.busy()
    first.take("part")
    assert second.busy()
    assert not first.busy()
    first.release("part")
    assert not second.busy()


def test_a_process_elsewhere_is_at_work_if_it_is_heard_of(folder):
    here = Leases(folder, beat=0.05, patience=0.4)
    there = Leases(folder, machine="elsewhere", beat=0.1, patience=30)
    there.take("part")
    assert here.busy()
    there.release("part")
    quiet(folder).take("another")
    assert not here.busy()


def test_what_the_dead_left_is_swept_away_and_nothing_else(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    process.kill()
    process.wait()
    process.stdout.close()
    living, mine = quiet(folder), Leases(folder)
    living.take("another")
    mine.take("own")
    mine.sweep()
    assert sorted(path.name for path in folder.iterdir()) == ["another.0", "own.0"]


def test_a_lease_that_is_just_being_written_is_respected(folder):
    folder.mkdir()
    (folder / "part.0").touch()
    here = Leases(folder, beat=0.05, patience=0.2)
    assert not here.take("part")
    take_in_time(here, "part")


def test_a_process_that_was_forked_holds_nothing(folder):
    mine = Leases(folder)
    mine.take("part")
    process = os.fork()
    if not process:
        os._exit(10 * mine.mine("part") + mine.take("part"))
    assert os.waitpid(process, 0)[1] == 0
    assert mine.mine("part")


@pytest.mark.parametrize(("beat", "patience"), [(0.0, 1.0), (2.0, 1.0), (1.0, 1.0)])
def test_who_is_heard_of_too_rarely_is_refused(folder, beat, patience):
    with pytest.raises(ConfigError) as caught:
        Leases(folder, beat=beat, patience=patience)
    assert str(caught.value) == (
        f"`beat` must be above 0 and below `patience`, got {beat:g} and {patience:g} seconds. A "
        "living process must be heard of in time."
    )


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="must be a place that can be written"):
        Leases(tmp_path / "file" / "leases").take("part")
