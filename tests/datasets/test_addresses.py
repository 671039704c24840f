"""What lies at an address is recognised and said."""

import io
import tarfile
import zipfile

import pytest
from PIL import Image

from cuelens.datasets import Framing, open_images
from cuelens.datasets.addresses import is_prefixed, list_images
from cuelens.errors import ConfigError, DataError, MissingDataError

fsspec = pytest.importorskip("fsspec")
FRAMING = Framing(size=24)


def opened(address, **settings):
    return open_images(str(address), framing=FRAMING, **settings)


def test_class_folders_are_told_of_with_what_was_left_out(image_folder):
    (image_folder / "ape" / "1.png").write_bytes(b"")
    Image.new("L", (8, 8)).save(image_folder / "bee" / "1.png")
    found = opened(image_folder)
    assert found.told() == (
        f"Recognised images in class folders in `{image_folder}`: 5 images of 2 classes, 1 left "
        "out, 1 converted."
    )
    assert [problem.path for problem in found.problems] == ["ape/1.png"]
    assert [one.path for one in found.converted] == ["bee/1.png"]


@pytest.mark.parametrize("part", ["test", "validation", "val"])
def test_the_part_that_is_reported_is_taken(image_folder, tmp_path, part):
    (tmp_path / "set" / "train" / "ape").mkdir(parents=True)
    image_folder.rename(tmp_path / "set" / part)
    found = opened(tmp_path / "set")
    assert found.recognised == f"images in class folders of {part} in `{tmp_path / 'set' / part}`"
    assert len(found.dataset) == 6


def test_training_images_are_not_taken_unasked(image_folder, tmp_path):
    (tmp_path / "set").mkdir()
    image_folder.rename(tmp_path / "set" / "train")
    with pytest.raises(MissingDataError) as error:
        opened(tmp_path / "set")
    assert str(error.value) == (
        f"`{tmp_path / 'set'}` must hold images to report on in test, validation, val, got train "
        f"alone. To take the training images, give `{tmp_path / 'set' / 'train'}`."
    )
    assert len(opened(tmp_path / "set" / "train").dataset) == 6


def test_archives_and_urls_are_folders(image_folder):
    path = image_folder.with_name("pictures.zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in image_folder.rglob("*.png"):
            archive.write(file, file.relative_to(image_folder))
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.put(str(image_folder), "/pictures", recursive=True)
    here = opened(image_folder).dataset
    for address in (path, "memory://pictures", f"file://{image_folder}"):
        found = opened(address)
        assert found.dataset.fingerprint == here.fingerprint
        assert f"`{address}`" in found.recognised


def test_tables_and_shards_are_known_by_their_names(image_folder, tmp_path):
    (image_folder / "list.csv").write_text("path,label\nape/0.png,x\nbee/0.png,y\n")
    for address in (image_folder / "list.csv", f"csv:{image_folder / 'list.csv'}?label=label"):
        assert opened(address).dataset.class_names == ("x", "y")
    shards = tmp_path / "shards"
    shards.mkdir()
    with tarfile.open(shards / "0.tar", "w") as archive:
        content = (image_folder / "ape" / "0.png").read_bytes()
        for name, data in (("a.png", content), ("a.cls", b"ape")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    prefixed = (f"wds:{shards}/*.tar", f"wds:{shards}/0.tar?stream=1")
    for address in (shards, shards / "0.tar", *prefixed):
        assert opened(address).dataset.ids == ("0.tar/a",)


def test_conflict_images_keep_their_cues(image_folder, tmp_path):
    for shape, texture in (("ape", "bee"), ("bee", "ape")):
        (tmp_path / "conflict" / shape).mkdir(parents=True)
        content = (image_folder / shape / "0.png").read_bytes()
        (tmp_path / "conflict" / shape / f"{shape}0-{texture}7.png").write_bytes(content)
    found = opened(tmp_path / "conflict")
    assert found.recognised == f"cue-conflict images in `{tmp_path / 'conflict'}`"
    assert found.dataset.cues["texture"].tolist() == [1, 0]
    plain = opened(f"folder:{tmp_path / 'conflict'}")
    assert plain.recognised == f"images in class folders in `{tmp_path / 'conflict'}`"


def test_tiny_imagenet_and_rendered_images_keep_their_size(tiny_imagenet):
    found = opened(tiny_imagenet)
    assert found.recognised == f"Tiny ImageNet's validation images in `{tiny_imagenet}`"
    assert found.dataset.size == 64
    assert opened(tiny_imagenet, limit=2).dataset.name == "tiny-imagenet-test-2"
    assert len(opened("rendered", limit=5).dataset) == 5


@pytest.mark.parametrize(
    ("address", "kind", "message"),
    [
        (
            "csv:list.csv?column=3",
            ConfigError,
            (
                "`csv:` knows the settings path, label, split, classes, got 'column' in "
                "`csv:list.csv?column=3`. Correct it."
            ),
        ),
        (
            "hf:name?stream=many",
            ConfigError,
            (
                "`stream` must be a number of images, got 'many' in `hf:name?stream=many`. "
                "Write such "
                "as stream=1000."
            ),
        ),
        (
            "nowhere",
            MissingDataError,
            "Expected a folder of images at `nowhere`, but there is none. Correct `--data`.",
        ),
    ],
)
def test_an_address_that_means_nothing_is_refused(address, kind, message):
    with pytest.raises(kind) as error:
        opened(address)
    assert str(error.value) == message


def test_a_folder_that_holds_nothing_is_said(tmp_path):
    with pytest.raises(MissingDataError, match="must hold images, got an empty folder"):
        opened(tmp_path)
    (tmp_path / "a").mkdir()
    with pytest.raises(DataError, match="must hold images in its 1 class folders, got none"):
        opened(tmp_path)
    with pytest.raises(MissingDataError, match="must hold ImageNet: class folders named by"):
        opened(f"imagenet:{tmp_path}")


def test_a_colon_in_a_path_is_no_prefix(image_folder, tmp_path):
    place = tmp_path / "odd:name?x=1"
    image_folder.rename(place)
    assert not is_prefixed(str(place))
    assert len(list_images(str(place))) == 6
