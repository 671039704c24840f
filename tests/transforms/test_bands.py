"""High-pass, band-pass and random Fourier filtering against what their names say."""

import math

import jaxtyping
import numpy as np
import pytest
import torch
from scipy import stats

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.spectra import in_band, split
from cuelens.transforms import BandPass, HighPass, LowPass, RandomFourierFilter

ONE = Chance(0, ("a",))
OCTAVES = (1, 2, 4, 8, 16)


def wave(size: int, down: float, across: float = 0.0) -> torch.Tensor:
    place = torch.arange(size, dtype=torch.float64) / size
    phase = 2 * math.pi * (down * place[:, None] + across * place[None, :]) + 0.3
    return (0.1 * torch.cos(phase)).expand(1, 3, size, size)


def faint(count: int, height: int, width: int) -> torch.Tensor:
    """Images of so little contrast that nothing is ever clipped."""
    noise = np.random.Generator(np.random.Philox(key=6)).random((count, 3, height, width))
    return torch.from_numpy(0.5 + 0.01 * (noise - 0.3))


def chances(count: int, seed: int = 3) -> Chance:
    return Chance(seed, tuple(f"image {row}" for row in range(count)))


@pytest.mark.parametrize("size", [32, 33, 224])
@pytest.mark.parametrize("waves", [(0, 4), (4, 0), (3, 4), (3, -4)])
def test_high_pass_takes_slow_waves_and_keeps_fast_ones(size, waves):
    """The published code's mask is off-centre, and its default takes nothing away."""
    frequency, image = math.hypot(*waves), 0.4 + wave(size, *waves)
    kept = HighPass(cutoff=frequency - 0.01)(image, chance=ONE)
    torch.testing.assert_close(kept, 0.5 + wave(size, *waves), rtol=0, atol=1e-12)
    taken = HighPass(cutoff=frequency)(image, chance=ONE)
    torch.testing.assert_close(taken, torch.full_like(image, 0.5), rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", [HighPass(cutoff=0), HighPass(cutoff=9), BandPass(centre=4)])
@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_a_flat_image_is_mid_grey(method, value):
    flat = torch.full((1, 3, 32, 32), value)
    out = method(flat, chance=ONE)
    torch.testing.assert_close(out, torch.full_like(flat, 0.5), rtol=0, atol=1e-6)


@pytest.mark.parametrize("cutoff", [0, 1, 3.7, 8])
def test_low_and_high_add_up_to_the_image(cutoff):
    images = faint(4, 31, 32)
    low = LowPass(cutoff=cutoff)(images, chance=chances(4))
    high = HighPass(cutoff=cutoff)(images, chance=chances(4))
    torch.testing.assert_close(low + high - HighPass.offset, images, rtol=0, atol=1e-14)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (31, 40), (64, 64)])
def test_octaves_and_the_low_pass_below_add_up_to_the_image(height, width):
    images = faint(4, height, width)
    octaves = (*OCTAVES, 32) if min(height, width) > 40 else OCTAVES
    bands = [BandPass(centre=c)(images, chance=chances(4)) - BandPass.offset for c in octaves]
    low = LowPass(cutoff=2**-0.5)(images, chance=chances(4))
    torch.testing.assert_close(low + sum(bands), images, rtol=0, atol=1e-13)
    held = [in_band(height, width, centre, 1.0) for centre in octaves]
    assert (np.sum(held, 0) <= 1).all()


@pytest.mark.parametrize("size", [32, 224])
def test_a_wave_passes_in_its_own_octave_alone(size):
    for own in (2, 4, 8):
        image = 0.5 + wave(size, 0, own)
        for centre in (2, 4, 8):
            out = BandPass(centre=centre)(image, chance=ONE)
            expected = image if centre == own else torch.full_like(image, 0.5)
            torch.testing.assert_close(out, expected, rtol=0, atol=1e-12)


def test_the_edges_of_a_band_are_where_its_octaves_say():
    band = BandPass(centre=8, octaves=2)  # from 4, which is outside, to 16
    for frequency, passes in ((4, False), (5, True), (16, True)):
        image = 0.5 + wave(64, frequency)
        out = band(image, chance=ONE)
        assert torch.allclose(out, image, rtol=0, atol=1e-12) == passes
    assert torch.allclose(band(0.5 + wave(64, 17), chance=ONE), torch.tensor(0.5).double())


def test_a_band_that_no_image_holds_leaves_mid_grey(images, chance):
    out = BandPass(centre=100)(images, chance=chance)
    torch.testing.assert_close(out, torch.full_like(images, 0.5), rtol=0, atol=1e-6)


