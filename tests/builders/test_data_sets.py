"""Copies of CIFAR-10, Tiny ImageNet and rendered images, read by their own data sets."""

import hashlib
import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image

from cuelens.builders import Rendered, adjective_condition, build, build_condition, check
from cuelens.datasets import Cifar10, ImageFolder, TinyImageNet, cifar10
from cuelens.datasets.cifar10_batches import batch_bytes, read_batch
from cuelens.errors import ConfigError, DataError
from cuelens.randomness import Chance
from cuelens.transforms import PatchShuffle, Saturation, Silhouette

IMAGES = 60
NO_MASKS = (
    "This condition needs to know where the figure of each image is, got CIFAR-10, which has no "
    "masks. Take the source `rendered`, or a folder of images with `--masks`."
)


@pytest.fixture
def small_cifar10(tmp_path, monkeypatch):
    """Return a folder of six small batches that count as the published ones."""
    folder = tmp_path / "data" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    generator = np.random.Generator(np.random.Philox(key=1))
    for sums in ("_TRAIN_MD5", "_TEST_MD5"):
        found = {}
        for name in getattr(cifar10, sums):
            content = batch_bytes(
                {
                    b"batch_label": name.encode(),
                    b"labels": [row % 10 for row in range(IMAGES)],
                    b"data": generator.integers(0, 256, (IMAGES, 3072), dtype=np.uint8),
                    b"filenames": [f"{name}_{row}.png".encode() for row in range(IMAGES)],
                }
            )
            (folder / name).write_bytes(content)
            found[name] = hashlib.md5(content, usedforsecurity=False).hexdigest()
        monkeypatch.setattr(cifar10, sums, found)
    (folder / "batches.meta").write_bytes(b"names")
    return tmp_path / "data"


@pytest.mark.parametrize("encoding", ["bytes", "latin1"])
def test_a_batch_is_read_as_the_published_ones_are(encoding):
    pixels = np.arange(2 * 3072, dtype=np.uint64).astype(np.uint8).reshape(2, 3072)
    batch = {b"batch_label": b"x" * 300, b"labels": [3, 9], b"data": pixels, b"filenames": [b"a"]}
    content = batch_bytes(batch)
    found = pickle.loads(content, encoding=encoding)  # noqa: S301 - what others do with it
    text = bytes if encoding == "bytes" else bytes.decode
    assert list(found) == [text(name) for name in batch]
    assert found[text(b"labels")] == [3, 9]
    assert found[text(b"batch_label")] == text(b"x" * 300)
    assert found[text(b"filenames")] == [text(b"a")]
    assert np.array_equal(found[text(b"data")], pixels)
    assert np.array_equal(read_batch(content)[b"data"], pixels)


def test_cifar10_is_copied_in_the_publishers_form(small_cifar10, tmp_path):
    out = tmp_path / "out"
    built = build("shuffled", small_cifar10, out, level=4, seed=5)
    assert built.images == 6 * IMAGES
    assert check(out).wrong == ()
    assert (out / "cifar-10-batches-py" / "batches.meta").read_bytes() == b"names"
    source = small_cifar10 / "cifar-10-batches-py" / "data_batch_3"
    copied = out / "cifar-10-batches-py" / "data_batch_3"
    before, after = read_batch(source.read_bytes()), read_batch(copied.read_bytes())
    for name in (b"batch_label", b"labels", b"filenames"):
        assert after[name] == before[name]
    row = pl.read_parquet(out / "manifest.parquet").row(2 * IMAGES + 7, named=True)
    assert (row["source"], row["output"], row["entry"], row["label"]) == (
        "cifar-10-batches-py/data_batch_3[7]", "cifar-10-batches-py/data_batch_3", "7", "horse",
    )  # fmt: skip
    assert row["output_hash"] == hashlib.sha256(after[b"data"][7].tobytes()).hexdigest()


