"""Style pictures: built-in ones that never change, and folders whose changes are noticed."""

import pickle
import threading
from pathlib import Path

import pytest
import torch
from PIL import Image

from cuelens.datasets import Problem, ProceduralStyles, StyleFolder, Styles, read_image
from cuelens.datasets.style_patterns import PATTERNS
from cuelens.errors import ConfigError, DataError, MissingDataError

REMEDY = "Give a folder that holds image files; folders within it are searched too."
ENDINGS = ".png, .jpg, .jpeg, .webp, .bmp, .tif, .tiff, .gif, .ppm, .pgm"


@pytest.fixture(params=["procedural", "folder"])
def styles(request, image_folder) -> Styles:
    if request.param == "folder":
        return StyleFolder(folder=str(image_folder))
    return ProceduralStyles(count=6)


def test_every_source_keeps_the_protocol(styles):
    assert isinstance(styles, Styles)
    assert len(styles) == len(styles.ids) == len(set(styles.ids)) == 6
    assert len(styles.fingerprint) == 32
    int(styles.fingerprint, 16)


def test_the_object_is_its_settings(styles):
    again = eval(repr(styles))  # noqa: S307 - the object is the configuration
    assert again == styles
    assert hash(again) == hash(styles)
    assert again.fingerprint == styles.fingerprint


def test_pictures_are_square_colour_pixels_in_range_whatever_the_rows_and_the_size(styles):
    whole = styles.pictures(torch.arange(6), size=40)
    assert whole.shape == (6, 3, 40, 40)
    assert whole.dtype == torch.float32
    assert 0 <= whole.amin() < whole.amax() <= 1
    rows = torch.tensor([4, 0, 4])
    assert torch.equal(styles.pictures(rows, size=40), whole[rows])
    assert styles.pictures(torch.arange(0), size=40).shape == (0, 3, 40, 40)
    assert styles.pictures(torch.tensor([1]), size=1).shape == (1, 3, 1, 1)


def test_it_travels_to_another_process_without_being_opened_again(styles, monkeypatch):
    content = pickle.dumps(styles)
    monkeypatch.setattr("cuelens.datasets.style_folder._opened", None)
    assert pickle.loads(content).ids == styles.ids  # noqa: S301 - written two lines above


@pytest.mark.parametrize(("rows", "got"), [([0, 6], 6), ([-1], -1)])
def test_a_row_that_is_not_there_is_refused(styles, rows, got):
    with pytest.raises(ConfigError) as caught:
        styles.pictures(torch.tensor(rows), size=8)
    assert str(caught.value) == f"`rows` must lie in 0 to 5, got {got}."


def test_a_size_out_of_range_is_refused(styles):
    with pytest.raises(ConfigError) as caught:
        styles.pictures(torch.arange(1), size=0)
    assert str(caught.value) == "`size` must be at least 1 pixel, got 0."


def test_procedural_pictures_show_every_pattern_in_many_colours():
    styles = ProceduralStyles(count=2 * len(PATTERNS))
    assert styles.ids[:2] == ("brick-0", "marbling-1")
    assert styles.ids[len(PATTERNS)] == f"brick-{len(PATTERNS)}"
    pictures = styles.pictures(torch.arange(len(styles)), size=64)
    detail = (pictures[..., 1:] - pictures[..., :-1]).abs().mean((1, 2, 3))
    assert detail.amin() > 0.01  # none is flat
    means = pictures.mean((2, 3))
    apart = torch.cdist(means, means)
    assert apart.fill_diagonal_(1).amin() > 0.01  # no two have one palette
    chroma = pictures.amax(1) - pictures.amin(1)
    assert (chroma.mean((1, 2)) > 0.1).all()  # none is grey


def test_a_procedural_picture_depends_on_its_seed_and_row_alone():
    few, many = ProceduralStyles(count=2), ProceduralStyles(count=40)
    rows = torch.arange(2)
    assert torch.equal(few.pictures(rows, size=32), many.pictures(rows, size=32))
    other = ProceduralStyles(count=2, seed=1)
    assert not torch.equal(few.pictures(rows, size=32), other.pictures(rows, size=32))
    assert len({styles.fingerprint for styles in (few, many, other)}) == 3


def test_a_procedural_picture_is_the_same_at_every_size_up_to_resampling():
    styles = ProceduralStyles(count=len(PATTERNS))
    rows = torch.arange(len(PATTERNS))
    large = styles.pictures(rows, size=256)
    small = styles.pictures(rows, size=32)
    averaged = torch.nn.functional.avg_pool2d(large, 8)
    assert (averaged - small).abs().mean() < 0.03


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"count": 0}, "`count` must be at least 1 picture, got 0."),
        ({"seed": -1}, "`seed` must be at least 0, got -1."),
    ],
)
def test_procedural_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ConfigError) as caught:
        ProceduralStyles(**settings)
    assert str(caught.value) == message


