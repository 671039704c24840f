"""Saturation and its control against numbers worked out by hand."""

import math
from itertools import pairwise

import pytest
import torch

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.transforms import Contrast, MatchedContrast, Saturation

LEVELS = (1, 1.5, 2.5, 3, 4, 8, 16, 64, 1024)


def one(value: float, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.full((1, 3, 2, 2), value, dtype=dtype)


@pytest.mark.parametrize(
    ("level", "expected"),
    [(1, 0.375), (2, 0.25), (4, 0.14645), (8, 0.07955), (64, 0.01071)],
)
def test_a_quarter_goes_where_the_formula_says(level, expected):
    out = Saturation(level=level)(one(0.25), chance=Chance(0, ("a",)))
    torch.testing.assert_close(out, one(expected), rtol=0, atol=5e-6)


@pytest.mark.parametrize("level", [*LEVELS, 1.0001, 1e6])
def test_every_level_is_the_formula(level, images, chance):
    signed = 2 * images.double() - 1
    expected = signed.sign() * signed.abs() ** (2 / level) / 2 + 0.5
    out = Saturation(level=level)(images.double(), chance=chance)
    torch.testing.assert_close(out, expected, rtol=0, atol=1e-12)
    out = Saturation(level=level)(images, chance=chance)
    torch.testing.assert_close(out.double(), expected, rtol=0, atol=2e-7)


@pytest.mark.parametrize("level", LEVELS)
def test_black_grey_and_white_stay(level):
    for value in (0.0, 0.5, 1.0):
        assert torch.equal(
            Saturation(level=level)(one(value), chance=Chance(0, ("a",))), one(value)
        )


def test_a_higher_level_is_never_less_saturated(images, chance):
    distances = [(Saturation(level=level)(images, chance=chance) - 0.5).abs() for level in LEVELS]
    for nearer, farther in pairwise(distances):
        assert (farther >= nearer - 1e-7).all()


def test_pixels_keep_their_side_and_their_order(images, chance):
    values = images.flatten().sort().values.view(1, 1, 1, -1)
    out = Saturation(level=16)(values, chance=Chance(0, ("a",)))
    assert torch.equal((out - 0.5).sign(), (values - 0.5).sign())
    assert (out.diff() >= 0).all()


def test_saturating_back_restores(images, chance):
    there = Saturation(level=8)(images.double(), chance=chance)
    back = Saturation(level=2)(there, chance=chance)
    inverse = (2 * back - 1).sign() * (2 * back - 1).abs() ** 4 / 2 + 0.5
    torch.testing.assert_close(inverse, images.double(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", [Saturation, MatchedContrast])
@pytest.mark.parametrize("level", [0.5, 0, -8, math.inf, math.nan])
def test_a_level_out_of_range_is_refused(method, level):
    with pytest.raises(ConfigError) as caught:
        method(level=level)
    assert str(caught.value) == (
        "`level` must be a finite number of at least 1 (1 lowers the contrast, 2 changes nothing, "
        f"the paper goes up to 1024), got {level:g}."
    )


def root_mean_square(change: torch.Tensor) -> torch.Tensor:
    return change.double().square().flatten(1).mean(1).sqrt()


@pytest.mark.parametrize("level", [*LEVELS, 1.999, 2.001, 1e5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_matched_contrast_changes_each_image_as_much_as_saturation(level, dtype, images, chance):
    images = images.to(dtype)
    saturated = Saturation(level=level)(images, chance=chance) - images
    matched = MatchedContrast(level=level)(images, chance=chance) - images
    tolerance = 1e-8 if dtype == torch.float64 else 1e-6
    torch.testing.assert_close(
        root_mean_square(matched), root_mean_square(saturated), rtol=1e-6, atol=tolerance
    )


@pytest.mark.parametrize("level", LEVELS)
def test_matched_contrast_is_a_contrast_change_in_the_same_direction(level, images, chance):
    matched = MatchedContrast(level=level)
    factors = matched.factors(images)
    assert ((factors > 1) if level > 2 else (factors < 1)).all()
    out = matched(images, chance=chance)
    for row, factor in enumerate(factors.tolist()):
        by_hand = Contrast(factor=factor)(images[row : row + 1], chance=chance.take([row]))
        torch.testing.assert_close(out[row : row + 1], by_hand, rtol=0, atol=1e-5)


def test_the_factor_is_the_one_that_bisection_finds(images):
    level, factors = 16.0, MatchedContrast(level=16).factors(images.double())
    target = root_mean_square(
        Saturation(level=level)(images.double(), chance=Chance(0, ())) - images
    )
    low, high = torch.ones(12).double(), torch.full((12,), 1e6).double()
    for _ in range(80):
        middle = (low + high) / 2
        scaled = ((images.double() - 0.5) * middle[:, None, None, None] + 0.5).clamp(0, 1)
        far = root_mean_square(scaled - images.double()) > target
        low, high = torch.where(far, low, middle), torch.where(far, middle, high)
    torch.testing.assert_close(factors, low, rtol=1e-7, atol=0)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0, 0.3])
@pytest.mark.parametrize("level", [1, 8, 1024])
def test_flat_images_are_matched_too(value, level):
    chance = Chance(0, ("a",))
    out = MatchedContrast(level=level)(one(value), chance=chance)
    torch.testing.assert_close(
        out, Saturation(level=level)(one(value), chance=chance), rtol=0, atol=1e-6
    )


def test_contrast_about_mid_grey():
    chance = Chance(0, ("a",))
    assert torch.equal(Contrast(factor=0)(one(0.2), chance=chance), one(0.5))
    torch.testing.assert_close(Contrast(factor=2)(one(0.4), chance=chance), one(0.3))
    assert torch.equal(Contrast(factor=3)(one(0.9), chance=chance), one(1.0))


@pytest.mark.parametrize("factor", [-0.1, math.inf, math.nan])
def test_a_contrast_out_of_range_is_refused(factor):
    with pytest.raises(ConfigError) as caught:
        Contrast(factor=factor)
    assert str(caught.value) == (
        f"`factor` must be a finite number of at least 0 (1 changes nothing), got {factor:g}."
    )