def test_a_copy_of_cifar10_is_a_data_set_that_tells_its_condition(small_cifar10, tmp_path):
    build("shuffled", small_cifar10, tmp_path / "out", level=4, seed=5)
    clean = Cifar10(small_cifar10, validation=50)
    copy = Cifar10(tmp_path / "out", validation=50)
    assert copy.name == "cifar10-shuffle=4-train"
    assert copy.ids[0] == "cifar10/shuffle=4/train/" + clean.ids[0][-5:]
    assert [image[-5:] for image in copy.ids] == [image[-5:] for image in clean.ids]
    assert copy.fingerprint != clean.fingerprint
    rows = torch.arange(len(clean))
    expected = PatchShuffle(patches=4)(clean.images(rows), chance=Chance(5, clean.ids))
    assert torch.equal(copy.images(rows), expected)
    inner = Cifar10(tmp_path / "out" / "cifar-10-batches-py", split="test")
    assert inner.ids[3] == "cifar10/shuffle=4/test/00003"


def test_a_batch_of_cifar10_that_is_damaged_is_made_again(small_cifar10, tmp_path, files_of):
    out = tmp_path / "out"
    build("shuffled", small_cifar10, out, level=4, seed=5)
    whole = files_of(out)
    (out / "cifar-10-batches-py" / "data_batch_2").write_bytes(b"altered")
    (out / "cifar-10-batches-py" / "batches.meta").unlink()
    assert build("shuffled", small_cifar10, out, level=4, seed=5).mended == 2
    assert files_of(out) == whole


def test_each_draw_of_cifar10_is_a_data_set(small_cifar10, tmp_path):
    build("shuffled", small_cifar10, tmp_path / "out", level=4, draws=2)
    first, second = (
        Cifar10(tmp_path / "out" / f"draw-{draw}", split="test").images(torch.arange(9))
        for draw in (0, 1)
    )
    assert not torch.equal(first, second)
    assert torch.equal(first.flatten(1).sort(1).values, second.flatten(1).sort(1).values)


def test_an_altered_copy_of_cifar10_is_refused(small_cifar10, tmp_path):
    build("saturated", small_cifar10, tmp_path / "out", level=4)
    path = tmp_path / "out" / "cifar-10-batches-py" / "test_batch"
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(DataError) as error:
        Cifar10(tmp_path / "out", split="test")
    assert str(error.value) == (
        f"`{path}` must have the SHA-256 sum {expected} of its copy's manifest, got {found} "
        f"({path.stat().st_size:,} bytes): it is truncated or altered. Build the copy again."
    )


def test_cifar10_is_copied_whole_or_not_at_all(small_cifar10, tmp_path):
    with pytest.raises(DataError) as error:
        build("shuffled", small_cifar10, tmp_path / "out", level=33)
    assert str(error.value) == (
        "`cifar-10-batches-py/data_batch_1` must hold every image, but of "
        "`cifar-10-batches-py/data_batch_1[0]` there is none: `patches` must be at most the "
        "shorter side of the images, 32 px, got 33. Use fewer patches or larger images."
    )
    assert not (tmp_path / "out").exists()


def test_cifar10_goes_into_shards_too(small_cifar10, tmp_path):
    build("saturated", small_cifar10, tmp_path / "out", level=4, shards=40)
    out = tmp_path / "out"
    shards = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.tar"))
    assert shards[:2] == ["test/shard-000000.tar", "test/shard-000001.tar"]
    assert len(shards) == 2 + 8
    assert (tmp_path / "out" / "classes.txt").read_text().startswith("airplane\nautomobile\n")


@pytest.mark.parametrize(
    ("adjective", "settings", "message"),
    [
        (
            "grey",
            {"size": 64},
            "`--size` must be left out for CIFAR-10, whose images have 32 px, got 64.",
        ),
        (
            "grey",
            {"masks": "."},
            "`--masks` must go with a folder of images, got CIFAR-10. Leave it out.",
        ),
        (
            "silhouetted",
            {},
            NO_MASKS,
        ),
    ],
)
def test_cifar10_has_one_size_and_no_masks(small_cifar10, tmp_path, adjective, settings, message):
    with pytest.raises(ConfigError) as error:
        build(adjective, small_cifar10, tmp_path / "out", **settings)
    assert str(error.value) == message


