"""A folder for each class: what is listed, and what is said of the rest."""

import os
from pathlib import Path

import pytest

from cuelens.datasets import Framing, Problem, read_listing
from cuelens.datasets.class_folders import CLASS_LAYOUT, class_folders
from cuelens.datasets.folder_scan import ENDINGS
from cuelens.datasets.roots import root_at
from cuelens.errors import DataError, MissingDataError

NOT_ENTERED = "it is a folder within a class folder, where only images are read"


def test_names_with_spaces_unicode_and_links_are_images(image_folder):
    place = image_folder / "Bär im Wald"
    place.mkdir()
    (place / "Ein Bild (1) 😀.PNG").symlink_to(image_folder / "ape" / "0.png")
    (image_folder / "linked").symlink_to(image_folder / "bee")
    found = class_folders(root_at(str(image_folder)))
    assert found.class_names == ("Bär im Wald", "ape", "bee", "linked")
    assert found.ids[0] == "Bär im Wald/Ein Bild (1) 😀.PNG"
    assert found.labels.tolist() == [0, *[1] * 3, *[2] * 3, *[3] * 3]
    images = read_listing(found, framing=Framing(size=24))
    assert images.problems == ()
    assert images.digests[0] == images.digests[1]


def test_circles_of_links_end_and_are_told_of(image_folder):
    (image_folder / "ape" / "up").symlink_to(image_folder)
    (image_folder / "bee" / "self.png").symlink_to(image_folder / "bee" / "self.png")
    images = read_listing(class_folders(root_at(str(image_folder))), framing=Framing(size=24))
    assert len(images) == 6
    assert images.problems == (
        Problem(path="ape/up", reason=NOT_ENTERED),
        Problem(
            path="bee/self.png",
            reason="it cannot be opened (Too many levels of symbolic links)",
        ),
    )


def test_what_is_no_image_is_told_of(image_folder):
    (image_folder / "ape" / "words.txt").write_text("x")
    (image_folder / "loose.png").write_text("x")
    (Path(os.fsdecode(os.fsencode(image_folder / "bee") + b"/\xff.png"))).write_bytes(b"")
    assert class_folders(root_at(str(image_folder))).problems == (
        Problem(path="loose.png", reason="it lies in no class folder"),
        Problem(path="ape/words.txt", reason=f"its name ends in none of {', '.join(ENDINGS)}"),
        Problem(path="bee/\\xff.png", reason="its name is no Unicode; rename it"),
    )


def test_no_folder_and_no_image_are_errors(tmp_path):
    (tmp_path / "flat.png").touch()
    with pytest.raises(MissingDataError) as error:
        class_folders(root_at(str(tmp_path)))
    assert str(error.value) == (
        f"`{tmp_path}` must hold one folder for each class, got none. {CLASS_LAYOUT}."
    )
    (tmp_path / "ape").mkdir()
    with pytest.raises(DataError) as error:
        class_folders(root_at(str(tmp_path)))
    assert str(error.value) == (
        f"`{tmp_path}` must hold images in its 1 class folders, got none. {CLASS_LAYOUT}. "
        "Left out: flat.png (it lies in no class folder)."
    )