def test_a_folder_is_searched_at_every_depth_and_read_as_data_sets_read(image_folder):
    deep = image_folder / "bee" / "old" / "masters"
    deep.mkdir(parents=True)
    Image.new("L", (30, 20), 90).save(deep / "grey.JPG")
    (image_folder / "again.png").write_bytes((image_folder / "ape" / "0.png").read_bytes())
    styles = StyleFolder(folder=str(image_folder))
    assert styles.ids == (
        "again.png",
        *(f"ape/{number}.png" for number in "012"),
        *(f"bee/{number}.png" for number in "012"),
        "bee/old/masters/grey.JPG",
    )
    assert styles.problems == ()
    pictures = styles.pictures(torch.arange(8), size=24)
    for row, name in enumerate(styles.ids):
        assert torch.equal(pictures[row], read_image(image_folder / name, size=24) / 255)
    assert torch.equal(pictures[0], pictures[1])


def test_what_cannot_be_read_is_listed_and_left_out(image_folder):
    (image_folder / "ape" / "1.png").write_bytes(b"")
    (image_folder / "ape" / "2.png").write_bytes(b"no image")
    (image_folder / "bee" / "words.txt").write_text("words")
    (image_folder / "bee" / ".hidden.png").write_bytes(b"hidden")
    (image_folder / "lost.png").symlink_to(image_folder / "nowhere.png")
    (image_folder / "circle").symlink_to(image_folder, target_is_directory=True)
    styles = StyleFolder(folder=str(image_folder))
    assert styles.ids == ("ape/0.png", "bee/0.png", "bee/1.png", "bee/2.png")
    assert styles.problems == (
        Problem(path="ape/1.png", reason="the file is empty"),
        Problem(path="ape/2.png", reason="it is no image of a known format"),
        Problem(path="bee/words.txt", reason=f"its name ends in none of {ENDINGS}"),
        Problem(path="lost.png", reason="it cannot be opened (No such file or directory)"),
    )


def test_the_fingerprint_follows_what_a_folder_holds_not_where_it_lies(image_folder, tmp_path):
    before = StyleFolder(folder=str(image_folder))
    moved = image_folder.rename(tmp_path / "moved")
    assert StyleFolder(folder=str(moved)).fingerprint == before.fingerprint
    Image.new("RGB", (8, 8), "red").save(moved / "bee" / "1.png")
    after = StyleFolder(folder=str(moved))
    assert after.fingerprint != before.fingerprint
    assert after == StyleFolder(folder=str(moved))


def test_a_folder_is_read_once_as_long_as_it_does_not_change(image_folder, monkeypatch):
    read, lock = [], threading.Lock()
    plain = Path.read_bytes

    def counted(path: Path) -> bytes:
        with lock:
            read.append(path.name)
        return plain(path)

    monkeypatch.setattr(Path, "read_bytes", counted)
    first = StyleFolder(folder=str(image_folder))
    assert len(read) == 6
    assert StyleFolder(folder=str(image_folder)).fingerprint == first.fingerprint
    assert len(read) == 6
    Image.new("RGB", (9, 9)).save(image_folder / "bee" / "3.png")
    assert len(StyleFolder(folder=str(image_folder))) == 7
    assert len(read) == 13


@pytest.mark.parametrize("change", ["altered", "taken away"])
def test_a_file_that_changes_while_in_use_is_an_error(image_folder, change):
    styles = StyleFolder(folder=str(image_folder))
    path = image_folder / "ape" / "2.png"
    if change == "altered":
        Image.new("RGB", (8, 8)).save(path)
    else:
        path.unlink()
    with pytest.raises(DataError) as caught:
        styles.pictures(torch.arange(6), size=8)
    assert str(caught.value) == (
        f"`{path}` must stay as it was when the folder was opened, but it has been changed or "
        "taken away. Open the folder again."
    )
    assert len(styles.pictures(torch.arange(2), size=8)) == 2


def refused(folder: Path, kind: type[Exception]) -> str:
    with pytest.raises(kind) as caught:
        StyleFolder(folder=str(folder))
    assert type(caught.value) is kind
    return str(caught.value)


def test_a_folder_that_is_missing_empty_or_unreadable_is_an_error(tmp_path):
    folder = tmp_path / "styles"
    assert refused(folder, MissingDataError) == (
        f"Expected a folder of style pictures at `{folder}`, but there is none. {REMEDY}"
    )
    (folder / "inner").mkdir(parents=True)
    assert refused(folder, MissingDataError) == (
        f"`{folder}` must hold at least one image that can be read, got none. {REMEDY}"
    )
    for number in range(6):
        (folder / "inner" / f"{number}.png").write_bytes(b"")
    listed = "; ".join(f"inner/{number}.png (the file is empty)" for number in range(5))
    assert refused(folder, DataError) == (
        f"`{folder}` must hold at least one image that can be read, got none. {REMEDY} "
        f"Left out: {listed}; 1 more."
    )
