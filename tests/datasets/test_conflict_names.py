import pytest

from cuelens.datasets import ConflictName, conflict_name, read_conflict_name
from cuelens.errors import DataError

CAT_AS_ELEPHANT = ConflictName(
    shape="cat", shape_source="cat7", texture="elephant", texture_source="elephant12"
)


@pytest.mark.parametrize(
    "name",
    [
        "cat7-elephant12.png",
        "cat7-elephant12",
        "cat/cat7-elephant12.webp",
        "cat7-elephant12-108.png",
    ],
)
def test_a_name_tells_both_classes_and_both_sources(name):
    assert read_conflict_name(name) == CAT_AS_ELEPHANT


def test_classes_may_hold_hyphens_underscores_and_digits():
    found = read_conflict_name("t-shirt3-4x4_car10.png", ("t-shirt", "4x4_car", "cat"))
    assert (found.shape, found.shape_source) == ("t-shirt", "t-shirt3")
    assert (found.texture, found.texture_source) == ("4x4_car", "4x4_car10")


def test_known_classes_settle_what_an_angle_would_leave_open():
    assert read_conflict_name("cat7-elephant12-3.png", ("cat", "elephant")) == CAT_AS_ELEPHANT


@pytest.mark.parametrize(
    ("name", "classes", "got"),
    [
        ("cat.png", (), "which is not"),
        ("cat7.png", (), "which is not"),
        ("7-12.png", (), "which is not"),
        ("cat7-dog2.png", ("cat", "bear"), "whose classes are not among bear, cat"),
        (
            "a1-b2-c3.png",
            ("a", "b", "c", "a1-b", "b2-c"),
            "which can be read in several ways: a1 with b2-c3 or a1-b2 with c3",
        ),
    ],
)
def test_other_names_are_refused_in_words(name, classes, got):
    with pytest.raises(DataError) as caught:
        read_conflict_name(name, classes)
    assert str(caught.value) == (
        "The name of a cue-conflict image must be SHAPECLASS<number>-TEXTURECLASS<number>, such "
        f"as cat7-elephant1.png, got {name!r}, {got}. Rename the image."
    )


@pytest.mark.parametrize("shape", ["cat", "n02123045", "traffic-light", "area51", "big_cat"])
@pytest.mark.parametrize("texture", ["dog", "n02504013", "snow-plough"])
def test_a_written_name_is_read_back(shape, texture):
    name = conflict_name(shape, 12, texture, 3)
    read = read_conflict_name(f"{name}.png", (shape, texture))
    assert (read.shape, read.texture) == (shape, texture)
    other = read_conflict_name(conflict_name(shape, 1, texture, 3), (shape, texture))
    assert other.shape_source != read.shape_source
    assert other.texture_source == read.texture_source