def test_tiny_imagenet_is_copied_with_its_lists(tiny_imagenet, tmp_path):
    source, out = tiny_imagenet / "tiny-imagenet-200", tmp_path / "out"
    built = build("saturated", tiny_imagenet / "tiny-imagenet-200", out, level=8)
    assert (built.images, built.converted, built.problems) == (14, 1, ())
    assert check(out).wrong == ()
    text = (source / "val" / "val_annotations.txt").read_text()
    assert (out / "val" / "val_annotations.txt").read_text() == text.replace(".JPEG", ".png")
    boxes = (source / "train" / "n02" / "n02_boxes.txt").read_text()
    assert (out / "train" / "n02" / "n02_boxes.txt").read_text() == boxes.replace(".JPEG", ".png")
    for name in ("wnids.txt", "words.txt"):
        assert (out / name).read_bytes() == (source / name).read_bytes()


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_copy_of_tiny_imagenet_is_a_data_set_that_tells_its_condition(
    tiny_imagenet, tmp_path, split
):
    build("shuffled", tiny_imagenet / "tiny-imagenet-200", tmp_path / "out", level=4)
    clean = TinyImageNet(tiny_imagenet, split=split, validation=4)
    copy = TinyImageNet(tmp_path / "out", split=split, validation=4)
    assert copy.name == f"tiny-imagenet-shuffle=4-{split}"
    assert [image.replace("shuffle=4/", "") for image in copy.ids] == list(clean.ids)
    assert torch.equal(copy.labels, clean.labels)
    rows = torch.arange(len(clean))
    expected = PatchShuffle(patches=4)(clean.images(rows), chance=Chance(0, clean.ids))
    assert torch.equal(copy.images(rows), expected)


def test_tiny_imagenet_in_shards_has_the_classes_of_its_lists(tiny_imagenet, tmp_path):
    build("saturated", tiny_imagenet / "tiny-imagenet-200", tmp_path / "out", level=8, shards=5)
    rows = pl.read_parquet(tmp_path / "out" / "manifest.parquet")
    val = rows.filter(pl.col("output").str.starts_with("val/"))
    assert val["label"].to_list() == ["n02", "n01", "n02", "n01"]
    assert (tmp_path / "out" / "classes.txt").read_text() == "n01\nn02\n"


FEW = Rendered(training=20, validation=10, test=10)


def test_rendered_images_are_a_folder_of_images(tmp_path):
    condition = adjective_condition("saturated", level=8)
    build_condition(condition, FEW, tmp_path / "out", command="", size=40)
    for images in FEW.splits(40):
        copy = ImageFolder(tmp_path / "out" / images.split, size=40)
        rows = torch.tensor([int(Path(image).stem) for image in copy.ids])
        expected = Saturation(level=8)(images.images(rows), chance=Chance(0, copy.ids))
        assert torch.equal(copy.images(torch.arange(len(copy))), (expected * 255).round() / 255)
        names = [images.class_names[label] for label in images.labels[rows].tolist()]
        assert names == [image.split("/")[0] for image in copy.ids]
    rows = pl.read_parquet(tmp_path / "out" / "manifest.parquet")
    assert rows["shape"].to_list() == rows["label"].to_list()


def test_rendered_images_have_masks(tmp_path):
    build_condition(adjective_condition("silhouetted"), FEW, tmp_path / "out", command="")
    images = FEW.splits(None)[2]
    copy = ImageFolder(tmp_path / "out" / "test", size=32)
    rows = torch.tensor([int(Path(image).stem) for image in copy.ids])
    expected = Silhouette()(
        images.images(rows), masks=images.masks(rows), chance=Chance(0, copy.ids)
    )
    assert torch.equal(copy.images(torch.arange(len(copy))), expected)


