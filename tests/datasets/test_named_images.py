"""Images that a person names: files and folders, of any size and kind, their classes if known."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cuelens.datasets import Dataset, NamedImages, Problem, class_mapping, read_image
from cuelens.datasets.named_classes import UNKNOWN, named_classes
from cuelens.errors import ConfigError, DataError, MissingDataError

NAMES = ("cat", "dog")


def painted(path: Path, size: tuple[int, int] = (40, 30), mode: str = "RGB", key: int = 0) -> Path:
    """Write a coarse random picture and return where it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    generator = np.random.Generator(np.random.Philox(key=key))
    coarse = generator.integers(0, 256, (3, 4, 4), dtype=np.uint8)
    picture = Image.fromarray(coarse, "RGBA").resize(size, Image.Resampling.NEAREST)
    picture.convert(mode).save(path)
    return path


def test_files_of_any_size_and_kind_become_squares_in_colour(tmp_path):
    paths = [
        painted(tmp_path / "wide.png", (50, 20)),
        painted(tmp_path / "tall.jpg", (21, 64), key=1),
        painted(tmp_path / "grey.png", (30, 30), mode="L", key=2),
        painted(tmp_path / "clear.png", (8, 8), mode="RGBA", key=3),
        painted(tmp_path / "dot.png", (1, 1), key=4),
    ]
    images = NamedImages.at(paths, class_names=NAMES, size=16)
    assert isinstance(images, Dataset)
    assert images.ids == tuple(map(str, paths))
    assert images.pixels.shape == (5, 3, 16, 16)
    for row, path in enumerate(paths):
        assert torch.equal(images.pixels[row], read_image(path, size=16))
    shown = images.images(torch.tensor([1, 0]))
    assert torch.equal(shown, images.pixels[[1, 0]].float() / 255)
    assert images.problems == ()


def test_an_image_in_a_folder_named_after_a_class_is_labelled(tmp_path):
    paths = [painted(tmp_path / name / "one.png") for name in ("dog", "bird", "cat")]
    images = NamedImages.at(paths, class_names=NAMES, size=8)
    assert images.labels.tolist() == [1, -1, 0]
    taken = images.take(torch.tensor([2, 0]), name="few")
    assert (taken.name, taken.labels.tolist(), taken.ids) == (
        "few", [0, 1], (images.ids[2], images.ids[0]),
    )  # fmt: skip


def test_a_name_tells_the_class_by_folder_by_wordnet_id_or_by_itself(tmp_path, monkeypatch):
    ids = ("n01440764", "n01496331")
    monkeypatch.setattr(class_mapping, "imagenet_wordnet_ids", lambda: ids)
    monkeypatch.setattr(
        class_mapping, "imagenet_names", lambda: ("tench, Tinca tinca", "electric ray")
    )
    expected = {
        "photos/0000_n01440764_tench.jpg": 0,
        "n01496331/0.jpg": 1,
        "n01496331/n01440764_7.jpg": 1,
        "Electric-Ray/a.jpg": 1,
        "photos/Tinca_tinca.png": 0,
        "photos/xn01440764.jpg": UNKNOWN,
        "photos/n014407641.jpg": UNKNOWN,
        "photos/holiday.jpg": UNKNOWN,
        "photos/1.jpg": UNKNOWN,
    }
    paths = [tmp_path / name for name in expected]
    assert named_classes(paths, ids) == list(expected.values())
    assert named_classes(paths, ("electric_ray", "1")) == [
        UNKNOWN, UNKNOWN, UNKNOWN, 0, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN,
    ]  # fmt: skip


def test_what_is_named_and_cannot_be_read_is_refused_and_the_rest_is_kept(tmp_path):
    good, bad, empty = painted(tmp_path / "one.png"), tmp_path / "bad.png", tmp_path / "empty"
    bad.write_bytes(b"no image")
    empty.mkdir()
    images = NamedImages.at([bad, good, empty], class_names=NAMES, size=8)
    assert images.ids == (str(good),)
    assert images.refused == (
        Problem(path=str(bad), reason="it is no image of a known format"),
        Problem(path=str(empty), reason="it is a folder without an image that can be read"),
    )
    with pytest.raises(DataError) as error:
        NamedImages.at([bad, tmp_path / "no.png"], class_names=NAMES, size=8)
    assert str(error.value) == (
        "At least one of the 2 images that are named must be readable, got none: "
        f"`{bad}` (it is no image of a known format); `{tmp_path / 'no.png'}` (no such file "
        "exists). Name other files."
    )


