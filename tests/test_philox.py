"""Many generators at once are, word for word, NumPy's one at a time."""

import numpy as np
import pytest

from cuelens.philox import philox_words


def keys_of(numbers: list[int]) -> np.ndarray:
    words = [[number % 2**64, number >> 64] for number in numbers]
    return np.array(words, dtype=np.uint64).reshape(-1, 2)


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 16, 64, 257])
def test_the_words_are_those_of_numpys_generator(count):
    draw = np.random.Generator(np.random.Philox(key=1))
    numbers = [0, 1, 2**64, 2**64 - 1, 2**128 - 1]  # what carries do most to
    numbers += [int.from_bytes(draw.bytes(16), "little") for _ in range(95)]
    found = philox_words(keys_of(numbers), count)
    expected = [np.random.Philox(key=number).random_raw(count) for number in numbers]
    assert found.dtype == np.uint64
    assert np.array_equal(found, np.array(expected))


def test_many_keys_are_worked_on_in_blocks():
    keys = keys_of(list(range(5000)))
    whole = philox_words(keys, 64)
    parts = [philox_words(keys[start : start + 7], 64) for start in (0, 1022, 1023, 1024, 4993)]
    for start, part in zip((0, 1022, 1023, 1024, 4993), parts, strict=True):
        assert np.array_equal(part, whole[start : start + 7])


def test_no_keys_have_no_words():
    assert philox_words(keys_of([]), 4).shape == (0, 4)


def test_the_keys_are_left_as_they_were():
    keys = keys_of([5, 2**100])
    before = keys.copy()
    philox_words(keys, 9)
    assert np.array_equal(keys, before)
