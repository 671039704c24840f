"""Tables of paths and labels."""

import polars as pl
import pytest

from cuelens.datasets import Framing, Problem, read_listing
from cuelens.datasets.image_table import image_table
from cuelens.errors import DataError, MissingDataError

fsspec = pytest.importorskip("fsspec")

ROWS = {
    "path": ["ape/0.png", "bee/0.png", "bee/1.png", "bee/1.png", "ape/1.png", ""],
    "label": ["ape", "bee", "bee", "ape", "", "ape"],
    "split": ["test", "train", "test", "test", "test", "test"],
}


def table(folder, name: str = "list.csv", **columns: list):
    frame = pl.DataFrame(columns or ROWS)
    path = folder / name
    if path.suffix == ".parquet":
        frame.write_parquet(path)
    else:
        frame.write_csv(path, separator="\t" if path.suffix == ".tsv" else ",")
    return path


@pytest.mark.parametrize("name", ["list.csv", "list.tsv", "list.parquet"])
def test_rows_are_images_and_what_is_no_row_is_told_of(image_folder, name):
    path = table(image_folder, name)
    found = image_table(str(path))
    assert found.recognised == f"images listed in `{path}` (columns path and label)"
    assert found.name == "list"
    assert list(found.ids) == ["ape/0.png", "bee/0.png", "bee/1.png"]
    assert found.class_names == ("ape", "bee")
    assert found.labels.tolist() == [0, 1, 1]
    assert found.problems == (
        Problem(path="bee/1.png", reason="row 4 names it again"),
        Problem(path="ape/1.png", reason="it has no label"),
        Problem(path="row 6", reason="it has no path"),
    )
    assert len(read_listing(found, framing=Framing(size=24))) == 3


def test_one_split_can_be_asked_for(image_folder):
    found = image_table(str(table(image_folder)), split="test")
    assert list(found.ids) == ["ape/0.png", "bee/1.png"]


def test_files_that_are_not_there_are_left_out(image_folder):
    path = table(image_folder, path=["ape/0.png", "bee/7.png"], label=["a", "b"])
    images = read_listing(image_table(str(path)), framing=Framing(size=24))
    assert images.ids == ("ape/0.png",)
    assert images.problems == (
        Problem(path="bee/7.png", reason="it cannot be opened (No such file or directory)"),
    )


def test_whole_numbers_are_classes_in_their_order(image_folder):
    paths = ["ape/0.png", "ape/1.png", "bee/0.png"]
    for name in ("list.csv", "list.parquet"):
        found = image_table(str(table(image_folder, name, file=paths, target=[10, 9, 10])))
        assert found.class_names == ("9", "10")
        assert found.labels.tolist() == [1, 0, 1]


def test_a_file_names_the_classes_of_numbers(image_folder):
    names = image_folder / "names.txt"
    names.write_text("ape\nbee\nsea cow\n")
    paths = ["ape/0.png", "ape/1.png", "bee/0.png", "bee/1.png"]
    path = table(image_folder, path=paths, label=["0", "2", "bee", "3"])
    found = image_table(str(path), classes=str(names))
    assert found.class_names == ("ape", "bee", "sea cow")
    assert found.labels.tolist() == [0, 2, 1]
    assert found.problems == (
        Problem(path="bee/1.png", reason="its label 3 is none of the classes"),
    )


def test_texts_stay_as_they_are(image_folder):
    path = table(image_folder, path=["ape/0.png", "ape/1.png"], label=["007", "1e3"])
    assert image_table(str(path)).class_names == ("007", "1e3")


def test_a_table_elsewhere_has_its_images_beside_it(image_folder):
    table(image_folder)
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.put(str(image_folder), "/table", recursive=True)
    images = read_listing(image_table("memory://table/list.csv"), framing=Framing(size=24))
    assert len(images) == 3


def test_columns_can_be_named(image_folder):
    path = table(image_folder, a=["ape/0.png", "bee/0.png"], b=["x", "y"])
    assert image_table(str(path), path="a", label="b").class_names == ("x", "y")
    with pytest.raises(DataError) as error:
        image_table(str(path), path="a", label="c")
    assert str(error.value) == f"`{path}` must have the column 'c', got a, b. Name one of these."
    with pytest.raises(DataError) as error:
        image_table(str(path), path="a")
    assert str(error.value) == (
        f"`{path}` must have a column of labels called one of label, class, class_name, target, "
        f"category, got a, b. Name it: `csv:{path}?label=COLUMN`."
    )


def test_what_is_no_table_is_an_error(tmp_path):
    with pytest.raises(MissingDataError) as error:
        image_table(str(tmp_path / "none.csv"))
    assert str(error.value) == (
        f"Expected a table of images at `{tmp_path / 'none.csv'}`, but there is no such file. "
        "Correct `--data`."
    )
    path = tmp_path / "torn.parquet"
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match="must be a CSV file with a header, or a Parquet file"):
        image_table(str(path))
    (tmp_path / "empty.csv").write_text("path,label\n")
    with pytest.raises(DataError, match="must name images with labels, got none"):
        image_table(str(tmp_path / "empty.csv"))