def test_of_a_folder_every_image_below_is_taken_and_the_rest_is_named(tmp_path):
    folder = tmp_path / "photos"
    for place, name in enumerate(("b.png", "a/dog/z.png", "a/dog/c.jpg")):
        painted(folder / name, key=place)
    painted(folder / ".hidden" / "no.png")
    (folder / "notes.txt").write_text("no image")
    (folder / "a" / "broken.png").write_bytes(b"no image")
    images = NamedImages.at([folder], class_names=NAMES, size=8)
    names = ("a/dog/c.jpg", "a/dog/z.png", "b.png")
    assert images.ids == tuple(str(folder / name) for name in names)
    assert images.labels.tolist() == [1, 1, -1]
    assert images.problems == (
        Problem(path=str(folder / "a/broken.png"), reason="it is no image of a known format"),
        Problem(
            path=str(folder / "notes.txt"),
            reason="its name ends in none of .png, .jpg, .jpeg, .webp, .bmp, .tif, .tiff, .gif, "
            ".ppm, .pgm",
        ),
    )


def test_the_fingerprint_names_pixels_labels_and_ids(tmp_path):
    one, other = painted(tmp_path / "one.png"), painted(tmp_path / "other.png", key=1)
    first = NamedImages.at([one, other], class_names=NAMES, size=8)
    same = NamedImages.at([one, other], class_names=NAMES, size=8)
    assert first.fingerprint == same.fingerprint
    others = (
        NamedImages.at([other, one], class_names=NAMES, size=8),
        NamedImages.at([one], class_names=NAMES, size=8),
        NamedImages.at([one, other], class_names=NAMES, size=9),
    )
    assert len({each.fingerprint for each in (first, *others)}) == 4


def test_a_folder_without_images_is_refused(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(MissingDataError) as error:
        NamedImages.at([empty], class_names=NAMES, size=8)
    assert str(error.value) == (
        f"Expected images in the folder `{empty}`, got none that can be read. "
        "Name another folder, or files."
    )
    (empty / "broken.png").write_bytes(b"")
    with pytest.raises(MissingDataError) as error:
        NamedImages.at([empty], class_names=NAMES, size=8)
    assert str(error.value) == (
        f"Expected images in the folder `{empty}`, got none that can be read. Left out: "
        f"{empty / 'broken.png'} (the file is empty). Name another folder, or files."
    )


def test_an_image_that_is_named_twice_is_refused_however_it_is_written(tmp_path):
    one = painted(tmp_path / "one.png")
    for twice in ([one, tmp_path / "x" / ".." / "one.png"], [tmp_path, one]):
        (tmp_path / "x").mkdir(exist_ok=True)
        with pytest.raises(ConfigError) as error:
            NamedImages.at(twice, class_names=NAMES, size=8)
        assert str(error.value) == f"Images must be named once each, got `{twice[1]}` twice."


def test_a_file_that_is_named_must_be_there_and_be_an_image(tmp_path):
    missing = tmp_path / "no.png"
    with pytest.raises(MissingDataError) as error:
        NamedImages.at([missing], class_names=NAMES, size=8)
    assert str(error.value) == f"Expected an image at `{missing}`, but no such file exists."
    missing.write_bytes(b"no image")
    with pytest.raises(DataError) as error:
        NamedImages.at([missing], class_names=NAMES, size=8)
    assert str(error.value) == (
        f"`{missing}` must be an image that can be read, but it is no image of a known format. "
        "Give another file."
    )


def test_no_image_at_all_is_refused():
    with pytest.raises(ConfigError) as error:
        NamedImages.at([], class_names=NAMES, size=8)
    assert str(error.value) == (
        "Expected at least one image besides the models, got none. Name a file."
    )
