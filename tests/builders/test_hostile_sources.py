"""Nothing is skipped in silence: every file is made and told of, or named with its reason."""

import struct
import zlib

import numpy as np
import polars as pl
import pytest
from PIL import Image

from cuelens.builders import build, check
from cuelens.builders.output_names import output_names
from cuelens.errors import DataError


def png_header(width: int, height: int) -> bytes:
    """Return a PNG file that claims a size and holds next to nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 100)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


@pytest.fixture
def hostile(pictures):
    ape = pictures / "ape"
    whole = (ape / "0.png").read_bytes()
    (ape / "cut.png").write_bytes(whole[: len(whole) // 2])
    (ape / "empty.jpg").touch()
    (ape / "text.jpg").write_text("no image")
    (ape / "bomb.png").write_bytes(png_header(60_000, 60_000))
    (ape / "notes.txt").touch()
    (ape / "gone.png").symlink_to(ape / "nowhere.png")
    (ape / "loop").symlink_to(ape, target_is_directory=True)
    Image.new("RGB", (1, 1), (10, 200, 30)).save(ape / "tiny.png")
    Image.new("L", (9, 8), 77).save(ape / "grey.png")
    Image.fromarray(np.full((6, 5), 40_000, dtype=np.uint16)).save(ape / "sixteen.png")
    Image.new("RGBA", (7, 7), (0, 0, 0, 0)).save(ape / "clear.png")
    first, second = (Image.new("RGB", (8, 8), (shade, 0, 0)) for shade in (10, 250))
    first.save(ape / "moving.gif", save_all=True, append_images=[second])
    first.save(ape / "same.jpg")
    second.save(ape / "same.png")
    second.save(ape / "SAME.bmp")
    return pictures


CONVERTED = {
    "ape/grey.png": "greyscale converted to RGB",
    "ape/sixteen.png": "16-bit greyscale divided by 65,535",
    "ape/clear.png": "transparent parts laid on white",
    "ape/moving.gif": "first of 2 frames; palette converted to RGB",
    "ape/same.jpg": "called same.jpg.png, since another image has its stem",
    "ape/SAME.bmp": "called SAME.bmp.png, since another image has its stem",
}


def test_every_file_is_made_and_told_of_or_named_with_its_reason(hostile, tmp_path, pixels_of):
    out = tmp_path / "out"
    built = build("clean", hostile, out)
    reasons = {problem.path: problem.reason for problem in built.problems}
    assert reasons.pop("ape/notes.txt").startswith("its name ends in none of .png, ")
    assert reasons.pop("ape/cut.png").startswith("it is damaged (")
    assert reasons == {
        "ape/loop": "it is a link to a folder above it",
        "ape/bomb.png": "it has more than 89,478,485 pixels; resize it if it is no decompression "
        "bomb",
        "ape/empty.jpg": "the file is empty",
        "ape/gone.png": "it cannot be opened (No such file or directory)",
        "ape/text.jpg": "it is no image of a known format",
    }
    rows = pl.read_parquet(out / "manifest.parquet")
    told = rows.filter(pl.col("conversions") != "").select("source", "conversions")
    assert dict(told.iter_rows()) == CONVERTED
    made = rows.filter(pl.col("output").is_not_null())
    assert made["output"].n_unique() == made.height == built.images == 14
    assert built.converted == len(CONVERTED)
    assert pixels_of(out / "ape" / "tiny.png").tolist() == [[[10, 200, 30]]]
    assert pixels_of(out / "ape" / "clear.png").min() == 255
    assert pixels_of(out / "ape" / "same.png")[0, 0, 0] == 250
    text = (out / "README.md").read_text()
    assert "- `ape/empty.jpg`: the file is empty\n" in text
    assert "- 1 of 14: greyscale converted to RGB\n" in text
    assert check(out).wrong == ()


def test_folders_without_an_image_are_named(pictures, tmp_path):
    for name in ("cat", "dog/young"):
        (pictures / name).mkdir(parents=True)
    (pictures / "cat" / "notes.txt").touch()
    (pictures / "cat" / ".hidden.png").touch()
    built = build("clean", pictures, tmp_path / "out")
    notes, *folders = built.problems
    assert notes.path == "cat/notes.txt"
    reason = "it holds no image, so that the copy has no such folder"
    assert [(found.path, found.reason) for found in folders] == [
        ("cat", reason), ("dog/young", reason),
    ]  # fmt: skip
    assert f"- `cat`: {reason}\n" in (tmp_path / "out" / "README.md").read_text()


def test_style_files_that_cannot_be_used_are_named(pictures, tmp_path):
    styles, out = tmp_path / "styles", tmp_path / "out"
    styles.mkdir()
    Image.new("RGB", (40, 40), (200, 30, 60)).save(styles / "whole.png")
    (styles / "cut.jpg").write_bytes((styles / "whole.png").read_bytes()[:30])
    (styles / "notes.txt").touch()
    built = build("recoloured", pictures, out, style=styles)
    assert built.images == 6
    cut, notes = built.problems
    assert (cut.path, notes.path) == ("style cut.jpg", "style notes.txt")
    assert notes.reason.startswith("its name ends in none of .png, ")
    assert f"\n- `style cut.jpg`: {cut.reason}\n" in (out / "README.md").read_text()
    rows = pl.read_parquet(out / "manifest.parquet").filter(pl.col("output").is_null())
    assert rows.select("source", "style").rows() == [(None, "cut.jpg"), (None, "notes.txt")]
    assert check(out).wrong == ()


def test_an_image_that_the_condition_cannot_take_stops_no_other(pictures, tmp_path):
    Image.new("RGB", (3, 3)).save(pictures / "ape" / "tiny.png")
    built = build("shuffled", pictures, tmp_path / "out", level=4)
    assert built.images == 6
    (problem,) = built.problems
    assert problem.path == "ape/tiny.png"
    assert problem.reason == (
        "`patches` must be at most the shorter side of the images, 3 px, got 4. Use fewer patches "
        "or larger images."
    )


def test_where_nothing_can_be_made_the_first_reason_is_told(pictures, tmp_path):
    (pictures / "ape" / "notes.txt").touch()
    with pytest.raises(DataError) as error:
        build("shuffled", pictures, tmp_path / "out", level=31)
    assert str(error.value) == (
        "Expected at least one image that can be made under shuffle=31, got none of 6. The first, "
        "`ape/0.png`: `patches` must be at most the shorter side of the images, 30 px, got 31. Use "
        "fewer patches or larger images."
    )
    assert not (tmp_path / "out").exists()


def test_where_nothing_can_be_made_a_folder_that_was_there_is_left_empty(pictures, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(DataError):
        build("shuffled", pictures, tmp_path / "out", level=31)
    with pytest.raises(DataError):
        build("shuffled", pictures, tmp_path / "shards", level=31, shards=2)
    assert list((tmp_path / "out").iterdir()) == []
    assert not (tmp_path / "shards").exists()


def test_stems_are_kept_and_shared_ones_told_apart():
    paths = ["a/x.jpg", "a/x.jpg.png", "a/x.png", "a/y.gif", "a/y.jpg", "b/x.JPG", "b/y.tar.png"]
    assert [name for name, _ in output_names(paths)] == [
        "a/x.jpg-2.png", "a/x.jpg.png", "a/x.png", "a/y.gif.png", "a/y.jpg.png", "b/x.png",
        "b/y.tar.png",
    ]  # fmt: skip