def test_what_is_clipped_is_counted():
    edges = torch.zeros(2, 3, 32, 32)
    edges[0, :, :, 8:20] = 1
    edges[1] = 0.5
    for method in (HighPass(cutoff=1), BandPass(centre=1.5, octaves=3)):
        out, share = method(edges, chance=chances(2)), method.clipped_share(edges)
        at_border = ((out[0] == 0) | (out[0] == 1)).float().mean()
        assert 0.02 < float(share[0]) < 0.9
        assert float(at_border) == pytest.approx(float(share[0]), abs=1e-6)
        assert float(share[1]) == 0


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 6), (7, 7), (8, 12), (31, 32)])
def test_a_frequency_stays_whole_or_goes_whole_in_all_channels(height, width):
    images, method = faint(5, height, width), RandomFourierFilter(kept=0.5)
    out = method(images, chance=chances(5))
    before, after = (np.fft.fft2(each.numpy()) for each in (images, out))
    masks = method.masks(images, chances(5))
    for row in range(5):
        whole = np.empty((height, width), dtype=bool)
        for down in range(height):
            for across in range(width):
                opposite = across > width // 2
                place = (-down % height, -across % width) if opposite else (down, across)
                whole[down, across] = masks[row][place]
        np.testing.assert_allclose(after[row], before[row] * whole, rtol=0, atol=1e-10)
    torch.testing.assert_close(out.mean((2, 3)), images.mean((2, 3)), rtol=0, atol=1e-12)


def test_filtering_twice_is_filtering_once():
    images, method = faint(5, 16, 16), RandomFourierFilter(kept=0.4)
    once = method(images, chance=chances(5))
    twice = method(once, chance=chances(5))
    torch.testing.assert_close(twice, once, rtol=0, atol=1e-13)


def test_every_frequency_stays_with_the_probability_that_is_set():
    images = faint(400, 16, 16)
    masks = RandomFourierFilter(kept=0.3).masks(images, chances(400))
    assert masks[:, 0, 0].all()
    counts = masks.sum(0).ravel()[1:]
    statistic = np.square(counts - 120).sum() / (400 * 0.3 * 0.7)
    doubled = 14  # frequencies that share a number with their opposite
    assert stats.chi2.sf(statistic, len(counts) - doubled) > 1e-4


def test_what_a_smaller_share_keeps_a_larger_one_keeps_too():
    images = faint(20, 16, 16)
    few, many = (RandomFourierFilter(kept=k).masks(images, chances(20)) for k in (0.3, 0.7))
    assert (few <= many).all()
    assert (few < many).any()


def test_nothing_kept_leaves_the_mean_of_each_channel():
    images = faint(3, 9, 10)
    out = RandomFourierFilter(kept=0)(images, chance=chances(3))
    expected = images.mean((2, 3), keepdim=True).expand_as(images)
    torch.testing.assert_close(out, expected, rtol=0, atol=1e-14)


def test_clipping_of_random_filters_is_counted(images, chance):
    method = RandomFourierFilter(kept=0.5)
    share = method.clipped_share(images, chance=chance)
    out = method(images, chance=chance)
    at_border = ((out == 0) | (out == 1)).flatten(1).float().mean(1)
    torch.testing.assert_close(at_border, share, rtol=0, atol=2e-3)
    assert share[-1] > 0.01


@pytest.mark.parametrize("cutoff", [-1, math.inf, math.nan])
def test_a_cutoff_out_of_range_is_refused(cutoff):
    with pytest.raises(ConfigError) as caught:
        HighPass(cutoff=cutoff)
    assert str(caught.value) == (
        f"`cutoff` must be a finite number of at least 0 cycles per image, got {cutoff:g}."
    )


@pytest.mark.parametrize("number", [-1, 0, math.inf, math.nan])
def test_a_band_without_centre_or_width_is_refused(number):
    with pytest.raises(ConfigError) as caught:
        BandPass(centre=number)
    assert str(caught.value) == (
        f"`centre` must be a finite number of more than 0 cycles per image, got {number:g}."
    )
    with pytest.raises(ConfigError) as caught:
        BandPass(centre=2, octaves=number)
    assert str(caught.value) == (
        f"`octaves` must be a finite number of more than 0 (1 is a doubling of frequency), "
        f"got {number:g}."
    )


@pytest.mark.parametrize("kept", [-0.1, 1.5, math.nan])
def test_a_probability_out_of_range_is_refused(kept):
    with pytest.raises(ConfigError) as caught:
        RandomFourierFilter(kept=kept)
    assert str(caught.value) == (
        "`kept` must lie in [0, 1] (the probability of each frequency to stay; 1 changes nothing), "
        f"got {kept:g}."
    )


def test_chance_of_other_images_is_refused(images, chance, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ConfigError) as caught:
        RandomFourierFilter(kept=0.5)(images, chance=chance.take([0]))
    assert str(caught.value) == (
        "`chance` must have one entry an image, expected 12, got 1. "
        "Cut all arguments to the same images."
    )


def test_the_high_part_is_what_the_split_leaves(images, chance):
    out = HighPass(cutoff=3)(images * 0.2 + 0.4, chance=chance)
    torch.testing.assert_close(out - 0.5, split(images * 0.2 + 0.4, 3)[1], rtol=0, atol=1e-7)
