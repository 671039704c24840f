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
