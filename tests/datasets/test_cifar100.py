"""CIFAR-100 in its publisher's files: read as data, checked by their sums."""

import hashlib
import pickle

import numpy as np
import pytest
import torch
from tests.datasets.test_contract import keeps_the_contract

from cuelens.datasets import Cifar100, cifar100
from cuelens.datasets.cifar10_batches import batch_bytes
from cuelens.errors import ConfigError, DataError, MissingDataError

FINE, COARSE = ("apple", "fish", "baby"), ("fruit", "animal")
OF = (0, 1, 1)


def texts(names: tuple[str, ...]) -> list[bytes]:
    return [name.encode() for name in names]


def batch(part: str, count: int) -> bytes:
    rows = np.arange(count)
    pixels = (rows[:, None] * 31 + np.arange(3072)).astype(np.uint8)
    fine = (rows % 3).tolist()
    return batch_bytes(
        {
            b"filenames": [f"{part}_{row}.png".encode() for row in rows],
            b"batch_label": f"{part}ing batch 1 of 1".encode(),
            b"fine_labels": fine,
            b"coarse_labels": [OF[label] for label in fine],
            b"data": pixels,
        }
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder of small files in the publisher's form, whose sums are the expected ones."""
    place = tmp_path / "cifar-100-python"
    place.mkdir()
    contents = {
        "train": batch("train", 12),
        "test": batch("test", 6),
        "meta": batch_bytes(
            {b"fine_label_names": texts(FINE), b"coarse_label_names": texts(COARSE)}
        ),
    }
    sums = {}
    for name, content in contents.items():
        (place / name).write_bytes(content)
        sums[name] = hashlib.md5(content, usedforsecurity=False).hexdigest()
    monkeypatch.setattr(cifar100, "_MD5", sums)
    return tmp_path


def test_test_images_are_the_publishers_in_order(folder):
    for place in (folder, folder / "cifar-100-python"):
        found = Cifar100(place, split="test")
        assert found.class_names == FINE
        assert found.labels.tolist() == [0, 1, 2, 0, 1, 2]
        assert found.ids[4] == "cifar100/test/00004"
        assert found.name == "cifar100-test"
    pixels = (found.images(torch.tensor([5, 1])) * 255).round().long()
    expected = [((row * 31 + np.arange(3072)) % 256).reshape(3, 32, 32) for row in (5, 1)]
    assert np.array_equal(pixels.numpy(), np.stack(expected))


def test_keeps_the_contract_of_data_sets(folder):
    keeps_the_contract(Cifar100(folder, split="test"))


def test_validation_is_taken_from_training_and_the_same_for_both_labellings(folder):
    fine = [Cifar100(folder, split=split, validation=6) for split in ("train", "validation")]
    assert [len(found) for found in fine] == [6, 6]
    assert not set(fine[0].ids) & set(fine[1].ids)
    assert sorted(fine[1].labels.tolist()) == [0, 0, 1, 1, 2, 2]
    coarse = Cifar100(folder, split="validation", validation=6, labelled="coarse")
    assert coarse.ids == fine[1].ids
    assert coarse.class_names == COARSE
    assert coarse.labels.tolist() == [OF[label] for label in fine[1].labels]


def test_what_is_read_is_what_pickle_reads(folder):
    content = (folder / "cifar-100-python" / "test").read_bytes()
    for encoding, key in (("bytes", b"fine_labels"), ("latin1", "fine_labels")):
        assert pickle.loads(content, encoding=encoding)[key] == [0, 1, 2, 0, 1, 2]  # noqa: S301


def test_an_altered_file_is_refused(folder):
    path = folder / "cifar-100-python" / "test"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="must have the published MD5 sum"):
        Cifar100(folder, split="test")


def test_a_file_that_names_code_is_refused_and_does_not_run(folder, monkeypatch, tmp_path):
    class Evil:
        def __reduce__(self):
            return open, (str(tmp_path / "ran"), "w")

    content = pickle.dumps({b"data": Evil()}, protocol=2)
    path = folder / "cifar-100-python" / "test"
    path.write_bytes(content)
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    monkeypatch.setattr(cifar100, "_MD5", {**cifar100._MD5, "test": digest})
    with pytest.raises(DataError, match="has no place in a CIFAR batch"):
        Cifar100(folder, split="test")
    assert not (tmp_path / "ran").exists()


def test_missing_files_are_said(tmp_path):
    with pytest.raises(MissingDataError) as error:
        Cifar100(tmp_path)
    assert str(error.value) == (
        f"`folder` must hold CIFAR-100's files train, test, meta; looked in `{tmp_path}` and in "
        f"`{tmp_path / 'cifar-100-python'}`, did not find all of them. Download "
        "cifar-100-python.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html and unpack it, "
        "then give the folder it was unpacked in."
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"validation": 50_000},
            "`validation` must be from 0 to 49,999 (of 50,000 training images), got 50,000.",
        ),
        ({"seed": -1}, "`seed` must be at least 0, got -1."),
    ],
)
def test_a_setting_outside_its_range_is_refused(folder, settings, message):
    with pytest.raises(ConfigError) as error:
        Cifar100(folder, **settings)
    assert str(error.value) == message
