"""Exported images are those that the engine shows its models."""

import csv
import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from cuelens.errors import ConfigError, DataError, RunFolderError
from cuelens.evaluation import Condition
from cuelens.evaluation.chunks import Chunk, Snapshot
from cuelens.study.exchange import exports
from cuelens.study.exchange.exports import export_folder, export_study, plan_at
from cuelens.study.exchange.image_files import ImageFormat, image_files
from cuelens.study.plan.plan import plan_of


@pytest.fixture
def plan(tiny_content):
    return plan_of(tiny_content, where="study.yaml")


def shown(plan, name):
    """Return the test images under a condition, as the engine makes them, and their ids."""
    test = plan.data.open(None, seed=plan.study.seed).test
    (condition,) = [one for one in plan.conditions if one.name == name]
    part = Chunk(Snapshot(test), torch.arange(len(test)), plan.study.seed)
    return part.under(condition), test.ids


def manifest(found):
    with found.manifest.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_arrays_are_the_engines_images_bit_for_bit(plan, tmp_path):
    found = export_study(plan, data_folder=None, out=tmp_path / "out", form=ImageFormat.npz)
    assert (found.moved, found.root_mean_square) == (0.0, 0.0)
    images, ids = shown(plan, "shuffle=2")
    rows = [row for row in manifest(found) if row["condition"] == "shuffle=2"]
    assert [row["id"] for row in rows] == list(ids)
    assert [int(row["row"]) for row in rows] == list(range(40))
    (name,) = {row["file"] for row in rows}
    with np.load(tmp_path / "out" / name) as file:
        assert np.array_equal(file["images"], images.numpy())
        assert file["images"].dtype == np.float32
        assert file["ids"].tolist() == list(ids)


def test_safetensors_hold_the_same(plan, tmp_path):
    found = export_study(
        plan, data_folder=None, out=tmp_path, conditions=["saturation=8"],
        form=ImageFormat.safetensors,
    )  # fmt: skip
    images, _ = shown(plan, "saturation=8")
    (name,) = {row["file"] for row in manifest(found)}
    assert torch.equal(load_file(tmp_path / name)["images"], images)


def test_png_files_hold_the_nearest_of_256_levels(plan, tmp_path):
    found = export_study(plan, data_folder=None, out=tmp_path, conditions=["saturation=8"])
    images, _ = shown(plan, "saturation=8")
    rows = manifest(found)
    assert found.images == len(rows) == 40
    read = np.stack([np.asarray(Image.open(tmp_path / row["file"])) for row in rows])
    assert np.array_equal(read, (images * 255).round().byte().permute(0, 2, 3, 1).numpy())
    apart = np.abs(read.transpose(0, 3, 1, 2) / 255 - images.numpy())
    assert found.moved == pytest.approx(apart.max(), abs=1e-7)
    assert 0 < found.moved <= 1 / 510 + 1e-7
    assert found.root_mean_square == pytest.approx(np.sqrt(np.square(apart).mean()), rel=1e-3)


def test_the_manifest_tells_label_class_draw_and_every_set(plan, tmp_path):
    found = export_study(plan, data_folder=None, out=tmp_path, form=ImageFormat.npz)
    rows = manifest(found)
    data = plan.data.open(None, seed=0)
    assert len(rows) == found.images == 40 * len(plan.conditions) + 45
    assert {(row["dataset"], row["condition"]) for row in rows} == {
        *((data.test.name, condition.name) for condition in plan.conditions),
        (data.conflict.name, "clean"),
    }
    names = data.test.class_names
    for row, label in zip(rows[:40], data.test.labels.tolist(), strict=True):
        assert (int(row["label"]), row["class"], row["draw"]) == (label, names[label], "0")


@pytest.fixture
def made(monkeypatch):
    """Return the names of the conditions under which images were made, as they are made."""
    found, under = [], Chunk.under

    def noted(chunk, condition):
        found.append(condition.name)
        return under(chunk, condition)

    monkeypatch.setattr(Chunk, "under", noted)
    return found


