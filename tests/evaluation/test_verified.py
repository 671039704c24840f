"""What was found whole is not read again, until its size or its time of change is another."""

import json
import os

import pytest
from tests.evaluation.test_records import flip, rows

from cuelens.errors import RecordError
from cuelens.evaluation import RecordStore
from cuelens.evaluation.verified import Verified


@pytest.fixture
def part(store):
    """Return the path of a part that another process has found whole and remembers."""
    store.write("predictions", "k", rows())
    store.remember()
    return store.path("predictions", "k")


@pytest.fixture
def read_parts(monkeypatch):
    """Return the list of the parts that are read to be believed."""
    from cuelens.evaluation import records

    read, load = [], records.load_frame
    monkeypatch.setattr(
        records, "load_frame", lambda path, table: (read.append(path), load(path, table))
    )
    return read


def test_a_part_that_was_found_whole_is_not_read_again(store, part, read_parts):
    assert RecordStore(store.folder).has("predictions", "k")
    assert read_parts == []


def test_a_part_that_was_touched_is_read_again(store, part, read_parts):
    os.utime(part, ns=(1, 1))
    again = RecordStore(store.folder)
    assert again.has("predictions", "k")
    assert read_parts == [part]
    again.remember()
    assert RecordStore(store.folder).has("predictions", "k")
    assert read_parts == [part]


def test_an_altered_part_is_found_although_it_was_whole_before(store, part):
    flip(part)
    again = RecordStore(store.folder)
    assert not again.has("predictions", "k")
    assert [one.path for one in again.damaged()] == [part]


def test_an_altered_part_that_keeps_its_size_and_time_is_left_to_the_check(store, part):
    flip(part)
    memory = Verified(store.folder)  # as if the size and the time were those of before
    memory.add(part, memory.stamp(part))
    memory.save()
    again = RecordStore(store.folder)
    assert again.has("predictions", "k")
    assert not again.check("predictions", "k")
    assert not again.has("predictions", "k")
    assert "must have the content that was written" in again.damaged()[0].reason
    again.remember()
    assert not RecordStore(store.folder).has("predictions", "k")


def rot(part):
    """Alter a part as a disk does: its size and its time of change stay."""
    before, content = part.stat(), bytearray(part.read_bytes())
    content[6] ^= 0xFF
    part.write_bytes(content)
    os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_who_shows_numbers_finds_rot_and_the_next_run_does_not_believe_it_either(store, part):
    rot(part)
    assert RecordStore(store.folder).has("predictions", "k")
    shown = RecordStore(store.folder, doubting=True)
    with pytest.raises(RecordError) as error:
        shown.read("predictions", ["k"])
    assert str(error.value).startswith(f"`{part}` must be a whole part of the records, got a torn")
    again = RecordStore(store.folder)  # nobody remembered: the finding is written down at once
    assert not again.has("predictions", "k")
    again.write("predictions", "k", rows())
    again.remember()
    assert RecordStore(store.folder, doubting=True).has("predictions", "k")


def test_doubt_costs_the_bytes_alone_where_they_are_known(store, part, read_parts):
    assert RecordStore(store.folder, doubting=True).has("predictions", "k")
    assert read_parts == []
    stamp = list(Verified(store.folder).stamp(part))
    old = json.dumps({"predictions/k.parquet": stamp})  # of an earlier version, without digests
    (store.folder / ".verified.json").write_text(old, encoding="utf-8")
    assert RecordStore(store.folder).has("predictions", "k")
    assert read_parts == []
    doubting = RecordStore(store.folder, doubting=True)
    assert doubting.has("predictions", "k")
    assert read_parts == [part]
    doubting.remember()
    assert RecordStore(store.folder, doubting=True).has("predictions", "k")
    assert read_parts == [part]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"predictions/k.parquet": 3}', "null"])
def test_a_memory_that_cannot_be_read_is_no_memory(store, part, read_parts, content):
    (store.folder / ".verified.json").write_text(content, encoding="utf-8")
    assert RecordStore(store.folder).has("predictions", "k")
    assert read_parts == [part]


def test_two_processes_keep_what_the_other_one_remembers(tmp_path):
    one, two = Verified(tmp_path), Verified(tmp_path)
    one.add(tmp_path / "a", (1, 2))
    two.add(tmp_path / "b", (3, 4))
    one.save()
    two.save()
    both = Verified(tmp_path)
    assert both.holds(tmp_path / "a", (1, 2))
    assert both.holds(tmp_path / "b", (3, 4))
    assert not both.holds(tmp_path / "b", (3, 5))


def test_many_files_are_remembered_before_the_process_ends(tmp_path):
    memory = Verified(tmp_path)
    for number in range(150):
        memory.add(tmp_path / str(number), (number, 0))
    killed = Verified(tmp_path)
    assert killed.holds(tmp_path / "99", (99, 0))
    assert not killed.holds(tmp_path / "149", (149, 0))


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path):
    (tmp_path / "file").touch()
    memory = Verified(tmp_path / "file")
    memory.add(tmp_path / "file" / "a", (1, 2))
    memory.save()
