"""A reader meets the old file or the new one; a full disk is named, and nothing is lost."""

import errno
import os
import shutil
from collections import namedtuple
from pathlib import Path

import polars as pl
import pytest
import torch
from safetensors.torch import save_file

from cuelens.errors import StorageError
from cuelens.files import (
    create_exclusively,
    make_folder,
    remove_stale,
    replacing,
    require_place,
    settle,
    write_atomically,
)

Usage = namedtuple("Usage", "total used free")


def temporaries(folder):
    return [path.name for path in folder.rglob("*") if path.name.startswith(".")]


def test_content_is_written_whole_and_folders_are_made(tmp_path):
    path = tmp_path / "deep" / "down" / "file.txt"
    write_atomically(path, "größer")
    assert path.read_bytes() == "größer".encode()
    write_atomically(path, b"\x00\x01")
    assert path.read_bytes() == b"\x00\x01"
    assert temporaries(tmp_path) == []


def test_the_file_has_the_permissions_of_any_other_new_file(tmp_path):
    write_atomically(tmp_path / "ours", b"")
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("error", [ValueError("no"), RuntimeError("no"), KeyboardInterrupt()])
def test_an_error_in_the_middle_keeps_the_old_file_and_passes_on(tmp_path, error):
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def write_half():
        with replacing(path) as temporary:
            temporary.write_bytes(b"half of the n")
            raise error

    with pytest.raises(type(error)) as caught:
        write_half()
    assert caught.value is error
    assert path.read_bytes() == b"old"
    assert temporaries(tmp_path) == []


def test_a_reader_meets_the_old_file_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, b"old")
    with replacing(path) as temporary:
        temporary.write_bytes(b"half of the n")
        assert path.read_bytes() == b"old"
        assert temporary.parent == path.parent
        temporary.write_bytes(b"new")
    assert path.read_bytes() == b"new"


def test_a_reader_that_has_the_old_file_open_reads_it_to_its_end(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, b"old")
    with path.open("rb") as reader:
        write_atomically(path, b"new")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


def test_file_and_folder_are_on_the_disk_before_and_behind_the_renaming(tmp_path, monkeypatch):
    path, moments = tmp_path / "file", []

    def watched(handle):
        name = Path(f"/proc/self/fd/{handle}").readlink().name
        moments.append((name == tmp_path.name, path.exists()))

    monkeypatch.setattr(os, "fsync", watched)
    write_atomically(path, b"new")
    assert moments == [(False, False), (True, True)]


def test_many_files_are_settled_together_with_their_folders(tmp_path, monkeypatch):
    waited = []
    monkeypatch.setattr(
        os, "fsync", lambda handle: waited.append(Path(f"/proc/self/fd/{handle}").readlink())
    )
    paths = [tmp_path / "a" / "one", tmp_path / "a" / "two", tmp_path / "b" / "three"]
    for path in paths:
        write_atomically(path, b"new", settled=False)
    assert waited == []
    settle(paths)
    assert sorted(waited[:3]) == paths
    assert sorted(waited[3:]) == [tmp_path / "a", tmp_path / "b"]


def test_stale_temporaries_go_and_those_being_written_stay(tmp_path):
    stale = tmp_path / "table" / ".KEY.parquet.0123456789ab.partial"
    stale.parent.mkdir()
    stale.write_bytes(b"left by a killed process")
    (tmp_path / "table" / "KEY.parquet").write_bytes(b"whole")
    with replacing(tmp_path / "table" / "other") as temporary:
        assert remove_stale(tmp_path) == (stale,)
        temporary.write_bytes(b"whole too")
    assert sorted(path.name for path in (tmp_path / "table").iterdir()) == ["KEY.parquet", "other"]
    assert remove_stale(tmp_path / "nowhere") == ()


