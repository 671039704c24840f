"""WebDataset shards, here and elsewhere, read as the library of that name reads them."""

import gc
import io
import json
import tarfile
import warnings
from pathlib import Path

import pytest
import torch

from cuelens.datasets import Framing, ImageFolder, Problem, read_listing
from cuelens.datasets.shards import shards, shards_at
from cuelens.errors import ConfigError, DataError, MissingDataError

webdataset = pytest.importorskip("webdataset")
fsspec = pytest.importorskip("fsspec")
FRAMING = Framing(size=24)


def write(path: Path, members: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture
def place(image_folder, tmp_path) -> Path:
    """Return a folder of two shards with three images each."""
    folder = tmp_path / "shards"
    folder.mkdir()
    files = sorted(image_folder.rglob("*.png"))
    for number in range(2):
        members = {}
        for file in files[3 * number : 3 * number + 3]:
            members[f"{file.parent.name}-{file.stem}.png"] = file.read_bytes()
            members[f"{file.parent.name}-{file.stem}.cls"] = str(number).encode()
        write(folder / f"images-{number:03d}.tar", members)
    return folder


def test_images_are_found_where_they_lie(place, image_folder):
    pattern = f"{place}/images-{{000..001}}.tar"
    found = shards(pattern)
    assert found.recognised == f"6 images in 2 WebDataset shards at `{pattern}`"
    assert found.name == "shards"
    assert list(found.ids)[:2] == ["images-000.tar/ape-0", "images-000.tar/ape-1"]
    images = read_listing(found, framing=FRAMING, most_kept_bytes=0)
    files = ImageFolder(image_folder, size=24)
    assert torch.equal(images.images(torch.arange(6)), files.images(torch.arange(6)))
    assert torch.equal(images.labels, files.labels)
    assert images.class_names == ("0", "1")


def test_shards_are_what_the_library_reads(place):
    found = shards(f"{place}/*.tar")
    urls = [str(path) for path in sorted(place.glob("*.tar"))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the library leaves shards open
        samples = list(webdataset.WebDataset(urls, shardshuffle=False))
        gc.collect()
    assert [one["__key__"] for one in samples] == [one.split("/")[1] for one in found.ids]
    assert [one["png"] for one in samples] == [found.place.read(one) for one in found.ids]
    assert [int(one["cls"]) for one in samples] == found.labels.tolist()


@pytest.mark.parametrize("kind", ["compressed", "elsewhere"])
def test_what_can_only_be_read_once_is_kept(place, kind):
    direct = read_listing(shards(f"{place}/*.tar"), framing=FRAMING)
    if kind == "compressed":
        for path in place.glob("*.tar"):
            with tarfile.open(path) as archive:
                members = {one.name: archive.extractfile(one).read() for one in archive}
            write(path.with_suffix(".tar.gz"), members, "w:gz")
        pattern = f"{place}/*.tar.gz"
    else:
        system = fsspec.filesystem("memory")
        system.store.clear()
        system.put(str(place), "/shards", recursive=True)
        pattern = "memory://shards/images-{000..001}.tar"
    images = read_listing(shards(pattern), framing=FRAMING, most_kept_bytes=0)
    assert images.digests == direct.digests
    assert torch.equal(images.images(torch.arange(6)), direct.images(torch.arange(6)))
    first = shards(pattern, stream=4)
    assert first.recognised == f"the first 4 images in 2 WebDataset shards at `{pattern}`"
    here = list(direct.ids)[:4]
    as_packed = [one.replace(".tar/", ".tar.gz/") for one in here]
    assert list(first.ids) == (as_packed if kind == "compressed" else here)


def test_class_names_stand_beside_or_in_a_file(place, tmp_path):
    (place / "classes.txt").write_text("ape\nbee\n")
    assert shards(f"{place}/*.tar").class_names == ("ape", "bee")
    (tmp_path / "names.txt").write_text("ape\n")
    found = shards(f"{place}/*.tar", classes=str(tmp_path / "names.txt"))
    assert len(found) == 3
    assert found.problems[0] == Problem(
        path="images-001.tar/bee-0", reason="its class 1 is none of the classes"
    )


def test_classes_come_from_json_and_what_has_none_is_told_of(tmp_path, image_folder):
    png = (image_folder / "ape" / "0.png").read_bytes()
    members = {
        "a/one.png": png, "a/one.json": json.dumps({"label": "sea cow"}).encode(),
        "two.seg.png": png, "two.cls": b"ape",
        "three.png": png, "three.json": b"{torn",
        "four.cls": b"ape",
        "five.jpg": b"no image", "five.cls": b"ape",
    }  # fmt: skip
    path = write(tmp_path / "one.tar", members)
    found = shards(str(path))
    assert found.name == "one"
    assert found.class_names == ("ape", "sea cow")
    images = read_listing(found, framing=FRAMING)
    assert images.ids == ("one.tar/a/one", "one.tar/two")
    reasons = {problem.path: problem.reason for problem in images.problems}
    assert reasons["one.tar/three"] == "it has no class (.cls, or the field label in .json)"
    assert reasons["one.tar/four"].startswith("it has no image (.png, .jpg, ")
    assert reasons["one.tar/five"] == "it is no image of a known format"


def test_a_torn_shard_counts_as_far_as_it_can_be_read(place):
    path = place / "images-000.tar"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 3])
    found = shards(f"{place}/*.tar")
    assert 3 <= len(found) < 6
    (problem,) = found.problems
    assert problem.path == "images-000.tar"
    assert problem.reason.startswith(f"it is torn after {len(found) - 3} images (")


def test_a_shard_that_ends_between_two_images_is_told_of(place):
    path = place / "images-000.tar"
    with tarfile.open(path) as archive:
        cut = archive.getmembers()[4].offset
    path.write_bytes(path.read_bytes()[: cut + 100])
    found = shards(f"{place}/*.tar")
    assert len(found) == 5
    assert found.problems == (
        Problem(path="images-000.tar", reason="it is torn after 2 images (no mark of its end)"),
    )


def test_nothing_there_is_said(place, tmp_path):
    with pytest.raises(MissingDataError) as error:
        shards_at(f"{place}/images-{{000..002}}.tar")
    assert str(error.value) == (
        f"Expected WebDataset shards at `{place}/images-{{000..002}}.tar`, but there is no "
        f"{place}/images-002.tar. Correct the pattern."
    )
    with pytest.raises(MissingDataError, match="there is no such file"):
        shards_at(f"{place}/*.tgz")
    write(tmp_path / "none.tar", {"a.txt": b"x"})
    with pytest.raises(DataError, match=r"must hold images with classes \(NAME.jpg beside"):
        shards(str(tmp_path / "none.tar"))
    with pytest.raises(ConfigError) as caught:
        shards(f"{place}/*.tar", stream=0)
    assert str(caught.value) == "`stream` must be at least 1 image, got 0."
