"""The cheapest way through an overlap, against trying all of them."""

import itertools

import numpy as np
import pytest

from cuelens.transforms.boundary_cut import beyond_the_cut


def costs(count: int, length: int, width: int, high: int = 9) -> np.ndarray:
    generator = np.random.Generator(np.random.Philox(key=3))
    return generator.integers(0, high, (count, length, width)).astype(np.float64)


def path_of(beyond: np.ndarray) -> np.ndarray:
    return beyond.argmax(-1)


@pytest.mark.parametrize(("length", "width"), [(1, 3), (2, 2), (5, 3), (6, 4)])
def test_no_way_through_is_cheaper(length, width):
    for cost in costs(20, length, width):
        path = path_of(beyond_the_cut(cost[None]))[0]
        assert (np.abs(np.diff(path)) <= 1).all()
        found = cost[np.arange(length), path].sum()
        ways = itertools.product(range(width), repeat=length)
        whole = [way for way in ways if (np.abs(np.diff(way)) <= 1).all()]
        assert found == min(cost[np.arange(length), way].sum() for way in whole)


def test_all_beyond_the_path_is_beyond():
    beyond = beyond_the_cut(costs(4, 7, 5))
    assert beyond[..., -1].all()
    assert (np.diff(beyond.astype(int), axis=-1) >= 0).all()


def test_an_overlap_of_one_pixel_is_beyond():
    assert beyond_the_cut(costs(2, 4, 1)).all()


def test_a_free_way_is_found_wherever_it_bends():
    cost = np.ones((1, 5, 6))
    way = [2, 3, 4, 4, 3]
    cost[0, np.arange(5), way] = 0
    assert path_of(beyond_the_cut(cost))[0].tolist() == way


def test_overlaps_do_not_know_of_each_other():
    cost = costs(6, 8, 4, high=3)
    whole = beyond_the_cut(cost)
    for row in range(6):
        assert np.array_equal(beyond_the_cut(cost[row : row + 1])[0], whole[row])
