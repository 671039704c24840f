"""Bilateral filter and non-local means against their definitions, pixel by pixel in float64."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.transforms import BilateralFilter, NonLocalMeans

ONE = Chance(0, ("a",))


def defined(image: np.ndarray, search: int, patch: int, weigh) -> np.ndarray:
    """Return each pixel's weighted mean; `weigh(d, r)` of the distances in looks and in place."""
    border = search + patch
    padded = np.pad(image, ((0, 0), (border, border), (border, border)), mode="symmetric")

    def patch_at(row: int, column: int) -> np.ndarray:
        return padded[:, row - patch : row + patch + 1, column - patch : column + patch + 1]

    out = np.empty_like(image)
    for row, column in np.ndindex(*image.shape[1:]):
        here = patch_at(row + border, column + border)
        total, weights = 0.0, 0.0
        for down, across in np.ndindex(2 * search + 1, 2 * search + 1):
            there = patch_at(row + patch + down, column + patch + across)
            apart = math.hypot(down - search, across - search)
            weight = weigh(math.sqrt(((there - here) ** 2).mean()), apart)
            total = total + weight * there[:, patch, patch]
            weights += weight
        out[:, row, column] = total / weights
    return out


def random_image(channels: int, height: int, width: int) -> np.ndarray:
    generator = np.random.Generator(np.random.Philox(key=height))
    return generator.random((channels, height, width))


every_size = pytest.mark.parametrize("shape", [(3, 9, 7), (1, 2, 5), (2, 1, 1), (3, 4, 4)])


@every_size
@pytest.mark.parametrize(("deviation", "spread"), [(0.5, 0.1), (1, 0.4), (1.7, 0.2)])
def test_the_bilateral_filter_is_what_its_definition_says(shape, deviation, spread):
    image = random_image(*shape)

    def weigh(looks, apart):
        return math.exp(-(apart**2) / (2 * deviation**2) - looks**2 / (2 * spread**2))

    expected = defined(image, math.ceil(2 * deviation), 0, weigh)
    smooth = BilateralFilter(deviation=deviation, range_deviation=spread)
    out = smooth(torch.from_numpy(image)[None], chance=ONE)
    np.testing.assert_allclose(out[0], expected, rtol=0, atol=1e-13)
    single = smooth(torch.from_numpy(image)[None].float(), chance=ONE)
    np.testing.assert_allclose(single[0], expected, rtol=0, atol=2e-6)


@every_size
@pytest.mark.parametrize(("strength", "patch", "search"), [(0.2, 1, 2), (0.5, 2, 3), (0.1, 0, 1)])
def test_non_local_means_are_what_their_definition_says(shape, strength, patch, search):
    image = random_image(*shape)
    expected = defined(image, search, patch, lambda looks, _: math.exp(-((looks / strength) ** 2)))
    means = NonLocalMeans(strength=strength, patch_radius=patch, search_radius=search)
    out = means(torch.from_numpy(image)[None], chance=ONE)
    np.testing.assert_allclose(out[0], expected, rtol=0, atol=1e-13)
    single = means(torch.from_numpy(image)[None].float(), chance=ONE)
    np.testing.assert_allclose(single[0], expected, rtol=0, atol=2e-6)


def test_where_all_looks_count_alike_the_window_is_averaged(images, chance):
    pixels = images.double()
    out = NonLocalMeans(strength=1e6, search_radius=3)(pixels, chance=chance)
    expected = ndimage.uniform_filter(pixels.numpy(), (1, 1, 7, 7), mode="reflect")
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-10)
    out = BilateralFilter(deviation=1.5, range_deviation=1e6)(pixels, chance=chance)
    expected = ndimage.gaussian_filter(
        pixels.numpy(), (0, 0, 1.5, 1.5), mode="reflect", radius=(0, 0, 3, 3)
    )
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-10)


def test_where_only_the_same_look_counts_nothing_changes(images, chance):
    pixels = images.double()
    for keeps in (BilateralFilter(deviation=2, range_deviation=1e-9), NonLocalMeans(strength=1e-9)):
        assert torch.equal(keeps(pixels, chance=chance), pixels)


def test_strong_contours_stand_and_faint_texture_goes():
    places = torch.arange(32)
    texture = 0.02 * ((places[:, None] + places) % 2 * 2 - 1).double()
    image = (torch.where(places < 16, 0.3, 0.8) + texture).expand(1, 3, 32, 32)
    out = BilateralFilter(deviation=2, range_deviation=0.1)(image, chance=ONE)
    plain = torch.where(places < 16, 0.3, 0.8).double().expand(1, 3, 32, 32)
    assert float((out - plain).abs().max()) < 0.002  # of a texture of 0.02


def test_what_repeats_stays_and_noise_goes():
    generator = np.random.Generator(np.random.Philox(key=3))
    stripes = torch.from_numpy(np.tile(np.repeat([0.3, 0.7], 2), 8)).expand(1, 1, 32, 32)
    noise = torch.from_numpy(generator.normal(0, 0.03, (1, 1, 32, 32)))
    out = NonLocalMeans(strength=0.1)(stripes + noise, chance=ONE)
    assert float((out - stripes).square().mean().sqrt()) < 0.3 * 0.03


def test_grey_images_are_filtered_alike_in_one_channel_and_in_three(images, chance):
    grey = images[:, :1].double()
    for smooth in (BilateralFilter(deviation=1), NonLocalMeans(strength=0.1)):
        single = smooth(grey, chance=chance)
        three = smooth(grey.expand(-1, 3, -1, -1), chance=chance)
        torch.testing.assert_close(three, single.expand(-1, 3, -1, -1), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("method", "settings", "message"),
    [
        (
            BilateralFilter,
            {"deviation": -1},
            "`deviation` must be a finite number of at least 0 pixels (0 changes nothing), got -1.",
        ),
        (
            BilateralFilter,
            {"deviation": 1, "range_deviation": 0},
            "`range_deviation` must be a finite number above 0 (pixels are in [0, 1]), got 0.",
        ),
        (
            NonLocalMeans,
            {"strength": math.nan},
            (
                "`strength` must be a finite number of at least 0 in pixel units (0 changes "
                "nothing), got nan."
            ),
        ),
        (
            NonLocalMeans,
            {"strength": 1, "patch_radius": -1},
            "`patch_radius` must be at least 0 pixels (0 compares the pixels alone), got -1.",
        ),
        (
            NonLocalMeans,
            {"strength": 1, "search_radius": 0},
            (
                "`search_radius` must be at least 1 pixel, got 0. To change nothing, give "
                "`strength` 0."
            ),
        ),
    ],
)
def test_settings_out_of_range_are_refused(method, settings, message):
    with pytest.raises(ConfigError) as caught:
        method(**settings)
    assert str(caught.value) == message
