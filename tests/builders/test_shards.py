"""WebDataset shards: what its own reader makes of them, and the same bytes every time."""

import io
import subprocess
import sys
import tarfile

import numpy as np
import polars as pl
import pytest
from PIL import Image

from cuelens.builders import build, check


def read(path):
    """Return each member's name, header and content."""
    with tarfile.open(path) as archive:
        return [(member, archive.extractfile(member).read()) for member in archive.getmembers()]


def test_a_shard_holds_images_and_classes_in_order(split_pictures, tmp_path, pixels_of):
    out, plain = tmp_path / "out", tmp_path / "plain"
    build("shuffled", split_pictures, out, level=2, shards=4)
    build("shuffled", split_pictures, plain, level=2)
    members = read(out / "train" / "shard-000000.tar") + read(out / "train" / "shard-000001.tar")
    names = [member.name for member, _ in members]
    keys = [f"{name}/{number}" for name in ("ape", "bee") for number in range(3)]
    assert names == [f"{key}.{ending}" for key in keys for ending in ("png", "cls")]
    for place, key in enumerate(keys):
        image, label = members[2 * place][1], members[2 * place + 1][1]
        shown = np.asarray(Image.open(io.BytesIO(image)))
        assert np.array_equal(shown, pixels_of(plain / "train" / f"{key}.png"))
        assert label == str(place // 3).encode()
    assert {(member.mtime, member.uid, member.gid, member.uname) for member, _ in members} == {
        (0, 0, 0, "")
    }
    assert (out / "classes.txt").read_text() == "ape\nbee\n"
    assert sorted(path.name for path in (out / "val").iterdir()) == ["shard-000000.tar"]
    rows = pl.read_parquet(out / "manifest.parquet")
    assert rows.row(4, named=True)["output"] == "train/shard-000001.tar"
    assert rows.row(4, named=True)["entry"] == "bee/1"
    assert check(out).wrong == ()


def test_an_altered_shard_is_found(pictures, tmp_path):
    build("saturated", pictures, tmp_path / "out", level=8, shards=4)
    path = tmp_path / "out" / "shard-000001.tar"
    path.write_bytes(path.read_bytes()[:-512])
    (wrong,) = check(tmp_path / "out").wrong
    assert wrong.startswith("`shard-000001.tar` was altered: SHA-256 ")


def test_keys_have_no_dots_and_differ(tmp_path, pictures):
    for name in ("0.5", "0_5"):
        (pictures / "ape" / f"{name}.png").write_bytes((pictures / "ape" / "0.png").read_bytes())
    build("clean", pictures, tmp_path / "out", shards=100)
    names = [member.name for member, _ in read(tmp_path / "out" / "shard-000000.tar")]
    assert names[:8:2] == ["ape/0_5.png", "ape/0.png", "ape/0_5_2.png", "ape/1.png"]


READER = """
import sys, warnings
import numpy, webdataset
warnings.simplefilter("ignore")
shards = webdataset.WebDataset(sys.argv[1], shardshuffle=False)
for key, image, label in shards.decode("rgb8").to_tuple("__key__", "png", "cls"):
    print(key, label, image.shape, int(image.astype(numpy.int64).sum()))
"""


def test_the_webdataset_package_reads_them(split_pictures, tmp_path, pixels_of):
    pytest.importorskip("webdataset")
    out, plain = tmp_path / "out", tmp_path / "plain"
    build("saturated", split_pictures, out, level=8, shards=4)
    build("saturated", split_pictures, plain, level=8)
    shards = str(out / "train" / "shard-{000000..000001}.tar")
    # In a process of its own: the package leaves files open.
    done = subprocess.run(
        [sys.executable, "-c", READER, shards], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    expected = []
    for label, name in enumerate(("ape", "bee")):
        for number in range(3):
            pixels = pixels_of(plain / "train" / name / f"{number}.png")
            total = int(pixels.astype(np.int64).sum())
            expected.append(f"{name}/{number} {label} (30, 40, 3) {total}")
    assert done.stdout.splitlines() == expected
