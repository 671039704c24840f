"""The images of a study: which lie where a person says, and in which splits."""

import logging
import shutil

import pytest
import torch
from PIL import Image

from cuelens import datasets
from cuelens.datasets import StyleFolder
from cuelens.errors import ConfigError, DataError, MissingDataError
from cuelens.evaluation import Condition
from cuelens.study.images import data
from cuelens.study.images.data import (
    Cifar10,
    ConflictImages,
    CueControlled,
    ImageFolder,
    TinyImageNet,
)
from cuelens.study.images.data_places import images_at, reported_at
from cuelens.study.images.left_out import warn_of_styles
from cuelens.study.plan.data_words import DATA
from cuelens.transforms import AmplitudeSwap, Identity, Stylised


@pytest.fixture
def folder(tmp_path):
    """Return train, validation and test folders of two classes with two pictures each."""
    for split in ("train", "validation", "test"):
        for shade, name in ((50, "dark"), (200, "light")):
            place = tmp_path / "data" / split / name
            place.mkdir(parents=True)
            for number in range(2):
                Image.new("RGB", (40, 40), (shade, shade, number)).save(place / f"{number}.png")
    return tmp_path / "data"


def test_rendered_images_need_no_folder():
    images, place = images_at("rendered")
    assert images == CueControlled()
    assert place is None


def test_ones_own_images_are_found_by_their_train_folder(folder):
    images, place = images_at(str(folder))
    assert images == ImageFolder()
    assert place == folder


@pytest.mark.parametrize("inside", [".", "cifar-10-batches-py"])
def test_cifar10_is_found_by_its_first_file(tmp_path, inside):
    (tmp_path / inside).mkdir(exist_ok=True)
    (tmp_path / inside / "data_batch_1").touch()
    images, place = images_at(str(tmp_path))
    assert images == Cifar10()
    assert place == tmp_path


@pytest.mark.parametrize("inside", [".", "tiny-imagenet-200"])
def test_tiny_imagenet_is_found_by_its_list_of_classes(tmp_path, inside):
    (tmp_path / inside / "train").mkdir(parents=True)
    (tmp_path / inside / "wnids.txt").touch()
    images, place = images_at(str(tmp_path))
    assert images == TinyImageNet()
    assert place == tmp_path


def test_cifar10_is_opened_in_three_splits(tmp_path, folder, monkeypatch):
    asked = []
    stand_in = datasets.ImageFolder(folder / "train", size=32)

    def open_split(place, *, split, validation, seed):
        asked.append((place, split, validation, seed))
        return stand_in

    monkeypatch.setattr(datasets, "Cifar10", open_split)
    found = Cifar10(validation=70).open(tmp_path, seed=4)
    assert asked == [(tmp_path, split, 70, 4) for split in ("train", "validation", "test")]
    assert found.conflict is None
    assert not found.distributable
    few = Cifar10(validation=70, limit=3)
    assert [
        len(one) for one in (few.open(tmp_path, seed=4).test, few.open_test(tmp_path, seed=4))
    ] == [
        3,
        3,
    ]
    assert len(few.open(tmp_path, seed=4).training) == len(stand_in)
    with pytest.raises(ConfigError, match="`limit` must be at least 1 or None, got 0"):
        Cifar10(limit=0)


def test_rendered_splits_share_no_image_and_have_a_conflict_set():
    found = CueControlled(training=30, validation=20, test=10, conflict=90).open(None, seed=3)
    splits = (found.training, found.validation, found.test, found.conflict)
    assert [len(split) for split in splits] == [30, 20, 10, 90]
    assert len({image for split in splits for image in split.ids}) == 150
    assert all(split.seed == 3 for split in splits)
    assert (found.conflict.cues["shape"] != found.conflict.cues["texture"]).all()
    assert (found.test.cues["shape"] == found.test.cues["texture"]).all()
    assert found.distributable


def test_every_setting_of_rendered_images_reaches_them():
    settings = {
        "size": 48, "predictive": ("texture",), "texture_contrast": 0.11,
        "figure_contrast": 0.2, "cue_strength": 0.5,
    }  # fmt: skip
    found = CueControlled(**settings).open(None, seed=0)
    for split in (found.training, found.validation, found.test, found.conflict):
        assert {name: getattr(split, name) for name in settings} == settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"conflict": 0}, "`conflict` must be at least 1 image, got 0. Raise it."),
        ({"size": 16}, "`size` must be from 32 to 224 pixels, got 16."),
        ({"cue_strength": 2.0}, "`cue_strength` must be from 0 to 1, got 2."),
    ],
)
def test_a_setting_of_rendered_images_outside_its_range_is_refused(settings, message):
    with pytest.raises(ConfigError) as error:
        CueControlled(**settings)
    assert str(error.value) == message


def test_ones_own_images_have_one_order_of_classes(folder):
    found = ImageFolder(size=40).open(folder, seed=0)
    for split in (found.training, found.validation, found.test):
        assert split.class_names == ("dark", "light")
        assert split.size == 40
    assert not found.distributable


