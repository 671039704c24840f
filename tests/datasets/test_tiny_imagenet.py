"""Tiny ImageNet: the publisher's folders, and what is wrong with them."""

import numpy as np
import pytest
import torch
from PIL import Image

from cuelens.datasets import TinyImageNet
from cuelens.errors import ConfigError, DataError, MissingDataError

GET = (
    "Download tiny-imagenet-200.zip from http://cs231n.stanford.edu/tiny-imagenet-200.zip and "
    "unpack it"
)


def test_splits_are_stratified_disjoint_and_together_everything(tiny_imagenet):
    train = TinyImageNet(tiny_imagenet, validation=4)
    validation = TinyImageNet(tiny_imagenet, split="validation", validation=4)
    assert train.class_names == ("n01", "n02")
    assert train.labels.bincount().tolist() == [3, 3]
    assert validation.labels.bincount().tolist() == [2, 2]
    everything = TinyImageNet(tiny_imagenet, validation=0)
    assert sorted(train.ids + validation.ids) == list(everything.ids)
    assert everything.ids[7] == "tiny-imagenet/train/n02_2"
    assert (train.name, validation.name) == ("tiny-imagenet-train", "tiny-imagenet-validation")


def test_the_test_split_is_the_publishers_validation_part(tiny_imagenet):
    test = TinyImageNet(tiny_imagenet, split="test")
    assert test.ids == tuple(f"tiny-imagenet/val/val_{number}" for number in range(4))
    assert test.labels.tolist() == [1, 0, 1, 0]
    path = tiny_imagenet / "tiny-imagenet-200" / "val" / "images" / "val_2.JPEG"
    expected = np.asarray(Image.open(path)).transpose(2, 0, 1) / np.float32(255)
    assert torch.equal(test.images(torch.tensor([2]))[0], torch.from_numpy(expected))


def test_the_folder_itself_may_be_given(tiny_imagenet):
    inner = TinyImageNet(tiny_imagenet / "tiny-imagenet-200", split="test")
    assert inner.fingerprint == TinyImageNet(tiny_imagenet, split="test").fingerprint


def test_greyscale_files_are_converted_and_told(tiny_imagenet):
    train = TinyImageNet(tiny_imagenet, validation=0)
    (found,) = train.converted
    assert (found.path, found.what) == (
        "train/n01/images/n01_3.JPEG",
        "greyscale converted to RGB",
    )
    pixels = train.images(torch.tensor([3]))[0]
    assert torch.equal(pixels[0], pixels[1])


def test_what_cannot_be_used_is_named(tiny_imagenet):
    place = tiny_imagenet / "tiny-imagenet-200"
    (place / "train" / "n02" / "images" / "n02_0.JPEG").write_bytes(b"")
    (place / "val" / "images" / "val_1.JPEG").unlink()
    (place / "val" / "images" / "extra.JPEG").write_bytes(b"")
    (place / "val" / "images" / "notes.txt").touch()
    train = TinyImageNet(tiny_imagenet, validation=1)
    assert [(found.path, found.reason) for found in train.problems] == [
        ("train/n02/images/n02_0.JPEG", "the file is empty")
    ]
    assert "tiny-imagenet/train/n02_0" not in train.ids
    extra, notes, missing = TinyImageNet(tiny_imagenet, split="test").problems
    assert (extra.path, extra.reason) == ("val/images/extra.JPEG", "its class is not known")
    assert notes.reason.startswith("its name ends in none of ")
    assert (missing.path, missing.reason) == (
        "val/images/val_1.JPEG",
        "it has a class and is not there",
    )


def test_missing_folders_say_how_to_get_them(tmp_path, tiny_imagenet):
    with pytest.raises(MissingDataError) as error:
        TinyImageNet(tmp_path / "nowhere")
    assert str(error.value) == (
        f"`folder` must hold Tiny ImageNet's wnids.txt, train and val; looked in "
        f"`{tmp_path / 'nowhere'}` and in `{tmp_path / 'nowhere' / 'tiny-imagenet-200'}`, found "
        f"none of them. {GET}, then give the folder it was unpacked in."
    )
    path = tiny_imagenet / "tiny-imagenet-200" / "val" / "val_annotations.txt"
    path.unlink()
    with pytest.raises(MissingDataError) as error:
        TinyImageNet(tiny_imagenet, split="test")
    assert str(error.value) == (
        f"Expected the classes of the validation images in `{path}`, but there is no such file. "
        f"{GET} again."
    )


def test_a_part_without_images_is_refused(tmp_path):
    (tmp_path / "train").mkdir()
    (tmp_path / "wnids.txt").write_text("n01\n")
    with pytest.raises(DataError) as error:
        TinyImageNet(tmp_path)
    assert str(error.value) == (
        f"`{tmp_path / 'train'}` must hold images that can be read, got none. {GET} again."
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 0}, "`size` must be at least 1 pixel, got 0."),
        ({"seed": -1}, "`seed` must be at least 0, got -1."),
        (
            {"split": "validation", "validation": 0},
            '`validation` must be at least 1 where `split` is "validation", got 0.',
        ),
        (
            {"validation": 10},
            "`validation` must be from 0 to 9 (of 10 training images), got 10.",
        ),
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(tiny_imagenet, settings, message):
    with pytest.raises(ConfigError) as error:
        TinyImageNet(tiny_imagenet, **settings)
    assert str(error.value) == message


@pytest.mark.data
def test_the_published_validation_part_is_read(tiny_imagenet_folder):
    test = TinyImageNet(tiny_imagenet_folder, split="test")
    assert test.labels.bincount().tolist() == [50] * 200
    assert test.problems == ()
    assert {found.what for found in test.converted} == {"greyscale converted to RGB"}
    assert test.class_names[int(test.labels[0])] == "n03444034"
