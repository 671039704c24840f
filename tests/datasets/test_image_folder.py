"""Folders of images: what is read, what is left out, what is said about it."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from cuelens.datasets import Conversion, ImageFolder, Problem
from cuelens.errors import ConfigError, DataError, MissingDataError

LAYOUT = "Put the images of each class into a folder of their own: FOLDER/CLASS/IMAGE.png"
ENDINGS = ".png, .jpg, .jpeg, .webp, .bmp, .tif, .tiff, .gif, .ppm, .pgm"


def message(folder: Path, kind: type[Exception] = DataError, **settings: object) -> str:
    with pytest.raises(kind) as caught:
        ImageFolder(folder, **settings)
    return str(caught.value)


def test_rows_are_sorted_by_class_and_name(image_folder):
    dataset = ImageFolder(image_folder, size=24)
    assert dataset.ids == tuple(
        f"{name}/{number}.png" for name in ("ape", "bee") for number in "012"
    )
    assert dataset.class_names == ("ape", "bee")
    assert dataset.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert dataset.name == "pictures"
    assert dataset.images(torch.arange(6)).shape == (6, 3, 24, 24)
    assert dataset.problems == ()
    assert dataset.converted == ()


def test_endings_may_be_capitals(image_folder):
    Image.new("RGB", (8, 8)).save(image_folder / "bee" / "3.JPEG")
    assert ImageFolder(image_folder).ids[-1] == "bee/3.JPEG"


def test_given_classes_set_the_labels(image_folder):
    dataset = ImageFolder(image_folder, classes=("cat", "bee", "ape"))
    assert dataset.class_names == ("cat", "bee", "ape")
    assert dataset.labels.tolist() == [2, 2, 2, 1, 1, 1]


def test_folder_that_is_no_class_is_refused(image_folder):
    assert message(image_folder, classes=("ape", "beer", "cat")) == (
        f"Each folder in `{image_folder}` must be named after one of the 3 classes, got 'bee'. "
        "Did you mean beer?"
    )
    assert message(image_folder, classes=("ape", "zebra")) == (
        f"Each folder in `{image_folder}` must be named after one of the 2 classes, got 'bee'. "
        "Rename it or take it away."
    )


def test_what_cannot_be_read_is_listed_and_left_out(image_folder):
    ape = image_folder / "ape"
    (ape / "1.png").write_bytes(b"")
    (ape / "2.png").write_bytes(b"no image")
    (ape / "words.txt").write_text("words")
    (ape / "more").mkdir()
    (ape / ".DS_Store").write_bytes(b"hidden")
    (image_folder / "list.csv").write_text("a,b")
    dataset = ImageFolder(image_folder, size=24)
    assert dataset.ids == ("ape/0.png", "bee/0.png", "bee/1.png", "bee/2.png")
    assert dataset.problems == (
        Problem(path="ape/1.png", reason="the file is empty"),
        Problem(path="ape/2.png", reason="it is no image of a known format"),
        Problem(
            path="ape/more",
            reason="it is a folder within a class folder, where only images are read",
        ),
        Problem(path="ape/words.txt", reason=f"its name ends in none of {ENDINGS}"),
        Problem(path="list.csv", reason="it lies in no class folder"),
    )


def test_a_link_to_nothing_is_listed(image_folder):
    (image_folder / "ape" / "lost.png").symlink_to(image_folder / "nowhere.png")
    assert ImageFolder(image_folder).problems == (
        Problem(path="ape/lost.png", reason="it cannot be opened (No such file or directory)"),
    )


def test_what_was_converted_is_listed(image_folder):
    Image.new("L", (8, 8)).save(image_folder / "bee" / "1.png")
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(image_folder / "ape" / "3.gif", save_all=True, append_images=frames[1:])
    assert ImageFolder(image_folder).converted == (
        Conversion(path="ape/3.gif", what="first of 2 frames, palette converted to RGB"),
        Conversion(path="bee/1.png", what="greyscale converted to RGB"),
    )


def test_images_are_the_same_whether_they_are_kept_or_decoded_again(image_folder, monkeypatch):
    rows = torch.arange(6)
    kept = ImageFolder(image_folder, size=24).images(rows)
    monkeypatch.setattr("cuelens.datasets.image_folder._MOST_KEPT_BYTES", 0)
    assert torch.equal(ImageFolder(image_folder, size=24).images(rows), kept)


@pytest.mark.parametrize("change", ["altered", "taken away"])
def test_a_file_that_changes_while_in_use_is_an_error(image_folder, monkeypatch, change):
    monkeypatch.setattr("cuelens.datasets.image_folder._MOST_KEPT_BYTES", 0)
    dataset = ImageFolder(image_folder, size=24)
    path = image_folder / "ape" / "2.png"
    if change == "altered":
        Image.new("RGB", (8, 8)).save(path)
    else:
        path.unlink()
    with pytest.raises(DataError) as caught:
        dataset.images(torch.arange(6))
    assert str(caught.value) == (
        f"`{path}` must stay as it was when the data set was opened, but it has been changed or "
        "taken away. Open the data set again."
    )
    assert dataset.images(torch.arange(2)).shape[0] == 2


def test_missing_folder_is_an_error(tmp_path):
    folder = tmp_path / "nowhere"
    assert message(folder, MissingDataError) == (
        f"Expected a folder of images at `{folder}`, but there is none. {LAYOUT}."
    )


def test_folder_without_class_folders_is_an_error(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "flat.png")
    assert message(tmp_path, MissingDataError) == (
        f"`{tmp_path}` must hold one folder for each class, got none. {LAYOUT}."
    )


def test_one_class_only_is_an_error(image_folder):
    for path in (image_folder / "bee").iterdir():
        path.unlink()
    assert message(image_folder) == (
        f"`{image_folder}` must hold readable images of at least two classes, got only of 'ape'. "
        f"{LAYOUT}."
    )


def test_nothing_readable_is_an_error_that_names_the_first_files(image_folder):
    for path in (*(image_folder / "ape").iterdir(), *(image_folder / "bee").iterdir()):
        path.write_bytes(b"")
    names = [f"ape/{number}.png" for number in range(3)] + ["bee/0.png", "bee/1.png"]
    assert message(image_folder) == (
        f"`{image_folder}` must hold readable images of at least two classes, got none. {LAYOUT}. "
        f"Left out: {'; '.join(f'{name} (the file is empty)' for name in names)}; 1 more."
    )


def test_size_out_of_range_is_refused(image_folder):
    assert message(image_folder, ConfigError, size=0) == "`size` must be at least 1 pixel, got 0."