def files_in(folder):
    """Return what is in a folder, hidden files too, by name."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("form", [ImageFormat.png, ImageFormat.npz])
def test_an_export_that_was_stopped_goes_on_where_it_was(plan, tmp_path, made, monkeypatch, form):
    def stop(_stage, _done, _total, note):
        if note.endswith("shuffle=2"):
            raise KeyboardInterrupt

    options = {
        "data_folder": None, "conditions": ["clean", "saturation=8", "shuffle=2", "shuffle=4"],
        "form": form,
    }  # fmt: skip
    whole = export_study(plan, out=tmp_path / "whole", **options)
    out = tmp_path / "stopped"
    with pytest.raises(KeyboardInterrupt):
        export_study(plan, out=out, progress=stop, **options)
    assert not (out / "manifest.csv").exists()
    monkeypatch.setattr(exports, "try_conditions", lambda *_: None)
    made.clear()
    found = export_study(plan, out=out, **options)
    assert made == ["shuffle=4", "clean"]  # the second is of the conflict set
    assert files_in(out) == files_in(tmp_path / "whole")
    assert (found.moved, found.root_mean_square) == (whole.moved, whole.root_mean_square)


@pytest.mark.parametrize("harm", [lambda file: file.unlink(), lambda file: file.write_bytes(b"")])
def test_a_file_of_an_export_that_is_gone_or_altered_is_written_again(plan, tmp_path, made, harm):
    options = {"data_folder": None, "out": tmp_path, "conditions": ["saturation=8", "shuffle=2"]}
    export_study(plan, **options)
    before = files_in(tmp_path)
    harm(next(tmp_path.rglob("saturation=8/000007.png")))
    made.clear()
    export_study(plan, **options)
    assert made.count("shuffle=2") < made.count("saturation=8")
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("other", [{"conditions": ["shuffle=2"]}, {"form": ImageFormat.npz}])
def test_a_folder_of_another_export_is_refused(plan, tmp_path, other):
    options = {"data_folder": None, "out": tmp_path, "conditions": ["clean"]}
    export_study(plan, **options)
    with pytest.raises(RunFolderError) as caught:
        export_study(plan, **(options | other))
    assert str(caught.value) == (
        f"Expected {tmp_path} to be empty or to hold the same export, got a folder with other "
        "files. Give another `--out` folder."
    )


def test_a_condition_that_the_study_does_not_have_is_refused(plan, tmp_path):
    with pytest.raises(ConfigError) as caught:
        export_study(plan, data_folder=None, out=tmp_path, conditions=["shuffle=3"])
    assert str(caught.value) == (
        "`conditions` must be some of the study's (clean, saturation=8, saturation=16, "
        "saturation=64, saturation=1024, shuffle=2, shuffle=4), got 'shuffle=3'."
    )
    assert not list(tmp_path.iterdir())


def test_a_data_folder_is_exported_too(tmp_path):
    found = export_folder("rendered", [Condition.clean()], out=tmp_path, limit=5, seed=3)
    rows = manifest(found)
    assert len(rows) == 5
    assert {row["draw"] for row in rows} == {"3"}


def test_a_study_is_found_in_a_file_and_in_a_run(tiny_file, tiny_run, tmp_path):
    assert plan_at(str(tiny_file)).study.name == "tiny"
    assert plan_at(str(tiny_run)) == plan_at(str(tiny_file))
    assert plan_at(str(tmp_path)) is None


def test_png_files_of_other_channels_are_refused_and_grey_ones_written():
    with pytest.raises(DataError) as caught:
        list(image_files(torch.zeros(1, 4, 2, 2), ["a"], form=ImageFormat.png, start=0))
    assert str(caught.value) == (
        "PNG files need images of 1 or 3 channels, got 4. Give `--format npz`."
    )
    files = dict(image_files(torch.ones(2, 1, 2, 2), ["a", "b"], form=ImageFormat.png, start=7))
    assert list(files) == ["000007.png", "000008.png"]


def test_the_export_says_what_it_is(plan, tmp_path):
    export_study(plan, data_folder=None, out=tmp_path, conditions=["clean"])
    content = json.loads((tmp_path / "export.json").read_text(encoding="utf-8"))
    test = plan.data.open(None, seed=0).test
    assert content["format"] == "png"
    assert list(content["sets"][test.fingerprint]) == ["clean"]
