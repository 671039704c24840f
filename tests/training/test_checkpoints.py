"""A checkpoint comes back whole, or is refused by name."""

import errno
import json
import os
import pickle
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from cuelens.errors import RunFolderError, StorageError
from cuelens.training.checkpoints import (
    Checkpoint,
    load_checkpoint,
    progress_of,
    save_checkpoint,
)

KEY = "0" * 32


def checkpoint(step: int = 7, *, size: int = 3) -> Checkpoint:
    weights = torch.linspace(-1, 1, size * 9).reshape(1, size, 3, 3)
    return Checkpoint(
        key=KEY,
        step=step,
        seconds=12.5,
        network={
            "conv.weight": weights.contiguous(memory_format=torch.channels_last),
            "norm.count": torch.tensor(3),
        },
        momenta={"conv.weight": weights * 2},
        best={"conv.weight": weights * 3},
        sound={"conv.weight": weights * 4},
        carried={"carried": weights * 5},
        best_score=-0.25,
        history=[{"epoch": 1.0, "accuracy": 1 / 3, "best": True}],
    )


def test_everything_comes_back(path):
    written = checkpoint()
    save_checkpoint(path, written)
    read = load_checkpoint(path, key=KEY)
    for name in ("key", "step", "seconds", "best_score", "history"):
        assert getattr(read, name) == getattr(written, name)
    for group in ("network", "momenta", "best", "sound", "carried"):
        found, expected = getattr(read, group), getattr(written, group)
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            assert found[name].dtype == value.dtype
            assert torch.equal(found[name], value)


def test_a_checkpoint_before_the_first_validation_comes_back(path):
    save_checkpoint(path, Checkpoint(key=KEY, step=1))
    assert load_checkpoint(path, key=KEY) == Checkpoint(key=KEY, step=1)


def test_where_there_is_none_it_is_fresh(path):
    assert load_checkpoint(path, key=KEY) == Checkpoint(key=KEY)
    assert not path.exists()


def test_writing_leaves_the_tensors_as_they_were(path):
    written = checkpoint()
    weights = written.network["conv.weight"]
    before = weights.clone()
    save_checkpoint(path, written)
    assert written.network["conv.weight"] is weights
    assert torch.equal(weights, before)
    assert weights.is_contiguous(memory_format=torch.channels_last)


def test_it_survives_that_its_file_is_overwritten_in_place(path):
    save_checkpoint(path, checkpoint())
    read = load_checkpoint(path, key=KEY)
    path.write_bytes(b"\xff" * path.stat().st_size)
    assert torch.equal(read.best["conv.weight"], checkpoint().best["conv.weight"])


def test_nothing_else_is_left_in_the_folder(path):
    for step in range(3):
        save_checkpoint(path, checkpoint(step))
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_another_trainings_checkpoint_is_refused(path):
    save_checkpoint(path, checkpoint())
    with pytest.raises(RunFolderError) as caught:
        load_checkpoint(path, key="1" * 32)
    assert str(caught.value) == (
        f"Expected a checkpoint of this training at {path}, got one of another training (other "
        "data, network, recipe, seed or device). Give another folder, or delete it to start over."
    )


def truncate(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-10])


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (truncate, "Error while deserializing header: incomplete metadata, file not fully covered"),
        (lambda path: path.write_bytes(b""), "Error while deserializing header: header too small"),
        (
            lambda path: path.write_bytes(b"\xff" * 500),
            "Error while deserializing header: header too large",
        ),
    ],
    ids=["truncated", "empty", "garbage"],
)
def test_a_torn_checkpoint_is_refused_and_kept(path, damage, reason):
    save_checkpoint(path, checkpoint())
    damage(path)
    torn = path.read_bytes()
    with pytest.raises(RunFolderError) as caught:
        load_checkpoint(path, key=KEY)
    assert str(caught.value) == (
        f"Expected a checkpoint of this training at {path}, got one that cannot be read ({reason})"
        ". Delete it to start over."
    )
    assert path.read_bytes() == torn


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("write", [torch.save, lambda o, p: p.write_bytes(pickle.dumps(o))])
def test_a_checkpoint_that_carries_code_is_refused_before_anything_runs(path, tmp_path, write):
    write({"network": Evil(tmp_path / "ran")}, path)
    kept = path.read_bytes()
    with pytest.raises(RunFolderError, match="got one that cannot be read"):
        load_checkpoint(path, key=KEY)
    assert not (tmp_path / "ran").exists()
    assert path.read_bytes() == kept


def test_a_folder_in_its_place_is_refused(path):
    path.mkdir()
    with pytest.raises(RunFolderError) as caught:
        load_checkpoint(path, key=KEY)
    assert str(caught.value) == (
        f"Expected a checkpoint of this training at {path}, got one that cannot be read "
        "(No such device (os error 19)). Delete it to start over."
    )


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}], ids=repr)
def test_another_kind_of_file_is_refused(path, metadata):
    save_file({"weight": torch.zeros(2)}, path, metadata=metadata)
    with pytest.raises(RunFolderError) as caught:
        load_checkpoint(path, key=KEY)
    assert str(caught.value) == (
        f"Expected a checkpoint of this training (format cuelens-checkpoint-1) at {path}, got "
        f"format {(metadata or {}).get('format')!r}. Give another folder, or delete it to start "
        "over."
    )


def test_the_numbers_are_readable_without_cuelens(path):
    save_checkpoint(path, checkpoint())
    header = path.read_bytes()[8:]
    length = int.from_bytes(path.read_bytes()[:8], "little")
    numbers = json.loads(json.loads(header[:length])["__metadata__"]["numbers"])
    assert numbers["step"] == 7
    assert numbers["history"] == [{"epoch": 1.0, "accuracy": 1 / 3, "best": True}]


def refused(path: Path, size: int, free: int) -> str:
    return (
        f"Writing `{path}` needs {size:,} bytes, got a full disk with {free:,} bytes free. Free "
        "some space and run the same command again: nothing already written is lost, and it goes "
        "on where it was."
    )


def test_a_full_disk_keeps_the_earlier_checkpoint(path, monkeypatch):
    save_checkpoint(path, checkpoint())
    size = path.stat().st_size

    def full(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 8, 1234))
    with pytest.raises(StorageError) as caught:
        save_checkpoint(path, checkpoint(8))
    assert str(caught.value) == refused(path, size, 1234)
    assert load_checkpoint(path, key=KEY).step == 7
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.slow
def test_a_disk_that_is_really_full_keeps_the_earlier_checkpoint(tmp_path):
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk can be mounted by root alone")
    try:
        path = tmp_path / "checkpoint.safetensors"
        save_checkpoint(path, checkpoint(size=4000))  # 0.72 MB: no room for a second
        kept = path.read_bytes()
        with pytest.raises(StorageError) as caught:
            save_checkpoint(path, checkpoint(8, size=4000))
        free = shutil.disk_usage(tmp_path).free
        assert str(caught.value) == refused(path, len(kept), free)
        assert path.read_bytes() == kept
        assert load_checkpoint(path, key=KEY).step == 7
        assert list(tmp_path.iterdir()) == [path]
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)  # noqa: S607


def test_progress_is_read_without_the_key_or_the_tensors(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    assert progress_of(path) is None
    save_checkpoint(path, checkpoint(step=9))
    assert progress_of(path) == (9, 12.5)
    path.write_bytes(b"torn")
    assert progress_of(path) is None