def test_a_folder_of_masks_goes_with_a_folder_of_images(pictures, tmp_path, pixels_of):
    for path in pictures.rglob("*.png"):
        mask = tmp_path / "masks" / path.relative_to(pictures)
        mask.parent.mkdir(parents=True, exist_ok=True)
        bright = np.zeros((30, 40), dtype=np.uint8)
        bright[5:20, 7:30] = 255
        Image.fromarray(bright).save(mask)
    (tmp_path / "masks" / "ape" / "1.png").unlink()
    built = build("silhouetted", pictures, tmp_path / "out", masks=tmp_path / "masks")
    assert [(found.path, found.reason) for found in built.problems] == [
        ("ape/1.png", "it has no mask")
    ]
    shown = pixels_of(tmp_path / "out" / "bee" / "2.png")
    assert (shown[5:20, 7:30] == 0).all()
    assert shown.sum() == 255 * 3 * (30 * 40 - 15 * 23)
    row = pl.read_parquet(tmp_path / "out" / "manifest.parquet").row(1, named=True)
    assert (row["source"], row["second_source"]) == ("ape/0.png", "ape/0.png")


def test_masks_must_be_given_and_there(pictures, tmp_path):
    with pytest.raises(ConfigError) as error:
        build("silhouetted", pictures, tmp_path / "out")
    assert str(error.value) == (
        "This condition needs to know where the figure of each image is, got no masks. Give "
        "`--masks FOLDER` with a mask for each image, or take the source `rendered`."
    )


def test_an_empty_folder_of_styles_is_refused(pictures, tmp_path):
    (tmp_path / "styles").mkdir()
    try:
        adjective_condition("stylized")
    except ConfigError:
        pytest.skip("there is no stylised condition")
    with pytest.raises(DataError, match="must hold at least one image that can be read"):
        build("stylized", pictures, tmp_path / "out", style=tmp_path / "styles")
    assert not (tmp_path / "out").exists()


@pytest.mark.data
@pytest.mark.slow
def test_the_published_cifar10_is_copied(cifar10_folder, tmp_path):
    build("shuffled", cifar10_folder, tmp_path / "out", level=4)
    assert check(tmp_path / "out").wrong == ()
    clean, copy = (Cifar10(folder, split="test") for folder in (cifar10_folder, tmp_path / "out"))
    rows = torch.arange(9_990, 10_000)
    chance = Chance(0, clean.ids).take(rows)
    assert torch.equal(
        copy.images(rows), PatchShuffle(patches=4)(clean.images(rows), chance=chance)
    )


@pytest.mark.data
def test_some_of_the_published_tiny_imagenet_is_copied(tiny_imagenet_folder, tmp_path):
    source, part = tiny_imagenet_folder / "tiny-imagenet-200", tmp_path / "part"
    (part / "val" / "images").mkdir(parents=True)
    lines = (source / "val" / "val_annotations.txt").read_text().splitlines()[:40]
    (part / "val" / "val_annotations.txt").write_text("".join(f"{line}\n" for line in lines))
    shutil.copy(source / "wnids.txt", part)
    for line in lines:
        name = line.split("\t")[0]
        os.link(source / "val" / "images" / name, part / "val" / "images" / name)
    for wnid in sorted(path.name for path in (source / "train").iterdir())[:2]:
        shutil.copytree(source / "train" / wnid, part / "train" / wnid)
    build("saturated", part, tmp_path / "out", level=8)
    assert check(tmp_path / "out").wrong == ()
    clean, copy = (TinyImageNet(folder, split="test") for folder in (part, tmp_path / "out"))
    assert torch.equal(copy.labels, clean.labels)
    rows = torch.arange(40)
    expected = Saturation(level=8)(clean.images(rows), chance=Chance(0, clean.ids))
    assert torch.equal(copy.images(rows), (expected * 255).round() / 255)