def test_a_test_folder_of_other_classes_is_refused(folder):
    (folder / "test" / "dark").rename(folder / "test" / "drak")
    with pytest.raises(DataError) as error:
        ImageFolder().open(folder, seed=0)
    assert str(error.value) == (
        f"Each folder in `{folder / 'test'}` must be named after one of the 2 classes, got "
        "'drak'. Did you mean dark?"
    )


def test_every_file_that_is_left_out_is_named(folder, caplog):
    (folder / "train" / "dark" / "empty.png").touch()
    (folder / "test" / "light" / "notes.txt").touch()
    with caplog.at_level(logging.WARNING, logger="cuelens"):
        ImageFolder().open(folder, seed=0)
    first, second = (record.getMessage() for record in caplog.records)
    assert first == (
        f"`{folder / 'train' / 'dark' / 'empty.png'}` was left out: the file is empty."
    )
    assert second.startswith(
        f"`{folder / 'test' / 'light' / 'notes.txt'}` was left out: its name ends in none of "
    )


@pytest.mark.parametrize(
    ("images", "what"),
    [
        (Cifar10(), "CIFAR-10's publisher's files"),
        (TinyImageNet(), "Tiny ImageNet's publisher's folders"),
        (ImageFolder(), "the folders train, validation and test"),
    ],
)
def test_images_that_lie_somewhere_need_a_folder(images, what):
    with pytest.raises(MissingDataError) as error:
        images.open(None, seed=0)
    assert str(error.value) == (
        f"Expected a data folder with {what}, got none. Give it with `--data FOLDER`."
    )


def test_every_kind_of_images_is_a_word_of_the_study_file():
    assert {kind.__name__ for kind in DATA} == {
        "AddressedImages", "Caltech", "Cifar10", "Cifar100", "CueControlled", "HuggingFace",
        "ImageFolder", "ImageNet", "ImageTable", "TinyImageNet", "WebDataset",
    }  # fmt: skip
    assert all(issubclass(kind, data.StudyImages) for kind in DATA)


def test_test_images_alone_are_opened_without_the_others(folder):
    shutil.rmtree(folder / "validation")
    images, place = reported_at(str(folder))
    assert images.open_test(place, seed=0).class_names == ("dark", "light")
    (folder / "train" / "other").mkdir()
    assert images.open_test(place, seed=0).class_names == ("dark", "light", "other")
    shutil.rmtree(folder / "train")
    images, place = reported_at(str(folder))
    assert len(images.open_test(place, seed=0)) == 4


@pytest.mark.parametrize("train", [True, False])
def test_class_folders_are_as_large_as_a_model_crops_them_from(folder, train):
    if not train:
        shutil.rmtree(folder / "train")
    images, place = reported_at(str(folder), size=28, crop=28 / 36)
    assert images.open_test(place, seed=0).images(torch.tensor([0])).shape == (1, 3, 36, 36)


def test_test_images_are_those_of_the_three_splits(folder):
    for images, place in ((CueControlled(test=20), None), (ImageFolder(), folder)):
        whole = images.open(place, seed=3).test
        assert images.open_test(place, seed=3).fingerprint == whole.fingerprint


def test_cue_conflict_images_are_found_by_their_names_and_take_on_classes(tmp_path, caplog):
    folder = tmp_path / "conflict"
    for shape, texture in (("cat", "dog"), ("dog", "cat")):
        (folder / shape).mkdir(parents=True)
        Image.new("RGB", (40, 40)).save(folder / shape / f"{shape}1-{texture}2.png")
    (folder / "cat" / "notes.txt").touch()
    images, place = reported_at(str(folder), classes=("ape", "cat", "dog"), size=48)
    assert images == ConflictImages(size=48, classes=("ape", "cat", "dog"))
    with caplog.at_level(logging.WARNING, logger="cuelens"):
        found = images.open_test(place, seed=0)
    assert (found.class_names, found.size) == (("ape", "cat", "dog"), 48)
    assert "notes.txt` was left out" in caplog.text
    with pytest.raises(MissingDataError):
        images_at(str(folder))


def test_style_files_that_are_left_out_are_named_once(folder, caplog):
    (folder / "test" / "dark" / "empty.png").touch()
    styles = StyleFolder(folder=str(folder))
    transforms = (Identity(), Stylised(), Stylised(styles=styles), AmplitudeSwap(styles=styles))
    with caplog.at_level(logging.WARNING, logger="cuelens"):
        warn_of_styles(Condition(family="any", transform=transform) for transform in transforms)
    assert [record.getMessage() for record in caplog.records] == [
        f"`{folder / 'test' / 'dark' / 'empty.png'}` was left out: the file is empty."
    ]


def test_tiny_imagenet_is_opened_in_three_splits_and_told_of(tiny_imagenet, caplog):
    with caplog.at_level(logging.WARNING, logger="cuelens"):
        found = TinyImageNet(validation=4, size=32).open(tiny_imagenet, seed=4)
    assert [len(split) for split in (found.training, found.validation, found.test)] == [6, 4, 4]
    assert found.conflict is None
    assert not found.distributable
    assert [record.getMessage() for record in caplog.records] == [
        "1 images for tiny-imagenet-train were converted: greyscale converted to RGB."
    ]
    alone = TinyImageNet(size=32).open_test(tiny_imagenet, seed=4)
    assert alone.fingerprint == found.test.fingerprint
