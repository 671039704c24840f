import os
from pathlib import Path

import pytest
import torch
from tests.datasets.conftest import picture

from cuelens.datasets import CueConflictFolder, is_conflict_folder
from cuelens.errors import DataError


def fill(folder, *paths):
    for key, path in enumerate(paths):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        picture(key).save(folder / path)
    return folder


@pytest.fixture
def folder(tmp_path):
    """Return four images of two classes."""
    return fill(
        tmp_path / "conflict",
        "cat/cat1-dog2.png", "cat/cat1-cat3.png", "dog/dog1-cat3.png", "dog/dog4-cat3.webp",
    )  # fmt: skip


def test_names_tell_labels_cues_and_sources(folder):
    dataset = CueConflictFolder(folder, size=16)
    assert dataset.ids == (
        "cat/cat1-cat3.png", "cat/cat1-dog2.png", "dog/dog1-cat3.png", "dog/dog4-cat3.webp",
    )  # fmt: skip
    assert dataset.class_names == ("cat", "dog")
    assert dataset.labels.tolist() == dataset.cues["shape"].tolist() == [0, 0, 1, 1]
    assert dataset.cues["texture"].tolist() == [0, 1, 0, 0]
    assert dataset.sources == {
        "shape": ("cat1", "cat1", "dog1", "dog4"),
        "texture": ("cat3", "dog2", "cat3", "cat3"),
    }
    assert dataset.images(torch.arange(4)).shape == (4, 3, 16, 16)


def test_classes_may_be_those_of_a_classifier(folder):
    dataset = CueConflictFolder(folder, size=16, classes=("ape", "dog", "cat"))
    assert dataset.class_names == ("ape", "dog", "cat")
    assert dataset.cues["shape"].tolist() == [2, 2, 1, 1]
    assert dataset.cues["texture"].tolist() == [2, 1, 2, 2]


def test_what_lies_beside_the_images_is_no_problem_unless_it_is_one(folder):
    (folder / "manifest.parquet").touch()
    (folder / "README").touch()
    (folder / "dog" / "notes.txt").touch()
    assert [problem.path for problem in CueConflictFolder(folder, size=16).problems] == [
        "dog/notes.txt"
    ]


def test_a_folder_is_known_by_the_names_of_its_images(folder, image_folder, tmp_path):
    assert is_conflict_folder(folder)
    assert not is_conflict_folder(image_folder)
    assert not is_conflict_folder(tmp_path)
    assert not is_conflict_folder(tmp_path / "nothing")
    assert not is_conflict_folder(fill(tmp_path / "other", "a/a1.png", "b/b1.png"))


def test_images_in_a_wrong_folder_or_of_unknown_textures_are_refused_in_words(folder):
    picture(9).save(folder / "dog" / "cat9-dog1.png")
    with pytest.raises(DataError) as caught:
        CueConflictFolder(folder)
    assert str(caught.value) == (
        f"`{folder / 'dog' / 'cat9-dog1.png'}` must lie in the folder of its shape, 'cat'. "
        "Move it there, or rename it."
    )
    (folder / "dog" / "cat9-dog1.png").rename(folder / "dog" / "dog9-cow1.png")
    with pytest.raises(DataError) as caught:
        CueConflictFolder(folder)
    assert str(caught.value) == (
        "The name of a cue-conflict image must be SHAPECLASS<number>-TEXTURECLASS<number>, such "
        "as cat7-elephant1.png, got 'dog/dog9-cow1.png', whose classes are not among cat, dog. "
        "Rename the image."
    )


@pytest.mark.data
def test_published_images_are_read_with_their_sources():
    place = Path(os.environ.get("CUELENS_DATA", ""))
    published = place / "texture-vs-shape/stimuli/style-transfer-preprocessed-512"
    if not os.environ.get("CUELENS_DATA") or not published.is_dir():
        pytest.skip("needs texture-vs-shape, unpacked: set CUELENS_DATA to where it is")
    assert is_conflict_folder(published)
    dataset = CueConflictFolder(published, size=32)
    assert not dataset.problems
    assert len(dataset.class_names) == 16
    assert len(dataset) == 160
    assert set(dataset.sources["texture"]) <= {
        f"{name}{number}" for name in dataset.class_names for number in (1, 2, 3)
    }
