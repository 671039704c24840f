"""A copy in the same layout, with a manifest that says what each image is."""

import hashlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image

from cuelens.builders import Item, build, check
from cuelens.builders.items import tasks_of
from cuelens.builders.png_files import PngFiles
from cuelens.builders.shards import Shards
from cuelens.datasets import ImageFolder, ProceduralStyles
from cuelens.errors import ConfigError, MissingDataError, ModelError, RunFolderError
from cuelens.randomness import Chance
from cuelens.transforms import PatchShuffle, Saturation


def sha256(path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_copy_has_the_layout_of_the_source_and_the_pixels_of_the_condition(
    split_pictures, tmp_path, files_of, pixels_of
):
    out = tmp_path / "out"
    built = build("saturated", split_pictures, out, level=8)
    assert (built.images, built.made, built.problems) == (10, 10, ())
    assert list(files_of(out)) == sorted(
        ["README.md", "manifest.parquet", *files_of(split_pictures)]
    )
    for name in files_of(split_pictures):
        source = torch.from_numpy(pixels_of(split_pictures / name).transpose(2, 0, 1).copy())
        images = (source.to(torch.float32) / 255)[None]
        expected = Saturation(level=8)(images, chance=Chance(0, ("any",)))[0]
        found = pixels_of(out / name)
        assert np.array_equal(found, (expected * 255).round().byte().permute(1, 2, 0).numpy())
    assert check(out).wrong == ()


def test_the_manifest_has_a_row_an_output(split_pictures, tmp_path):
    out = tmp_path / "out"
    build("shuffled", split_pictures, out, level=2, seed=7)
    rows = pl.read_parquet(out / "manifest.parquet")
    assert rows.height == 10
    for row in rows.iter_rows(named=True):
        assert row == {
            "output": row["source"],
            "entry": None,
            "output_hash": sha256(out / row["output"]),
            "source": row["source"],
            "source_hash": sha256(split_pictures / row["source"]),
            "second_source": None,
            "second_source_hash": None,
            "condition": "shuffle=2",
            "settings": "PatchShuffle(patches=2)",
            "transform_version": PatchShuffle.version,
            "seed": 7,
            "draw": 0,
            "style": None,
            "label": row["source"].split("/")[1],
            "conversions": "",
            "problem": None,
        }


def test_a_built_copy_is_what_the_data_set_shows_under_the_condition(split_pictures, tmp_path):
    build("shuffled", split_pictures, tmp_path / "out", level=4, size=16, seed=3)
    copy = ImageFolder(tmp_path / "out" / "val", size=16)
    clean = ImageFolder(split_pictures / "val", size=16)
    rows = torch.arange(4)
    expected = PatchShuffle(patches=4)(clean.images(rows), chance=Chance(3, clean.ids))
    assert torch.equal(copy.images(rows), expected)
    assert copy.ids == clean.ids


@pytest.mark.parametrize("words", [("Saturated", 8), ("saturation", 8), ("gray", None)])
def test_adjectives_and_names_of_families_are_both_taken(pictures, tmp_path, words):
    assert build(words[0], pictures, tmp_path / "out", level=words[1]).images == 6


def test_an_unknown_adjective_names_the_nearest(pictures, tmp_path):
    with pytest.raises(ConfigError) as error:
        build("saturatd", pictures, tmp_path / "out", level=8)
    assert str(error.value).startswith("`ADJECTIVE` must be one of clean, saturated, ")
    assert str(error.value).endswith(", got 'saturatd'. Did you mean 'saturated'?")


def test_a_style_goes_with_conditions_that_have_one(pictures, tmp_path):
    with pytest.raises(ConfigError) as error:
        build("saturated", pictures, tmp_path / "out", level=8, style=pictures)
    assert str(error.value).startswith("`--style` must go with ")
    assert str(error.value).endswith(", got saturated. Leave it out.")


def test_adain_is_given_its_weights(pictures, tmp_path, adain_weights):
    folder = Path(adain_weights.encoder).parent
    out = tmp_path / "out"
    build("adain-stylized", pictures, out, weights=folder, working_size=32)
    assert check(out).wrong == ()
    rows = pl.read_parquet(out / "manifest.parquet")
    assert set(rows["style"]) <= set(ProceduralStyles().ids)
    assert f"--working-size 32 --weights {folder}" in (out / "README.md").read_text()


def test_weights_that_are_missing_or_not_wanted_are_named(pictures, tmp_path):
    with pytest.raises(ConfigError) as error:
        build("adain-stylized", pictures, tmp_path / "out")
    assert str(error.value) == (
        "`--weights` must be given for adain-stylized: a folder that holds vgg_normalised.pth and "
        "decoder.pth, got none."
    )
    with pytest.raises(ConfigError) as error:
        build("stylized", pictures, tmp_path / "out", weights=tmp_path)
    assert str(error.value) == (
        "`--weights` must go with adain-stylized, adain-decoded, got stylized. Leave it out."
    )
    with pytest.raises(ModelError, match="Expected the encoder of AdaIN"):
        build("adain-stylized", pictures, tmp_path / "out", weights=tmp_path)
    assert not (tmp_path / "out").exists()


def test_any_number_of_processes_writes_the_same_bytes(tmp_path, files_of):
    source = tmp_path / "many"
    for number in range(130):
        (source / f"class-{number % 2}").mkdir(parents=True, exist_ok=True)
        shade = Image.effect_noise((12, 10), number + 1)
        Image.merge("RGB", [shade] * 3).save(source / f"class-{number % 2}" / f"{number}.png")
    build("shuffled", source, tmp_path / "one", level=3)
    told = []
    build(
        "shuffled", source, tmp_path / "other", level=3, workers=2,
        progress=lambda *now: told.append(now[1]),
    )  # fmt: skip
    assert files_of(tmp_path / "one") == files_of(tmp_path / "other")
    assert told == sorted(set(told))
    assert (told[0], told[-1]) == (0, 130)


def test_draws_differ_and_lie_in_folders_of_their_own(pictures, tmp_path, pixels_of):
    out = tmp_path / "out"
    built = build("shuffled", pictures, out, level=4, draws=3)
    assert (built.images, built.made) == (18, 6)
    alone = tmp_path / "alone"
    build("shuffled", pictures, alone, level=4)
    names = [f"{folder}/{number}.png" for folder in ("ape", "bee") for number in range(3)]
    for name in names:
        shown = [pixels_of(out / f"draw-{draw}" / name) for draw in range(3)]
        assert np.array_equal(shown[0], pixels_of(alone / name))
        assert not np.array_equal(shown[0], shown[1])
        assert not np.array_equal(shown[1], shown[2])
    rows = pl.read_parquet(out / "manifest.parquet")
    assert rows["draw"].to_list() == [0, 1, 2] * 6
    assert check(out).wrong == ()


def test_draws_take_one_reading_of_each_source(pictures, tmp_path, monkeypatch):
    from cuelens.builders import image_tree

    read, decode = [], image_tree.decode
    monkeypatch.setattr(
        image_tree, "decode", lambda content, size: read.append(1) or decode(content, size=size)
    )
    build("shuffled", pictures, tmp_path / "out", level=4, draws=3)
    assert len(read) == 6


def test_run_again_makes_nothing(pictures, tmp_path, files_of):
    out = tmp_path / "out"
    first = build("saturated", pictures, out, level=8)
    before = {name: (out / name).stat().st_mtime_ns for name in files_of(out)}
    again = build("saturated", pictures, out, level=8)
    assert (again.images, again.made) == (first.images, 0)
    assert {name: (out / name).stat().st_mtime_ns for name in files_of(out)} == before


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"level": 4}, "condition: 'saturation=8' there, 'saturation=4' now; method: "),
        ({"level": 8, "seed": 1}, "seed: 0 there, 1 now"),
        ({"level": 8, "draws": 2}, "draws: 1 there, 2 now"),
        ({"level": 8, "size": 9}, "size: None there, 9 now"),
        ({"level": 8, "shards": 9}, "shards: None there, 9 now"),
    ],
)
def test_another_build_into_the_same_folder_is_refused(pictures, tmp_path, settings, told):
    out = tmp_path / "out"
    build("saturated", pictures, out, level=8)
    with pytest.raises(RunFolderError) as error:
        build("saturated", pictures, out, **settings)
    assert str(error.value).startswith(
        "`OUT` must be empty or hold an earlier build of the same words from the same source, got "
        f"`{out}` with another one ({told}"
    )
    assert str(error.value).endswith("). Give another folder.")


