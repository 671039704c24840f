"""Cue conflict: each image has one picture's shape and another's texture, and says so."""

from collections import Counter

import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image

from cuelens.builders import build_cue_conflict, check
from cuelens.datasets import CueConflictFolder, CueControlled
from cuelens.errors import ConfigError, DataError
from cuelens.sources.style_networks import style_networks
from cuelens.transforms.working_size import central_square, resized


@pytest.fixture
def conflict(pictures, tmp_path):
    """Return a conflict set of two classes of three pictures, and its folder."""
    out = tmp_path / "conflict"
    built = build_cue_conflict(pictures, out, count=8, congruent=True, working_size=32)
    return built, out


def test_names_manifest_and_pixels_say_the_same(conflict, pictures):
    built, out = conflict
    assert built.images == 8
    assert not built.problems
    assert check(out).wrong == ()
    manifest = pl.read_parquet(out / "manifest.parquet")
    networks = style_networks()
    for row in manifest.iter_rows(named=True):
        shape, texture = (
            np.asarray(Image.open(pictures / row[column]), dtype=np.float32) / 255
            for column in ("source", "second_source")
        )
        style = networks.style_of(central_square(texture, 256))
        painted = resized(networks.painted(resized(shape, 32, 43), style), *shape.shape[:2])
        found = np.asarray(Image.open(out / row["output"]), dtype=np.float32) / 255
        np.testing.assert_allclose(found, painted, atol=0.5 / 255 + 1e-6)
        assert row["source"].startswith(row["shape"])
        assert row["second_source"].startswith(row["texture"])
        assert row["congruent"] == ("yes" if row["shape"] == row["texture"] else "no")
    assert Counter(manifest["congruent"]) == {"yes": 4, "no": 4}


def test_the_set_is_read_back_with_its_cues_and_sources(conflict):
    _, out = conflict
    dataset = CueConflictFolder(out, size=16)
    manifest = pl.read_parquet(out / "manifest.parquet").sort("output")
    names = dataset.class_names
    assert list(dataset.ids) == manifest["output"].to_list()
    for cue in ("shape", "texture"):
        assert [names[label] for label in dataset.cues[cue].tolist()] == manifest[cue].to_list()
    assert len(set(dataset.sources["shape"])) == manifest["source"].n_unique()
    assert len(set(dataset.sources["texture"])) == manifest["second_source"].n_unique()


def test_any_number_of_workers_gives_the_same_bytes(conflict, pictures, tmp_path, files_of):
    _, out = conflict
    other = tmp_path / "other"
    build_cue_conflict(pictures, other, count=8, congruent=True, working_size=32, workers=2)
    assert files_of(other) == files_of(out)
    assert build_cue_conflict(pictures, other, count=8, congruent=True, working_size=32).made == 0


def test_rendered_conflicts_are_the_scenes_themselves(tmp_path):
    out = tmp_path / "rendered"
    build_cue_conflict("rendered", out, count=90, size=32)
    scenes = CueControlled(count=90, size=32, split="test", conflict=True)
    dataset = CueConflictFolder(out, size=32, classes=scenes.class_names)
    manifest = pl.read_parquet(out / "manifest.parquet")
    place = {output: row for row, output in enumerate(manifest["output"])}
    rows = torch.tensor([place[image] for image in dataset.ids])
    assert torch.equal(dataset.images(torch.arange(90)), scenes.images(rows))
    for cue in ("shape", "texture"):
        assert torch.equal(dataset.cues[cue], scenes.cues[cue][rows])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"strength": 0.0},
            (
                "`strength` must be above 0 and at most 1 (the other picture's style), got 0. At 0 "
                "there is no conflict."
            ),
        ),
        (
            {"working_size": 8},
            "`working_size` must be 32 to 1024 pixels (the networks were trained at 256), got 8.",
        ),
        ({"size": 0}, "`size` must be at least 1 pixel, got 0."),
    ],
)
def test_settings_out_of_range_are_refused(settings, message, pictures, tmp_path):
    with pytest.raises(ConfigError) as caught:
        build_cue_conflict(pictures, tmp_path / "out", **settings)
    assert str(caught.value) == message


def test_splits_are_no_classes(split_pictures, tmp_path):
    with pytest.raises(DataError) as caught:
        build_cue_conflict(split_pictures, tmp_path / "out")
    assert str(caught.value) == (
        "`SOURCE` must hold one folder for each class with images in it, got `train/ape/0.png` "
        f"below two folders. Give the folder above the classes, such as `{split_pictures}/train`."
    )


def test_rendered_images_have_no_congruent_pairs(tmp_path):
    with pytest.raises(ConfigError) as caught:
        build_cue_conflict("rendered", tmp_path / "out", congruent=True)
    assert str(caught.value).startswith("`congruent` must be left out where images are rendered")
