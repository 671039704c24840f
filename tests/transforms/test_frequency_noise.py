"""Fourier and critical-band noise: how much is added, at which frequencies, by what chance."""

import math

import jaxtyping
import numpy as np
import pytest
import torch
from scipy import stats

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.spectra import frequencies
from cuelens.transforms import CriticalBandNoise, FourierNoise
from cuelens.waves import fourier_basis, wave


def grey(count: int, height: int = 16, width: int = 20) -> torch.Tensor:
    return torch.full((count, 3, height, width), 0.5, dtype=torch.float64)


def chances(count: int, seed: int = 3) -> Chance:
    return Chance(seed, tuple(f"image {row}" for row in range(count)))


@pytest.mark.parametrize("frequency", fourier_basis(5, 6))
def test_a_wave_of_its_norm_is_added_to_each_channel(frequency):
    method = FourierNoise(row=frequency[0], column=frequency[1], norm=0.7)
    added = method(grey(6, 5, 6), chance=chances(6)) - 0.5
    unit = torch.from_numpy(wave(5, 6, *frequency).copy())
    signs = (added * unit).sum((2, 3)) / 0.7
    torch.testing.assert_close(signs.abs(), torch.ones(6, 3).double())
    torch.testing.assert_close(added, 0.7 * signs[:, :, None, None] * unit)
    norms = added.flatten(2).norm(dim=2)
    torch.testing.assert_close(norms, torch.full((6, 3), 0.7, dtype=torch.float64))


def test_signs_are_fair_and_those_of_image_and_channel_alone():
    def signs(row: int, norm: float, count: int = 500) -> torch.Tensor:
        method = FourierNoise(row=row, column=0, norm=norm)
        return (method(grey(count, 4, 4), chance=chances(count))[:, :, 0, 0] - 0.5).sign()

    first = signs(1, 0.5)
    assert torch.equal(first, signs(1, 0.1))
    assert torch.equal(first, signs(0, 0.5))
    patterns = ((first > 0) * torch.tensor([4, 2, 1])).sum(1)
    assert stats.chisquare(np.bincount(patterns.numpy(), minlength=8)).pvalue > 0.001


def test_the_norm_is_the_root_mean_square_times_the_side():
    for side, norm in ((32, 4.0), (224, 16.0)):
        added = (
            FourierNoise(row=3, column=5, norm=norm)(grey(1, side, side), chance=chances(1)) - 0.5
        )
        root_mean_square = float(added.square().mean().sqrt())
        assert root_mean_square == pytest.approx(norm / side, rel=1e-9)


def test_clipping_is_counted(images, chance):
    method = FourierNoise(row=2, column=1, norm=8.0)
    out, share = method(images, chance=chance), method.clipped_share(images, chance=chance)
    at_border = ((out == 0) | (out == 1)).flatten(1).float().mean(1)
    torch.testing.assert_close(at_border, share, rtol=0, atol=3e-3)
    assert share[-1] > 0.05


@pytest.mark.parametrize("norm", [-1, math.inf, math.nan])
def test_a_norm_out_of_range_is_refused(norm):
    with pytest.raises(ConfigError) as caught:
        FourierNoise(row=0, column=1, norm=norm)
    assert str(caught.value) == (
        f"`norm` must be a finite number of at least 0 (0 changes nothing), got {norm:g}."
    )


@pytest.mark.parametrize(("height", "width"), [(32, 32), (31, 40), (224, 224)])
@pytest.mark.parametrize("centre", [1.75, 3.5, 14])
def test_noise_has_its_deviation_and_nothing_outside_its_octave(height, width, centre):
    method = CriticalBandNoise(centre=centre, deviation=0.08)
    noise = method.noise(grey(2, height, width), chances(2))
    deviations = noise.flatten(1).square().mean(1).sqrt()
    torch.testing.assert_close(deviations, torch.full((2,), 0.08, dtype=torch.float64))
    torch.testing.assert_close(noise.mean((1, 2, 3)), torch.zeros(2).double(), rtol=0, atol=1e-12)
    power = np.abs(np.fft.rfft2(noise[:, 0].numpy()))
    radial = frequencies(height, width)
    outside = (radial <= centre / 2**0.5) | (radial > centre * 2**0.5)
    assert power[:, outside].max() < 1e-9 * power.max()
    assert (power[:, ~outside] > 0).all()


def test_noise_is_added_to_a_fainter_image_in_all_channels_alike():
    images = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0)).double()
    method = CriticalBandNoise(centre=3.5, deviation=0.04)
    out = method(images, chance=chances(3))
    means = images.mean((1, 2, 3), keepdim=True)
    fainter = (images - means) * 0.2 + 0.449
    expected = fainter + method.noise(images, chances(3))
    torch.testing.assert_close(out, expected, rtol=0, atol=1e-12)
    assert not method.clipped_share(images, chance=chances(3)).any()
    without = CriticalBandNoise(centre=3.5, deviation=0)(images, chance=chances(3))
    torch.testing.assert_close(without, fainter, rtol=0, atol=1e-12)


def test_noise_of_an_image_is_gaussian_and_its_own():
    noise = CriticalBandNoise(centre=6, deviation=1, octaves=3).noise(
        grey(300, 16, 16), chances(300)
    )
    values = noise[:, 0, 3, 7].numpy()
    assert stats.kstest(values, "norm", args=(0, 1)).pvalue > 0.001
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.4


def test_every_deviation_scales_the_same_noise():
    weak, strong = (
        CriticalBandNoise(centre=3, deviation=d).noise(grey(2), chances(2)) for d in (0.02, 0.16)
    )
    torch.testing.assert_close(strong, 8 * weak)


def test_strong_noise_is_clipped_and_counted():
    method = CriticalBandNoise(centre=3, deviation=0.5)
    out = method(grey(4), chance=chances(4))
    share = method.clipped_share(grey(4), chance=chances(4))
    at_border = ((out == 0) | (out == 1)).flatten(1).double().mean(1)
    torch.testing.assert_close(at_border, share)
    assert 0.1 < float(share.mean()) < 0.6


def test_a_band_that_the_images_do_not_hold_is_refused():
    with pytest.raises(ConfigError) as caught:
        CriticalBandNoise(centre=56, deviation=0.1)(grey(1, 32, 32), chance=chances(1))
    assert str(caught.value) == (
        "`centre` must be that of a band which images of 32 x 32 px hold (frequencies go up to "
        "22.6 cycles per image), got 56 with 1 octaves."
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"deviation": -0.1},
            "`deviation` must be a finite number of at least 0 (pixels are in [0, 1]), got -0.1.",
        ),
        ({"contrast": 2.0}, "`contrast` must lie in [0, 1] (1 keeps the contrast), got 2."),
        (
            {"centre": 0.0},
            "`centre` must be a finite number of more than 0 cycles per image, got 0.",
        ),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ConfigError) as caught:
        CriticalBandNoise(**{"centre": 4.0, "deviation": 0.1} | settings)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "method",
    [FourierNoise(row=0, column=1, norm=1.0), CriticalBandNoise(centre=4, deviation=0.1)],
    ids=["fourier", "critical-band"],
)
def test_chance_of_other_images_is_refused(method, images, chance, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ConfigError) as caught:
        method(images, chance=chance.take([0]))
    assert str(caught.value) == (
        "`chance` must have one entry an image, expected 12, got 1. "
        "Cut all arguments to the same images."
    )