def test_a_source_that_has_changed_is_another_build(pictures, tmp_path):
    build("saturated", pictures, tmp_path / "out", level=8)
    (pictures / "ape" / "0.png").unlink()
    with pytest.raises(RunFolderError, match=r"with another one \(sources: "):
        build("saturated", pictures, tmp_path / "out", level=8)


def test_a_folder_of_other_files_is_refused(pictures, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").touch()
    with pytest.raises(RunFolderError) as error:
        build("saturated", pictures, out, level=8)
    assert str(error.value) == (
        f"`OUT` must be empty or hold an earlier build of the same words, got `{out}` with other "
        "files. Give another folder."
    )


@pytest.mark.parametrize("out", [".", "inside", "..", "link"])
def test_source_and_output_must_lie_apart(pictures, tmp_path, out):
    (tmp_path / "link").symlink_to(pictures)
    place = tmp_path / "link" / "inside" if out == "link" else pictures / out
    with pytest.raises(ConfigError) as error:
        build("saturated", pictures, place, level=8)
    assert str(error.value) == (
        f"`OUT` must lie outside `SOURCE` and hold none of it, got `{place}` and `{pictures}`. "
        f"Give another output folder, such as `{tmp_path / 'pictures-copy'}`."
    )
    assert not list(pictures.rglob("manifest.parquet"))


def test_a_source_must_be_there_and_hold_images(tmp_path):
    with pytest.raises(MissingDataError) as error:
        build("saturated", tmp_path / "nowhere", tmp_path / "out", level=8)
    assert str(error.value) == (
        f"Expected a folder of images at `{tmp_path / 'nowhere'}`, but there is none. Give a "
        "folder such as FOLDER/CLASS/IMAGE.png or FOLDER/train/CLASS/IMAGE.png."
    )
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingDataError) as error:
        build("saturated", tmp_path / "empty", tmp_path / "out", level=8)
    assert str(error.value) == (
        f"`SOURCE` must hold images, got none in `{tmp_path / 'empty'}`. Give a folder such as "
        "FOLDER/CLASS/IMAGE.png or FOLDER/train/CLASS/IMAGE.png."
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"workers": 0}, "`workers` must be at least 1 process, got 0."),
        ({"draws": 0}, "`draws` must be at least 1, got 0."),
        ({"seed": -1}, "`seed` must be at least 0, got -1."),
        ({"size": 0}, "`size` must be at least 1 pixel, got 0."),
        ({"shards": 0}, "`shards` must hold at least 1 image each, got 0."),
    ],
)
def test_settings_out_of_range_are_refused(pictures, tmp_path, settings, message):
    with pytest.raises(ConfigError) as error:
        build("saturated", pictures, tmp_path / "out", level=8, **settings)
    assert str(error.value) == message


