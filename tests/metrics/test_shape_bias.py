import numpy as np
import pytest

from cuelens.metrics import cue_answers, shape_bias
from cuelens.statistics import wilson

SHAPE = np.array([0, 0, 0, 1, 1, 2, 2])
TEXTURE = np.array([1, 1, 2, 0, 1, 2, 0])


def test_answers_are_counted_where_shape_and_texture_differ():
    found = shape_bias(np.array([0, 1, 1, 0, 1, 2, 2]), SHAPE, TEXTURE)
    assert (found.shape, found.texture, found.other, found.congruent) == (2, 2, 1, 2)
    assert (found.bias.value, found.bias.n) == (0.5, 4)
    assert found.bias.low == pytest.approx(wilson(2, 4).low)


def test_a_reader_of_shape_has_bias_one_and_one_of_texture_zero():
    assert shape_bias(SHAPE, SHAPE, TEXTURE).bias.value == 1.0
    assert shape_bias(TEXTURE, SHAPE, TEXTURE).bias.value == 0.0


def test_a_coin_between_the_cues_has_bias_one_half_within_its_interval():
    rng = np.random.default_rng(0)
    shape = rng.integers(0, 10, 2000)
    texture = (shape + rng.integers(1, 10, 2000)) % 10
    bias = shape_bias(np.where(rng.random(2000) < 0.5, shape, texture), shape, texture).bias
    assert bias.low < 0.5 < bias.high
    assert bias.n == 2000


def test_a_network_that_answers_no_number_follows_neither_cue():
    found = shape_bias(np.full(7, -1), SHAPE, TEXTURE)
    assert (found.shape, found.texture, found.other, found.bias) == (0, 0, 5, None)


def test_masks_mark_each_image():
    answers = cue_answers(np.array([0, 1, 1, 0, 1, 2, 2]), SHAPE, TEXTURE)
    assert answers.differs.tolist() == [True, True, True, True, False, False, True]
    assert answers.follows_shape.tolist() == [1, 0, 0, 0, 0, 0, 1]
    assert answers.follows_either.tolist() == [1, 1, 0, 1, 0, 0, 1]
