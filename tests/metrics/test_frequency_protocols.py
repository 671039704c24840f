"""Fourier heat maps and critical bands find what was planted."""

import numpy as np
import pytest

from cuelens.errors import ConfigError, RangeError
from cuelens.metrics import critical_band, fourier_heat_map, noise_thresholds
from cuelens.waves import fourier_basis, wave

CENTRES = np.array([1.75, 3.5, 7, 14, 28, 56, 112])
DEVIATIONS = np.array([0.02, 0.04, 0.08, 0.16])


@pytest.mark.parametrize(("height", "width"), [(1, 1), (4, 4), (5, 6), (8, 7)])
def test_a_heat_map_is_the_fourier_plane_with_the_mean_in_its_middle(height, width):
    basis = fourier_basis(height, width)
    rates = np.arange(len(basis)) / len(basis)
    found = fourier_heat_map(rates, basis, height=height, width=width)
    assert not np.isnan(found).any()
    for rate, (row, column) in zip(rates, basis, strict=True):
        power = np.abs(np.fft.fftshift(np.fft.fft2(wave(height, width, row, column))))
        assert (found[power > 1e-9] == rate).all()


def test_what_was_not_measured_is_not_a_number():
    found = fourier_heat_map(np.array([0.2, 0.7]), [(0, 0), (1, -2)], height=6, width=6)
    assert found[3, 3] == 0.2
    assert found[4, 1] == found[2, 5] == 0.7
    assert int(np.isnan(found).sum()) == 33


def test_a_wave_that_comes_twice_is_refused():
    with pytest.raises(ConfigError) as caught:
        fourier_heat_map(np.array([0.2, 0.7]), [(1, 2), (-1, -2)], height=6, width=6)
    assert str(caught.value) == (
        "`frequencies` must name each wave once, got (-1, -2) or its like at 6 x 6 px again."
    )


def test_rates_of_other_waves_are_refused():
    with pytest.raises(ConfigError) as caught:
        fourier_heat_map(np.array([0.2]), [(0, 0), (1, 2)], height=6, width=6)
    assert str(caught.value) == "`rates` must have one entry a frequency, expected 2, got 1."


def planted_thresholds(height: float, centre: float, octaves: float) -> np.ndarray:
    """Thresholds, of which the doublings below .16 are a Gaussian on a logarithmic scale."""
    apart = np.log2(CENTRES / centre) / octaves
    return 0.16 / 2 ** (height * 2 ** -((2 * apart) ** 2))


@pytest.mark.parametrize("height", [1.0, 2.5])
@pytest.mark.parametrize("centre", [5.0, 20.0, 60.0])
@pytest.mark.parametrize("octaves", [1.5, 3.0, 6.0])
def test_a_planted_band_is_found(height, centre, octaves):
    band = critical_band(planted_thresholds(height, centre, octaves), CENTRES, strongest=0.16)
    assert band.centre == pytest.approx(centre, rel=1e-4)
    assert band.octaves == pytest.approx(octaves, rel=1e-4)
    assert band.sensitivity == pytest.approx(2**height / 0.16, rel=1e-4)
    assert band.residual < 1e-5


def test_a_planted_observer_is_read_from_its_answers():
    """An observer that needs noise of its threshold in an octave to fall to one half."""
    rng = np.random.Generator(np.random.Philox(key=5))
    thresholds = planted_thresholds(2.0, 16.0, 3.0)
    distance = np.log2(DEVIATIONS[None, :] / thresholds[:, None])
    chance_right = 1 / 16 + (0.95 - 1 / 16) / (1 + np.exp(2 * (distance + 0.0205)))
    answers = rng.random((2000, 7, 4)) < chance_right
    found = noise_thresholds(answers.mean(0), DEVIATIONS)
    band = critical_band(found, CENTRES, strongest=0.16)
    assert band.centre == pytest.approx(16, rel=0.1)
    assert band.octaves == pytest.approx(3, rel=0.15)
    assert band.sensitivity == pytest.approx(25, rel=0.15)


def test_thresholds_lie_between_the_levels_where_accuracy_falls():
    accuracies = np.array([[0.9, 0.75, 0.25, 0.1], [0.9, 0.5, 0.4, 0.2], [0.6, 0.4, 0.55, 0.1]])
    found = noise_thresholds(accuracies, DEVIATIONS)
    np.testing.assert_allclose(found[:2], [np.sqrt(0.04 * 0.08), 0.04])
    assert 0.08 < found[2] < 0.16  # where accuracy last falls to one half


def test_thresholds_beyond_what_was_tried_are_held_at_its_ends():
    accuracies = np.array([[0.9, 0.9, 0.8, 0.7], [0.4, 0.3, 0.2, 0.1]])
    assert noise_thresholds(accuracies, DEVIATIONS).tolist() == [0.16, 0.02]


def test_without_harm_there_is_no_band():
    assert critical_band(np.full(7, 0.16), CENTRES, strongest=0.16) is None


def test_too_few_octaves_are_refused():
    with pytest.raises(ConfigError) as caught:
        critical_band(np.ones(3), CENTRES[:3], strongest=1)
    assert str(caught.value) == (
        "`thresholds` and `centres` must have one entry an octave and at least 4, since three "
        "numbers are fitted, got 3 and 3."
    )


@pytest.mark.parametrize("deviations", [[0.1, 0.1], [0.2, 0.1], [0.0, 0.1], []])
def test_deviations_that_do_not_rise_are_refused(deviations):
    with pytest.raises(RangeError) as caught:
        noise_thresholds(np.ones((2, len(deviations))), np.array(deviations))
    assert str(caught.value) == f"`deviations` must be positive and rise, got {deviations}."


def test_a_criterion_out_of_range_is_refused():
    with pytest.raises(RangeError) as caught:
        noise_thresholds(np.ones((2, 4)), DEVIATIONS, criterion=1)
    assert str(caught.value) == "`criterion` must lie between 0 and 1, got 1."
