"""CIFAR-10: the publisher's files and no others."""

import hashlib
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from cuelens.datasets import CIFAR10_CLASSES, Cifar10, cifar10
from cuelens.errors import ConfigError, DataError, MissingDataError

GET = (
    "Download cifar-10-python.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html and unpack it"
)
TRAIN = "data_batch_1, data_batch_2, data_batch_3, data_batch_4, data_batch_5"


def batch_bytes(first: int, images: int = 100) -> bytes:
    """Return a batch as Python 2 pickled it, of few images."""
    generator = np.random.Generator(np.random.Philox(key=first))
    planes = generator.integers(0, 256, images * 3072, dtype=np.uint8).tobytes()
    labels = b"".join(b"K" + bytes([(first + row) % 10]) for row in range(images))
    return (
        b"\x80\x02}(U\x06labels](" + labels + b"eU\x04data"
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K" + bytes([images]) + b"M\x00\x0c\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"T" + len(planes).to_bytes(4, "little") + planes + b"tbu."
    )


@pytest.fixture
def small_cifar10(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of six small batches that count as the published ones."""
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    for sums in ("_TRAIN_MD5", "_TEST_MD5"):
        found = {}
        for place, name in enumerate(getattr(cifar10, sums)):
            content = batch_bytes(place)
            (folder / name).write_bytes(content)
            found[name] = hashlib.md5(content, usedforsecurity=False).hexdigest()
        monkeypatch.setattr(cifar10, sums, found)
    return tmp_path


def message(folder: Path, kind: type[Exception] = DataError, **settings: object) -> str:
    with pytest.raises(kind) as caught:
        Cifar10(folder, **settings)
    return str(caught.value)


def test_splits_are_stratified_disjoint_and_together_everything(small_cifar10):
    train = Cifar10(small_cifar10, validation=50)
    validation = Cifar10(small_cifar10, split="validation", validation=50)
    assert train.labels.bincount().tolist() == [45] * 10
    assert validation.labels.bincount().tolist() == [5] * 10
    everything = Cifar10(small_cifar10, validation=0)
    assert sorted(train.ids + validation.ids) == list(everything.ids)
    assert everything.ids[437] == "cifar10/train/00437"
    assert (train.name, validation.name) == ("cifar10-train", "cifar10-validation")
    other = Cifar10(small_cifar10, split="validation", validation=50, seed=1)
    assert set(other.ids) != set(validation.ids)


def test_pixels_are_planes_of_red_green_and_blue(small_cifar10):
    test = Cifar10(small_cifar10, split="test")
    generator = np.random.Generator(np.random.Philox(key=0))
    planes = generator.integers(0, 256, 100 * 3072, dtype=np.uint8).reshape(100, 3, 32, 32)
    expected = torch.from_numpy(planes[7:8]).to(torch.float32) / 255
    assert torch.equal(test.images(torch.tensor([7])), expected)


def test_the_folder_of_the_files_may_be_given_itself(small_cifar10):
    inner = Cifar10(small_cifar10 / "cifar-10-batches-py", split="test")
    assert inner.fingerprint == Cifar10(small_cifar10, split="test").fingerprint


def test_missing_folder_says_what_was_looked_for_and_how_to_get_it(tmp_path):
    folder = tmp_path / "nowhere"
    assert message(folder, MissingDataError) == (
        f"`folder` must hold CIFAR-10's files {TRAIN}; looked in `{folder}` and in "
        f"`{folder / 'cifar-10-batches-py'}`, found none of them. {GET}, then give the folder it "
        "was unpacked in."
    )


def test_missing_file_is_named(small_cifar10):
    folder = small_cifar10 / "cifar-10-batches-py"
    (folder / "data_batch_3").unlink()
    assert message(small_cifar10, MissingDataError) == (
        f"`{folder}` must hold all of CIFAR-10's files {TRAIN}, but data_batch_3 is missing. "
        f"{GET} there again."
    )
    assert len(Cifar10(small_cifar10, split="test")) == 100


@pytest.mark.parametrize("change", ["truncated", "altered"])
def test_truncated_or_altered_file_is_named(small_cifar10, change):
    path = small_cifar10 / "cifar-10-batches-py" / "test_batch"
    content = path.read_bytes()
    expected = hashlib.md5(content, usedforsecurity=False).hexdigest()
    content = content[:1000] if change == "truncated" else content[:-9] + b"\0" + content[-8:]
    path.write_bytes(content)
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert message(small_cifar10, split="test") == (
        f"`{path}` must have the published MD5 sum {expected}, got {found} "
        f"({len(content):,} bytes): it is truncated or altered. {GET} again."
    )


def test_a_pickle_that_names_anything_else_is_refused(small_cifar10, monkeypatch):
    path = small_cifar10 / "cifar-10-batches-py" / "test_batch"
    content = b"cos\nsystem\n(S'touch ran'\ntR."
    path.write_bytes(content)
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    monkeypatch.setattr(cifar10, "_TEST_MD5", {"test_batch": md5})
    with pytest.raises(pickle.UnpicklingError, match=r"os.system has no place"):
        Cifar10(small_cifar10, split="test")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"validation": 50_000},
            "`validation` must be from 0 to 49,999 (of 50,000 training images), got 50,000.",
        ),
        (
            {"validation": 0, "split": "validation"},
            '`validation` must be at least 1 where `split` is "validation", got 0.',
        ),
        ({"seed": -1}, "`seed` must be at least 0, got -1."),
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(tmp_path, settings, expected):
    assert message(tmp_path, ConfigError, **settings) == expected


@pytest.mark.data
def test_published_test_images_are_read(cifar10_folder):
    test = Cifar10(cifar10_folder, split="test")
    assert test.labels.bincount().tolist() == [1000] * 10
    assert test.class_names == CIFAR10_CLASSES
    assert test.class_names[int(test.labels[0])] == "cat"
    assert test.ids[42] == "cifar10/test/00042"
    first = (test.images(torch.tensor([0]))[0, :, 0, 0] * 255).round()
    assert first.tolist() == [158, 112, 49]


@pytest.mark.data
def test_published_training_images_are_split(cifar10_folder):
    validation = Cifar10(cifar10_folder, split="validation")
    assert validation.labels.bincount().tolist() == [500] * 10
    train = Cifar10(cifar10_folder)
    assert train.labels.bincount().tolist() == [4500] * 10
    assert not set(train.ids) & set(validation.ids)


@pytest.mark.data
def test_altered_published_file_is_refused(cifar10_folder, tmp_path):
    source = cifar10_folder / "cifar-10-batches-py" / "test_batch"
    shutil.copy(source, tmp_path)
    with (tmp_path / "test_batch").open("r+b") as file:
        file.truncate(1_000_000)
    assert message(tmp_path, split="test").startswith(
        f"`{tmp_path / 'test_batch'}` must have the published MD5 sum "
        "40351d587109b95175f43aff81a1287e, got "
    )
