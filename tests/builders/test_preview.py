"""One sheet: a row a family, a column a usual level."""

import numpy as np
import pytest
from PIL import Image

from cuelens.builders import preview
from cuelens.errors import DataError, MissingDataError
from cuelens.evaluation import FAMILIES

STEP = 176 + 22 + 12


@pytest.fixture
def few_families(monkeypatch):
    """Let the sheet show few families."""
    names = ("clean", "saturation", "shuffle", "silhouette", "greyscale")
    monkeypatch.setattr("cuelens.builders.sheet.FAMILIES", {name: FAMILIES[name] for name in names})


@pytest.fixture
def flat(tmp_path):
    """Return a picture of 40 px with one dark red half."""
    pixels = np.full((40, 40, 3), 40, dtype=np.uint8)
    pixels[:, 20:, 0] = 100
    Image.fromarray(pixels).save(tmp_path / "flat.png")
    return tmp_path / "flat.png"


def tile(sheet, row, column):
    top, left = 24 + 28 + row * STEP, 24 + 250 + column * (176 + 12)
    return np.asarray(sheet)[top : top + 176, left : left + 176]


def test_the_sheet_has_a_row_a_family_and_a_column_a_level(few_families, flat, tmp_path):
    assert preview(flat, tmp_path / "sheet.png") == tmp_path / "sheet.png"
    sheet = Image.open(tmp_path / "sheet.png")
    assert sheet.size == (2 * 24 + 250 + 6 * (176 + 12), 2 * 24 + 28 + 5 * STEP)
    clean = tile(sheet, 0, 0)
    assert clean[5, 5].tolist() == [40, 40, 40]
    assert clean[5, 170].tolist() == [100, 40, 40]
    assert (tile(sheet, 0, 1) == 255).all()
    assert tile(sheet, 1, 5)[5, 5].max() < 5  # saturation at its highest level
    assert (tile(sheet, 2, 2) != 255).any()
    assert (tile(sheet, 2, 3) == 255).all()
    grey = tile(sheet, 4, 0)
    assert (grey[..., 0] == grey[..., 2]).all()


def test_what_cannot_be_shown_says_why(few_families, tmp_path):
    Image.new("RGB", (3, 3)).save(tmp_path / "tiny.png")
    preview(tmp_path / "tiny.png", tmp_path / "sheet.png")
    sheet = Image.open(tmp_path / "sheet.png")
    for row, column in ((2, 1), (3, 0)):
        shown = tile(sheet, row, column)
        assert shown[-5, -5].tolist() == [241, 241, 241]
        assert (shown < 200).any()


def test_another_seed_draws_another_sheet_and_the_same_the_same(few_families, image, tmp_path):
    sheets = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        preview(image, tmp_path / name, seed=seed)
        sheets.append((tmp_path / name).read_bytes())
    assert sheets[0] == sheets[1] != sheets[2]


@pytest.fixture
def image(pictures):
    return pictures / "ape" / "0.png"


def test_every_family_is_shown(image, tmp_path):
    told = []
    preview(image, tmp_path / "sheet.png", progress=lambda *now: told.append(now[3]))
    assert told == [*(name for name, family in FAMILIES.items() if not family.needs), ""]


def test_a_file_that_is_no_image_is_refused(tmp_path):
    with pytest.raises(MissingDataError) as error:
        preview(tmp_path / "cat.png", tmp_path / "sheet.png")
    assert str(error.value) == (
        f"Expected an image at `{tmp_path / 'cat.png'}`, but no such file exists."
    )
    (tmp_path / "cat.png").touch()
    with pytest.raises(DataError) as error:
        preview(tmp_path / "cat.png", tmp_path / "sheet.png")
    assert str(error.value) == (
        f"`{tmp_path / 'cat.png'}` must be an image that can be read, but the file is empty. Give "
        "another file."
    )