def test_progress_counts_images_and_says_how_fast(pictures, tmp_path):
    told = []
    build("saturated", pictures, tmp_path / "out", level=8, progress=lambda *now: told.append(now))
    assert told[0] == ("build saturation=8", 0, 6, "")
    assert [now[:3] for now in told] == [("build saturation=8", done, 6) for done in range(7)]
    assert all(now[3].endswith(" images/s") for now in told[1:])


def test_progress_moves_within_a_task(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr("cuelens.builders.work._PIXELS_AT_ONCE", 2 * 40 * 30)
    told = []
    build(
        "saturated", pictures, tmp_path / "out", level=8, shards=6,
        progress=lambda *now: told.append(now[1]),
    )  # fmt: skip
    assert told == [0, 2, 4, 6]


@pytest.mark.parametrize("count", [1, 40, 120, 3_200])
def test_tasks_are_small_at_the_end_and_hold_each_item_once(count):
    items = tuple(Item(id=str(row), sources=(), output=f"{row}.png") for row in range(count))
    tasks = tasks_of(items, PngFiles())
    assert tuple(item for task in tasks for item in task.items) == items
    assert [task.number for task in tasks] == list(range(len(tasks)))
    sizes = [len(task.items) for task in tasks]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == min(64, max(1, count // 16))
    assert sizes[-1] == 1


def test_a_task_holds_a_whole_shard():
    items = tuple(Item(id=str(row), sources=(), output=f"{row // 40}.tar") for row in range(100))
    tasks = tasks_of(items, Shards(class_names=()))
    assert [len(task.items) for task in tasks] == [40, 40, 20]


def test_the_readme_says_how_it_was_made(pictures, tmp_path):
    build("saturated", pictures, tmp_path / "out", level=8, size=20, workers=1)
    text = (tmp_path / "out" / "README.md").read_text()
    assert f"cuelens build saturated {pictures} OUT --level 8 --seed 0 --size 20\n" in text
    assert "Zhang & Zhu, 2019, https://arxiv.org/abs/1905.09797, section 4." in text
    assert "6 images. Condition `saturation=8`, draw seed 0." in text
    assert "Nothing: every file of the source has its copy." in text
    assert "Nothing: every image was stored as 8-bit RGB and kept its name." in text
