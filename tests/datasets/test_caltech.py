"""Caltech-101 and -256 as their publishers lay them out."""

import os
from pathlib import Path

import pytest
from tests.datasets.conftest import picture

from cuelens.datasets import Problem, open_images
from cuelens.datasets.caltech import caltech
from cuelens.datasets.roots import root_at

CLUTTER = "it is the data set's clutter, which is no class"


def laid_out(place: Path, folders: tuple[str, ...]) -> Path:
    for key, name in enumerate(folders):
        (place / name).mkdir(parents=True)
        picture(key).save(place / name / "image_0001.jpg")
    return place


@pytest.mark.parametrize("inside", [".", "101_ObjectCategories"])
def test_caltech_101_has_its_clutter_left_out(tmp_path, inside):
    laid_out(tmp_path / inside, ("BACKGROUND_Google", "Faces_easy", "ant"))
    found = caltech(root_at(str(tmp_path)))
    assert found.recognised == f"Caltech-101 in `{tmp_path / inside}`"
    assert found.class_names == ("Faces_easy", "ant")
    assert list(found.ids) == ["Faces_easy/image_0001.jpg", "ant/image_0001.jpg"]
    assert found.problems == (Problem(path="BACKGROUND_Google", reason=CLUTTER),)


def test_caltech_256_is_called_without_its_numbers(tmp_path):
    folders = ("002.american-flag", "001.ak47", "257.clutter", "145.motorbikes-101")
    laid_out(tmp_path / "256_ObjectCategories", folders)
    found = caltech(root_at(str(tmp_path)))
    assert found.recognised == f"Caltech-256 in `{tmp_path / '256_ObjectCategories'}`"
    assert found.class_names == ("ak47", "american-flag", "motorbikes-101")
    assert next(iter(found.ids)) == "001.ak47/image_0001.jpg"
    assert found.labels.tolist() == [0, 1, 2]
    assert found.problems == (Problem(path="257.clutter", reason=CLUTTER),)


def test_other_folders_are_neither(image_folder):
    assert caltech(root_at(str(image_folder))) is None


@pytest.mark.data
def test_the_real_images_of_caltech_101_are_read():
    place = Path(os.environ.get("CUELENS_DATA", "nowhere")) / "101_ObjectCategories"
    if not place.is_dir():
        pytest.skip("needs Caltech-101: set CUELENS_DATA to the folder of 101_ObjectCategories")
    found = open_images(str(place), limit=60)
    assert found.recognised == f"Caltech-101 in `{place}`"
    assert len(found.dataset) == 60
    assert len(found.dataset.class_names) == 20
    assert found.problems == ()
