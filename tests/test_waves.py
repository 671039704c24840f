"""Single waves: of norm 1, orthogonal, one frequency each; the list has every wave once."""

import math

import numpy as np
import pytest

from cuelens.waves import fourier_basis, wave

SIZES = ((1, 1), (1, 6), (2, 2), (5, 7), (6, 5), (8, 8), (8, 12))
every_size = pytest.mark.parametrize(("height", "width"), SIZES)


@every_size
def test_waves_have_norm_one_and_are_orthogonal(height, width):
    waves = np.array([wave(height, width, *each).ravel() for each in fourier_basis(height, width)])
    np.testing.assert_allclose(waves @ waves.T, np.eye(len(waves)), rtol=0, atol=1e-14)


@every_size
def test_the_list_has_every_frequency_or_its_opposite_once(height, width):
    basis = fourier_basis(height, width)
    own = {
        (row, column) for row, column in basis if (2 * row % height, 2 * column % width) == (0, 0)
    }
    assert len(basis) == (height * width + len(own)) // 2
    assert len(own) == (2 if height % 2 == 0 else 1) * (2 if width % 2 == 0 else 1)
    covered = {
        (row * sign % height, column * sign % width) for row, column in basis for sign in (1, -1)
    }
    assert len(covered) == height * width
    assert (0, 0) in basis


@every_size
def test_a_wave_is_one_frequency_and_its_opposite(height, width):
    for row, column in fourier_basis(height, width):
        transformed = np.fft.fft2(wave(height, width, row, column))
        places = {(row % height, column % width), (-row % height, -column % width)}
        expected = np.zeros((height, width))
        for place in places:
            expected[place] = math.sqrt(height * width / len(places))
        np.testing.assert_allclose(transformed, expected, rtol=0, atol=1e-12)


def test_opposites_and_what_sampling_cannot_tell_apart_are_the_same_wave():
    np.testing.assert_allclose(wave(8, 8, -3, 2), wave(8, 8, 3, -2), rtol=0, atol=1e-15)
    assert np.array_equal(wave(8, 8, 3, 2), wave(8, 8, 11, -6))


def test_many_cycles_are_as_exact_as_few():
    assert np.array_equal(wave(224, 224, 100_000_003, 7), wave(224, 224, 100_000_003 % 224, 7))


def test_a_wave_cannot_be_changed_for_others():
    with pytest.raises(ValueError, match="read-only"):
        wave(4, 4, 1, 0)[0, 0] = 3
