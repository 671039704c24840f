"""Hugging Face data sets on the disk and streamed; the hub itself is not asked."""

import numpy as np
import pytest
import torch

from cuelens.datasets import Framing, ImageFolder, Problem, read_listing
from cuelens.datasets.hugging_face import hugging_face
from cuelens.errors import ConfigError, MissingDataError

hub = pytest.importorskip("datasets")
FRAMING = Framing(size=24)


@pytest.fixture
def saved(image_folder, tmp_path, monkeypatch):
    """Return a folder that `save_to_disk` wrote, of two splits with named classes."""
    monkeypatch.setattr(hub.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    hub.disable_progress_bars()
    files = sorted(image_folder.rglob("*.png"))
    features = hub.Features(
        {
            "picture": hub.Image(),
            "kind": hub.ClassLabel(names=["ape", "bee", "cat"]),
            "name": hub.Value("string"),
        }
    )

    def rows(chosen):
        return hub.Dataset.from_dict(
            {
                "picture": [{"bytes": file.read_bytes(), "path": None} for file in chosen],
                "kind": [0 if file.parent.name == "ape" else 1 for file in chosen],
                "name": [file.parent.name for file in chosen],
            },
            features=features,
        )

    place = tmp_path / "saved"
    hub.DatasetDict({"train": rows(files[:2]), "test": rows(files)}).save_to_disk(place)
    return place


def test_a_saved_data_set_is_what_the_files_are(saved, image_folder):
    found = hugging_face(str(saved))
    assert found.recognised == (
        f"images of the Hugging Face data set `{saved}`, split test (columns picture and kind)"
    )
    assert found.name == "saved-test"
    assert found.class_names == ("ape", "bee", "cat")
    images = read_listing(found, framing=FRAMING, most_kept_bytes=0)
    files = ImageFolder(image_folder, size=24)
    rows = torch.arange(6)
    assert torch.equal(images.images(rows), files.images(rows))
    assert images.digests == files.digests
    assert torch.equal(images.labels, files.labels)
    assert images.ids[3] == "test/00000003"


def test_split_and_columns_can_be_named(saved):
    found = hugging_face(str(saved), split="train", label="name")
    assert found.class_names == ("ape",)
    assert len(found) == 2
    with pytest.raises(ConfigError) as error:
        hugging_face(str(saved), split="val")
    assert str(error.value) == (
        f"`hf:{saved}` must have the split that is asked for, got 'val'; it has train, test. Name "
        "one of these."
    )
    with pytest.raises(ConfigError) as error:
        hugging_face(str(saved), label="class")
    assert str(error.value) == (
        f"`hf:{saved}` must have the column 'class', got picture, kind, name. Name one of these."
    )


def test_the_first_images_of_a_stream_are_kept(saved, image_folder):
    found = hugging_face(str(saved), stream=4)
    assert found.recognised.startswith("the first 4 images streamed from the Hugging Face data")
    assert found.is_stream
    images = read_listing(found, framing=FRAMING, limit=3, most_kept_bytes=0)
    assert images.ids == ("test/00000000", "test/00000001", "test/00000002")
    files = ImageFolder(image_folder, size=24)
    assert torch.equal(images.images(torch.arange(3)), files.images(torch.arange(3)))


def test_parquet_files_are_read_as_the_hub_keeps_them(saved, tmp_path):
    place = tmp_path / "published"
    (place / "data").mkdir(parents=True)
    rows = hub.load_from_disk(str(saved))
    for split in ("train", "test"):
        rows[split].to_parquet(place / "data" / f"{split}-00000-of-00001.parquet")
    direct = read_listing(hugging_face(str(saved)), framing=FRAMING)
    for stream in (None, 6):
        images = read_listing(hugging_face(str(place), stream=stream), framing=FRAMING)
        assert images.class_names == ("ape", "bee", "cat")
        assert images.digests == direct.digests
        assert torch.equal(images.labels, direct.labels)


def test_what_is_no_image_and_what_has_no_class_is_told_of(saved, tmp_path):
    rows = hub.load_from_disk(str(saved))["test"].cast_column("picture", hub.Image(decode=False))

    def spoil(row, place):
        if place == 1:
            row["picture"] = {"bytes": b"no image", "path": None}
        if place == 2:
            row["kind"] = -1
        return row

    spoiled = rows.map(spoil, with_indices=True).cast_column("picture", hub.Image())
    spoiled.save_to_disk(tmp_path / "spoiled")
    images = read_listing(hugging_face(str(tmp_path / "spoiled")), framing=FRAMING)
    assert len(images) == 4
    assert images.problems == (
        Problem(path="all/00000001", reason="it is no image of a known format"),
        Problem(path="all/00000002", reason="its label -1 is no class"),
    )


def test_a_folder_without_images_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(hub.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    hub.Dataset.from_dict({"x": np.arange(3)}).save_to_disk(tmp_path / "numbers")
    with pytest.raises(ConfigError) as error:
        hugging_face(str(tmp_path / "numbers"))
    place = tmp_path / "numbers"
    assert str(error.value) == (
        f"`hf:{place}` must have a column of images, got x. Name them: "
        f"`hf:{place}?image=COLUMN&label=COLUMN`."
    )


def test_nothing_there_is_said(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingDataError, match="Expected a Hugging Face data set at"):
        hugging_face(str(tmp_path / "empty"))
