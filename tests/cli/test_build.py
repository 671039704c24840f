"""`cuelens build` as a person meets it."""

import re

import pytest
from PIL import Image

from cuelens.evaluation import FAMILIES


def test_build_lists_what_could_not_be_done_and_prints_the_folder_last(
    own_pictures, tmp_path, cuelens
):
    (own_pictures / "test" / "across" / "broken.png").touch()
    Image.new("L", (32, 32)).save(own_pictures / "test" / "across" / "grey.png")
    out = tmp_path / "out"
    done = cuelens("build", "saturated", own_pictures, out, "--level", 8, "--workers", 1)
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        "1 of 77 images were converted: see README.md",
        "1 file could not be done:",
        "  test/across/broken.png: the file is empty",
        "77 images",
        str(out),
    ]
    line = done.err.splitlines()[-1]
    assert re.fullmatch(r"build saturation=8: 78/78 [\d.e+]+ images/s \(\d+ s\)", line)
    checked = cuelens("build", "saturated", own_pictures, out, "--check")
    assert checked.code == 0
    assert checked.out == f"77 images of saturation=8 are as they were built\n{out}\n"
    (out / "train" / "down" / "03.png").write_bytes(b"")
    (out / "train" / "down" / "04.png").unlink()
    wrong = cuelens("build", "saturated", own_pictures, out, "--check")
    assert wrong.code == 1
    assert wrong.out == ""
    altered, missing, told = wrong.err.splitlines()
    assert altered.startswith("Warning: `train/down/03.png` was altered: SHA-256 ")
    assert missing == "Warning: `train/down/04.png` is missing."
    assert told == (
        f"Error: In {out} 2 files are not as they were built. Run the same command without "
        "--check: it makes what is missing or altered again."
    )
    again = cuelens("build", "saturated", own_pictures, out, "--level", 8, "--workers", 1)
    assert again.out.splitlines()[-3:] == [
        "2 files were missing or altered and made again", "77 images", str(out),
    ]  # fmt: skip
    (out / "own.txt").touch()
    wrong = cuelens("build", "saturated", own_pictures, out, "--check")
    extra, told = wrong.err.splitlines()
    assert extra == "Warning: `own.txt` is there and belongs to no image of the manifest."
    assert told == (
        f"Error: In {out} 1 file is not as it was built. What belongs to no image is left alone: "
        "move it away, or let it be."
    )


def test_every_option_reaches_the_build(own_pictures, tmp_path, cuelens):
    words = ["--level", 2, "--seed", 3, "--draws", 2, "--size", 16, "--shards", 20]
    done = cuelens("build", "shuffled", own_pictures, tmp_path / "out", *words, "--workers", 1)
    assert done.code == 0, done.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "README.md", "draw-0", "draw-1", "manifest.parquet",
    ]  # fmt: skip
    assert (tmp_path / "out" / "draw-1" / "train" / "shard-000001.tar").is_file()
    text = (tmp_path / "out" / "README.md").read_text()
    assert f"cuelens build shuffled {own_pictures} OUT --level 2 --seed 3 --draws 2" in text


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("satured", "A", "B"), "got 'satured'. Did you mean 'saturated'?"),
        (("saturated", "A", "B"), "`saturation` must have a level, got none. "),
        (("grey", "A", "B", "--level", 2), "`greyscale` must have no level, got 2. Leave it out."),
        (("grey", "nowhere", "B"), "Expected a folder of images at `nowhere`, but there is none."),
        (("grey", "A", "A/B"), "`OUT` must lie outside `SOURCE` and hold none of it, got `A/B`"),
    ],
)
def test_what_is_wrong_is_said_in_words(words, told, cuelens):
    done = cuelens("build", *words)
    assert done.code == 2
    assert told in done.err


def test_the_preview_is_a_file_of_its_own(own_pictures, tmp_path, cuelens, monkeypatch):
    from cuelens.evaluation import FAMILIES

    few = {name: FAMILIES[name] for name in ("clean", "saturation")}
    monkeypatch.setattr("cuelens.builders.sheet.FAMILIES", few)
    monkeypatch.chdir(tmp_path)
    image = own_pictures / "test" / "across" / "00.png"
    done = cuelens("build", "preview", image)
    assert done.code == 0, done.err
    assert done.out == f"{tmp_path / '00-preview.png'}\n"
    done = cuelens("build", "preview", image, "--out", tmp_path / "sheet.png", "--seed", 1)
    assert (tmp_path / "sheet.png").is_file()


def test_the_help_names_every_condition(cuelens):
    done = cuelens("build", "--help")
    words = done.out.replace(",", " ").split()
    assert all(family.adjective in words for family in FAMILIES.values())
    assert "Less shape: shuffled, patch-rotated, phase-scrambled, quilted" in done.out


def test_the_help_of_an_adjective_lists_the_options(cuelens):
    done = cuelens("build", "saturated", "--help")
    assert done.code == 0
    assert "Example: cuelens build saturated" in done.out
    for option in ("--level", "--style", "--workers", "--shards", "--masks", "--check"):
        assert option in done.out
