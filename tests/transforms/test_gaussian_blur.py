"""Gaussian blur against SciPy's and against the Gaussian."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.transforms import GaussianBlur
from cuelens.transforms.gaussian_blur import gaussian_weights

ONE = Chance(0, ("a",))


@pytest.mark.parametrize("deviation", [0.3, 0.5, 1, 2.2, 9])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 9), (18, 20)])
def test_blur_is_that_of_scipy(deviation, height, width):
    generator = np.random.Generator(np.random.Philox(key=1))
    images = generator.random((2, 3, height, width))
    chance = Chance(0, ("a", "b"))
    expected = ndimage.gaussian_filter(images, (0, 0, deviation, deviation), mode="reflect")
    out = GaussianBlur(deviation=deviation)(torch.from_numpy(images), chance=chance)
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-14)
    single = GaussianBlur(deviation=deviation)(torch.from_numpy(images).float(), chance=chance)
    np.testing.assert_allclose(single, expected, rtol=0, atol=5e-7)


def test_a_bright_pixel_becomes_the_gaussian():
    image = torch.zeros(1, 1, 41, 41, dtype=torch.float64)
    image[..., 20, 20] = 1
    out = GaussianBlur(deviation=3)(image, chance=ONE)
    places = torch.arange(-20, 21, dtype=torch.float64)
    squared = places.square()[:, None] + places.square()
    density = (-squared / 18).exp() / (18 * math.pi)
    torch.testing.assert_close(out[0, 0, 8:33, 8:33], density[8:33, 8:33], rtol=2e-4, atol=0)
    assert float(out.sum()) == pytest.approx(1, abs=1e-12)
    assert not out[0, 0, :8].any()  # four deviations away


def test_a_wave_keeps_its_form_and_loses_what_the_gaussian_says():
    places = torch.arange(64, dtype=torch.float64) + 0.5  # so that the mirror image goes on
    wave = 0.5 + 0.4 * torch.cos(math.pi * 6 * places / 64).expand(1, 1, 64, 64)
    out = GaussianBlur(deviation=2)(wave, chance=ONE)
    kept = math.exp(-0.5 * (2 * math.pi * 6 / 64) ** 2)
    torch.testing.assert_close(out - 0.5, (wave - 0.5) * kept, rtol=0, atol=1e-4)


def test_two_blurs_are_one_of_the_summed_variance(images, chance):
    pixels = images.double()
    twice = GaussianBlur(deviation=1.6)(
        GaussianBlur(deviation=1.2)(pixels, chance=chance), chance=chance
    )
    once = GaussianBlur(deviation=2)(pixels, chance=chance)
    torch.testing.assert_close(twice, once, rtol=0, atol=2e-3)


def test_the_mean_is_kept_where_nothing_crosses_the_border(images, chance):
    out = GaussianBlur(deviation=1.5)(images.double(), chance=chance)
    torch.testing.assert_close(out.mean((2, 3)), images.double().mean((2, 3)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("deviation", [0.1, 0.5, 1, 7.3])
def test_weights_sum_to_one_and_end_at_four_deviations(deviation):
    weights = gaussian_weights(deviation)
    assert weights[0] + 2 * sum(weights[1:]) == pytest.approx(1, abs=1e-15)
    assert len(weights) == 1 + int(4 * deviation + 0.5)


@pytest.mark.parametrize("deviation", [-1, math.inf, math.nan])
def test_a_deviation_out_of_range_is_refused(deviation):
    with pytest.raises(ConfigError) as caught:
        GaussianBlur(deviation=deviation)
    assert str(caught.value) == (
        "`deviation` must be a finite number of at least 0 pixels (0 changes nothing), "
        f"got {deviation:g}."
    )
