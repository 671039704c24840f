"""Names of classes where there are only labels."""

import pytest

from cuelens.datasets.class_names import class_order, read_class_names
from cuelens.errors import DataError, MissingDataError


def test_numbers_are_in_order_of_size_and_texts_sorted():
    assert class_order(["10", "9", "9", "100"]) == ("9", "10", "100")
    assert class_order(["b10", "b9"]) == ("b10", "b9")
    assert class_order(["10", "x", "9"]) == ("10", "9", "x")


def test_a_file_has_a_name_a_line(tmp_path):
    path = tmp_path / "classes.txt"
    path.write_text("  sea cow \n\nape\n")
    assert read_class_names(str(path)) == ("sea cow", "ape")
    path.write_text("ape\nbee\nape\n")
    with pytest.raises(DataError) as error:
        read_class_names(str(path))
    assert str(error.value) == (
        f"`{path}` must hold different class names, one a line, got 'ape' twice."
    )
    with pytest.raises(MissingDataError):
        read_class_names(str(tmp_path / "none.txt"))
