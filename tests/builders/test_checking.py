"""What was altered, lost or added after a build is found and named."""

import polars as pl
import pytest

from cuelens.builders import build, check
from cuelens.errors import MissingDataError, RecordError


@pytest.fixture
def out(pictures, tmp_path):
    build("saturated", pictures, tmp_path / "out", level=8)
    return tmp_path / "out"


def test_a_build_that_was_left_alone_is_as_it_was(out):
    checked = check(out)
    assert (checked.images, checked.condition, checked.wrong) == (6, "saturation=8", ())


def test_every_change_is_named(out):
    (out / "ape" / "0.png").unlink()
    content = bytearray((out / "bee" / "1.png").read_bytes())
    content[-20] ^= 1
    (out / "bee" / "1.png").write_bytes(content)
    (out / "bee" / "9.png").touch()
    (out / "README.md").write_text("another")
    (out / ".hidden").touch()
    missing, altered, readme, extra = check(out).wrong
    assert missing == "`ape/0.png` is missing"
    assert altered.startswith("`bee/1.png` was altered: SHA-256 ")
    assert readme.startswith("`README.md` was altered: SHA-256 ")
    assert extra == "`bee/9.png` is there and belongs to no image of the manifest"


def test_an_altered_manifest_is_refused(out):
    path = out / "manifest.parquet"
    rows, notes = pl.read_parquet(path), pl.read_parquet_metadata(path)
    rows.with_columns(label=pl.lit("cat")).write_parquet(path, metadata=dict(notes))
    with pytest.raises(RecordError) as error:
        check(out)
    assert str(error.value) == (
        f"`{path}` must have the rows that were written, got others: it was altered since. Build "
        "into a new folder."
    )


@pytest.mark.parametrize("content", [b"", b"PAR1 and no more"])
def test_a_torn_manifest_is_refused(out, content):
    (out / "manifest.parquet").write_bytes(content)
    with pytest.raises(RecordError) as error:
        check(out)
    assert str(error.value).startswith(
        f"`{out / 'manifest.parquet'}` must be the manifest of a build, got a torn file: "
    )


def test_a_folder_without_a_manifest_is_no_finished_build(pictures):
    with pytest.raises(MissingDataError) as error:
        check(pictures)
    assert str(error.value) == (
        f"Expected a finished build in `{pictures}`, got a folder without manifest.parquet. Run "
        "`cuelens build` with the same words again: it goes on where it was."
    )


@pytest.mark.parametrize("settings", [{}, {"draws": 2}, {"shards": 4}, {"shards": 2, "draws": 2}])
def test_the_same_words_make_again_what_is_missing_or_altered(
    pictures, tmp_path, files_of, settings
):
    out = tmp_path / "out"
    build("shuffled", pictures, out, level=2, **settings)
    whole = files_of(out)
    first, *_, last = [name for name in whole if name.endswith((".png", ".tar"))]
    (out / first).unlink()
    (out / last).write_bytes(b"altered")
    (out / "README.md").write_text("another")
    (out / "own.txt").write_text("left alone")
    times = {name: (out / name).stat().st_mtime_ns for name in whole if (out / name).is_file()}
    built = build("shuffled", pictures, out, level=2, **settings)
    assert (built.made, built.mended) == (0, 3)
    assert files_of(out) == {**whole, "own.txt": b"left alone"}
    made = {name for name, time in times.items() if (out / name).stat().st_mtime_ns != time}
    # The other draws of the same images and the small files beside them are made again too.
    expected = (first[6:], last[6:], "README.md", "classes.txt")
    assert all(name.endswith(expected) for name in made)
    assert build("shuffled", pictures, out, level=2, **settings).mended == 0


def test_a_repair_that_is_stopped_is_gone_on_with(out, pictures, files_of, monkeypatch):
    whole = files_of(out)
    (out / "ape" / "0.png").unlink()

    def stopped(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("cuelens.builders.engine.written_readme", stopped)
        with pytest.raises(KeyboardInterrupt):
            build("saturated", pictures, out, level=8)
    (out / "bee" / "1.png").unlink()
    assert build("saturated", pictures, out, level=8).mended == 1
    assert files_of(out) == whole


def test_what_cannot_be_made_again_as_it_was_is_named(out, pictures):
    source = pictures / "ape" / "0.png"
    source.write_bytes(source.read_bytes()[:-20] + bytes(20))
    (out / "ape" / "0.png").unlink()
    with pytest.raises(RecordError) as error:
        build("saturated", pictures, out, level=8)
    assert str(error.value) == (
        f"Expected every file of `{out}` to be made again as it was, but `ape/0.png` is missing. "
        "The source or a library was changed since. Build into a new folder."
    )
