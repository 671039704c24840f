"""Words of a study file for further sources, and images at addresses."""

import logging
from dataclasses import replace

import pytest
from tests.datasets.conftest import picture

from cuelens.datasets import Framing, ImageFolder, open_images
from cuelens.errors import ConfigError, MissingDataError
from cuelens.study.images.addressed_images import AddressedImages, held_out
from cuelens.study.images.data_places import images_at, reported_at
from cuelens.study.images.image_sources import (
    Caltech,
    Cifar100,
    HuggingFace,
    ImageTable,
    WebDataset,
)
from cuelens.study.plan.plan import plan_of


@pytest.fixture
def folder(tmp_path):
    """Return a folder of two classes with ten images each, and a table of them."""
    place = tmp_path / "photos"
    for label, name in enumerate(("ape", "bee")):
        (place / name).mkdir(parents=True)
        for number in range(10):
            picture(10 * label + number).save(place / name / f"{number}.png")
    rows = [f"{name}/{number}.png,{name}" for name in ("ape", "bee") for number in range(10)]
    (place / "list.csv").write_text("\n".join(["path,label", *rows]))
    return place


def sizes(found):
    return [len(part) for part in (found.training, found.validation, found.test)]


def test_splits_are_held_out_by_chance_from_every_class(folder):
    images = ImageFolder(folder, size=24)
    found = held_out(images, validation=0.1, test=0.2, seed=1)
    assert sizes(found) == [14, 2, 4]
    parts = (found.training, found.validation, found.test)
    assert len({one for part in parts for one in part.ids}) == 20
    assert found.test.labels.tolist() == [0, 0, 1, 1]
    assert held_out(images, validation=0.1, test=0.2, seed=1).test.ids == found.test.ids
    assert held_out(images, validation=0.1, test=0.2, seed=2).test.ids != found.test.ids
    with pytest.raises(ConfigError) as error:
        held_out(images, validation=0.1, test=1.0, seed=1)
    assert str(error.value) == "`test` must be a share above 0 and below 1, got 1.0."


def test_a_table_is_a_word_and_an_address(folder):
    word = ImageTable(file="list.csv", size=24)
    assert sizes(word.open(folder, seed=0)) == [14, 2, 4]
    assert word.open_test(folder, seed=0).ids == word.open(folder, seed=0).test.ids
    images, place = images_at(f"csv:{folder / 'list.csv'}")
    assert images == AddressedImages(address=f"csv:{folder / 'list.csv'}", size=32)
    assert place is None
    assert sizes(images.open(place, seed=0)) == [14, 2, 4]


def test_images_at_an_address_take_on_a_models_classes_and_say_so(folder, caplog):
    (folder / "ape" / "0.png").write_bytes(b"")
    images, place = reported_at(str(folder), classes=("zebra", "Bee"), size=24)
    assert images == AddressedImages(address=str(folder), classes=("zebra", "Bee"), size=24)
    with caplog.at_level(logging.INFO, logger="cuelens"):
        found = images.open_test(place, seed=0)
    assert found.class_names == ("zebra", "Bee")
    assert found.labels.tolist() == [1] * 10
    assert [record.getMessage() for record in caplog.records] == [
        f"Recognised images in class folders in `{folder}`: 19 images of 2 classes, 2 left out.",
        "ape/0.png was left out: the file is empty.",
        "list.csv was left out: it lies in no class folder.",
        (
            "9 images were left out. 1 of the data set's 2 classes are among the model's 2 (1 by "
            "name). Not matched: ape (no such name)."
        ),
    ]


def test_images_at_an_address_are_framed_as_stated(folder):
    plain = AddressedImages(address=str(folder), size=24)
    stated = replace(plain, crop=0.5, interpolation="nearest", fit="stretch")
    expected = open_images(
        str(folder), framing=Framing(size=24, crop=0.5, interpolation="nearest", fit="stretch")
    )
    found = stated.open_test(None, seed=0)
    assert found.fingerprint == expected.dataset.fingerprint
    assert found.fingerprint != plain.open_test(None, seed=0).fingerprint


def test_only_the_images_that_are_drawn_are_read(folder):
    images, place = reported_at(str(folder), size=24, limit=3)
    found = images.open_test(place, seed=0)
    assert len(found) == 3
    assert found.name == "photos-3"


def test_caltech_is_split_by_chance(folder):
    place = folder.rename(folder.with_name("101_ObjectCategories"))
    (place / "list.csv").unlink()
    word = Caltech(size=24)
    assert sizes(word.open(place.parent, seed=0)) == [14, 2, 4]
    assert len(word.open_test(place.parent, seed=0)) == 4
    with pytest.raises(MissingDataError, match="Expected Caltech's class folders"):
        Caltech().open(place / "ape", seed=0)


@pytest.mark.parametrize("word", [Caltech(), Cifar100()])
def test_images_that_lie_somewhere_need_a_folder(word):
    with pytest.raises(MissingDataError, match=r"got none\. Give it with `--data FOLDER`\."):
        word.open(None, seed=0)


def test_every_word_is_read_from_a_study_file():
    words = {
        "Caltech": {"size": 64, "test": 0.3},
        "HuggingFace": {"name": "x/y", "reported": "validation"},
        "WebDataset": {"training": "a.tar", "reported": "b.tar"},
    }
    built = [
        plan_of({"name": "any", "data": {word: settings}, "models": {"a": {}}}, where="here").data
        for word, settings in words.items()
    ]
    assert built == [
        Caltech(size=64, test=0.3),
        HuggingFace(name="x/y", reported="validation"),
        WebDataset(training="a.tar", reported="b.tar"),
    ]
