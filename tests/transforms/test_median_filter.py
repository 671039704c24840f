"""Medians against SciPy's, and the networks that find them against sorting."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.transforms import MedianFilter
from cuelens.transforms.median_network import evaluate, merging, selecting, sorting


def numbers(count: int) -> np.ndarray:
    """Rows of many ties, and rows of none."""
    generator = np.random.Generator(np.random.Philox(key=count))
    ties = generator.integers(0, 3, (count, 40)).astype(np.float64)
    return np.concatenate([ties, generator.random((count, 40))], 1)


@pytest.mark.parametrize("radius", [1, 2, 3, 4, 7, 16])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 9), (11, 8)])
def test_medians_are_those_of_scipy(radius, height, width):
    generator = np.random.Generator(np.random.Philox(key=radius))
    images = generator.random((2, 3, height, width), dtype=np.float32)
    out = MedianFilter(radius=radius)(torch.from_numpy(images), chance=Chance(0, ("a", "b")))
    size = 2 * radius + 1
    expected = ndimage.median_filter(images, size=(1, 1, size, size), mode="reflect")
    assert np.array_equal(out.numpy(), expected)


def test_details_smaller_than_half_the_window_go_and_steps_stay():
    image = torch.zeros(1, 1, 20, 20)
    image[..., 10:] = 1
    dotted = image.clone()
    dotted[..., 3:5, 3:5] = 1  # 4 of 9 pixels
    dotted[..., 15, :8] = 1  # a line: 3 of 9
    one = Chance(0, ("a",))
    assert torch.equal(MedianFilter(radius=1)(image, chance=one), image)
    assert torch.equal(MedianFilter(radius=1)(dotted, chance=one), image)


def test_a_median_of_a_rising_function_is_the_function_of_the_median(images, chance):
    squared = MedianFilter(radius=2)(images**2, chance=chance)
    assert torch.equal(squared, MedianFilter(radius=2)(images, chance=chance) ** 2)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 33])
def test_a_network_sorts(count):
    rows = numbers(count)
    out = evaluate(sorting(count), [row[None] for row in rows])
    assert np.array_equal(np.concatenate(out), np.sort(rows, 0))


@pytest.mark.parametrize(("first", "second"), [(1, 1), (3, 6), (10, 10), (1, 12), (7, 14)])
def test_a_network_merges_and_gives_the_ranks_that_are_asked_for(first, second):
    rows = numbers(first + second)
    lists = [np.sort(rows[:first], 0), np.sort(rows[first:], 0)]
    wires = [row[None] for row in np.concatenate(lists)]
    expected = np.sort(rows, 0)
    assert np.array_equal(np.concatenate(evaluate(merging(first, second), wires)), expected)
    network = merging(first, second, range(1, first + second - 1, 2))
    found = [*evaluate(network, wires)]
    assert all(
        np.array_equal(row[0], rank)
        for row, rank in zip(found, expected[1 : first + second - 1 : 2], strict=True)
    )
    assert len(network.steps) <= len(merging(first, second).steps)


@pytest.mark.parametrize(("first", "second"), [(1, 2), (3, 6), (5, 6), (6, 1), (0, 7), (21, 22)])
def test_a_network_selects_the_median_of_two_lists(first, second):
    rows = numbers(first + second)
    lists = [np.sort(rows[:first], 0), np.sort(rows[first:], 0)]
    wires = [row[None] for row in np.concatenate(lists)]
    (found,) = evaluate(selecting(first, second), wires)
    assert np.array_equal(found[0], np.median(rows, 0))


def test_what_goes_into_a_network_stays_as_it_is():
    rows = numbers(5)
    before = rows.copy()
    evaluate(sorting(5), [row[None] for row in rows])
    assert np.array_equal(rows, before)


def test_the_median_of_nine_takes_22_steps_a_pixel():
    """Sorting the nine numbers of each window would take 50 or more."""
    networks = (sorting(3), merging(3, 3, range(1, 5)), selecting(3, 4))
    assert sum(len(network.steps) for network in networks) == 22


@pytest.mark.parametrize("radius", [-1, 17])
def test_a_radius_out_of_range_is_refused(radius):
    with pytest.raises(ConfigError) as caught:
        MedianFilter(radius=radius)
    assert str(caught.value) == (
        f"`radius` must be from 0 (changes nothing) to 16 pixels, got {radius}."
    )