WRITERS = {
    "plain": lambda path: path.write_bytes(bytes(400_000)),
    "polars": lambda path: pl.DataFrame({"a": torch.rand(99_999).numpy()}).write_parquet(path),
    "safetensors": lambda path: save_file({"a": torch.rand(99_999)}, path),
    "torch.save": lambda path: torch.save({"a": torch.rand(99_999)}, path),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_full_disk_is_named_whatever_library_meets_it(small_disk, writer):
    path = small_disk / "file"
    write_atomically(path, b"old")
    with pytest.raises(StorageError) as caught, replacing(path) as temporary:
        WRITERS[writer](temporary)
    free = shutil.disk_usage(small_disk).free
    assert free > 0
    assert str(caught.value) == (
        f"Writing `{path}` needs more room, got a full disk with {free:,} bytes free. Free some "
        "space and run the same command again: nothing already written is lost, and it goes on "
        "where it was."
    )
    assert path.read_bytes() == b"old"
    assert temporaries(small_disk) == []


def test_a_full_disk_says_how_much_is_needed_where_that_is_known(small_disk):
    with pytest.raises(StorageError) as caught:
        write_atomically(small_disk / "file", bytes(400_000))
    assert str(caught.value).startswith(
        f"Writing `{small_disk / 'file'}` needs 400,000 bytes, got a full disk with "
    )
    assert list(small_disk.iterdir()) == []


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
        pl.exceptions.ComputeError("underlying IO error: No space left on device (os error 28)"),
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534"),
    ],
)
def test_a_full_disk_is_known_by_what_each_library_says(tmp_path, monkeypatch, error):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10, 10, 0))
    with pytest.raises(StorageError) as caught, replacing(tmp_path / "file", size=1234):
        raise error
    assert str(caught.value) == (
        f"Writing `{tmp_path / 'file'}` needs 1,234 bytes, got a full disk with 0 bytes free. "
        "Free some space and run the same command again: nothing already written is lost, and "
        "it goes on where it was."
    )
    assert caught.value.__cause__ is error
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_a_folder_should_be_is_named(tmp_path):
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(StorageError) as caught:
        make_folder(tmp_path / "taken")
    assert str(caught.value) == (
        f"`{tmp_path / 'taken'}` must be a place that can be written, got: File exists. "
        "Choose another output folder, or change what is there."
    )


def test_a_folder_where_the_file_should_be_is_named(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(StorageError) as caught:
        write_atomically(tmp_path / "taken", b"")
    assert str(caught.value) == (
        f"`{tmp_path / 'taken'}` must be a place that can be written, got: Is a directory. "
        "Choose another output folder, or change what is there."
    )
    assert temporaries(tmp_path) == []


def test_a_place_is_tried_and_left_as_it_was(tmp_path):
    require_place(tmp_path / "new" / "file")
    assert list((tmp_path / "new").iterdir()) == []
    (tmp_path / "old").write_bytes(b"kept")
    require_place(tmp_path / "old")
    assert (tmp_path / "old").read_bytes() == b"kept"


def test_a_place_that_cannot_be_written_is_named_before_the_work(tmp_path):
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(StorageError, match="got: File exists"):
        require_place(tmp_path / "taken" / "file")
    with pytest.raises(StorageError, match="must be a file, got a folder"):
        require_place(tmp_path)


def test_a_file_is_made_by_one_only(tmp_path):
    path = tmp_path / "deep" / "file"
    assert create_exclusively(path, b"first")
    assert not create_exclusively(path, b"second")
    assert path.read_bytes() == b"first"


def test_a_folder_that_goes_away_meanwhile_is_made_again(tmp_path, monkeypatch):
    folder, made = tmp_path / "folder", []

    def make(path):
        make_folder(path)
        if not made:
            path.rmdir()
        made.append(path)

    monkeypatch.setattr("cuelens.files.make_folder", make)
    assert create_exclusively(folder / "file", b"")
    assert made == [folder, folder]


def test_a_file_that_found_no_room_is_not_there(small_disk):
    (small_disk / "filler").write_bytes(bytes(60 * 1024))
    with pytest.raises(StorageError, match="got a full disk"):
        create_exclusively(small_disk / "file", bytes(8 * 1024))
    assert not (small_disk / "file").exists()
