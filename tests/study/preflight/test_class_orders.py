"""In which orders outputs may stand: each is a permutation, and the known ones are among them."""

import pytest

from cuelens.study.preflight.class_orders import class_orders

NUMBERS = tuple(str(place) for place in range(12))
WORDNET = ("n01440764_tench", "n01443537_goldfish", "n01484850_white_shark", "n01491361_ant")


@pytest.mark.parametrize("names", [NUMBERS, WORDNET, ("b", "A", "c")])
def test_every_order_is_another_permutation(names):
    orders = class_orders(names)
    found = [tuple(outputs) for outputs in orders.values()]
    assert len(set(found)) == len(found)
    for outputs in found:
        assert sorted(outputs) == list(range(len(names)))
        assert list(outputs) != list(range(len(names)))


def test_numbers_that_were_sorted_as_text():
    outputs = class_orders(NUMBERS)["sorted as text"]
    as_text = sorted(NUMBERS)  # 0, 1, 10, 11, 2, ...
    assert [as_text[output] for output in outputs] == list(NUMBERS)


def test_labels_that_were_sorted_as_text():
    names = tuple(sorted(NUMBERS))
    outputs = class_orders(names)["sorted by the numbers in their names"]
    assert [NUMBERS[output] for output in outputs] == list(names)


def test_one_place_too_high_or_too_low():
    orders = class_orders(("a", "b", "c"))
    assert orders["one place higher"] == (1, 2, 0)
    assert orders["one place lower"] == (2, 0, 1)


def test_wordnet_ids_against_the_words_behind_them():
    outputs = class_orders(WORDNET)["sorted by the words behind their WordNet ids"]
    assert outputs == (2, 1, 3, 0)  # ant, goldfish, tench, white shark


def test_one_class_has_no_order():
    assert class_orders(("only",)) == {}
