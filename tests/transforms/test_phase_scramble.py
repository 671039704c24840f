"""Phase scrambling moves waves and keeps how strong they are."""

import math

import jaxtyping
import numpy as np
import pytest
import torch
from scipy import stats

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.spectra import shift_phase
from cuelens.transforms import PhaseScramble


def faint(count: int, height: int, width: int) -> torch.Tensor:
    """Images of so little contrast that no wave is ever clipped."""
    noise = np.random.Generator(np.random.Philox(key=6)).random((count, 3, height, width))
    return torch.from_numpy(0.5 + 0.01 * (noise - 0.3))


def chances(count: int) -> Chance:
    return Chance(3, tuple(f"image {row}" for row in range(count)))


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 6), (7, 7), (8, 12), (31, 32), (64, 64)])
@pytest.mark.parametrize("strength", [0.3, 0.5, 1.0])
def test_amplitudes_and_mean_are_kept_at_every_strength_and_size(height, width, strength):
    images = faint(3, height, width)
    out = PhaseScramble(strength=strength)(images, chance=chances(3))
    before, after = (np.abs(np.fft.fft2(each.numpy())) for each in (images, out))
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-10)
    torch.testing.assert_close(out.mean((2, 3)), images.mean((2, 3)), rtol=0, atol=1e-12)


def test_at_full_strength_every_phase_is_as_likely_as_any_other():
    images = faint(200, 16, 16)
    out = PhaseScramble()(images, chance=chances(200))
    inner = (slice(None), 0, slice(1, 8), slice(1, 8))  # no frequency and its opposite both
    before, after = (np.angle(np.fft.fft2(each.numpy()))[inner] for each in (images, out))
    moved = ((after - before) / (2 * math.pi)) % 1
    assert stats.kstest(moved.ravel(), "uniform").pvalue > 0.01


def test_a_strength_moves_phases_by_at_most_its_share_of_half_a_turn():
    images = faint(20, 16, 16)
    out = PhaseScramble(strength=0.25)(images, chance=chances(20))
    inner = (slice(None), slice(None), slice(1, 8), slice(1, 8))
    before, after = (np.fft.fft2(each.numpy())[inner] for each in (images, out))
    moved = np.abs(np.angle(after / before))
    assert math.pi / 4 - 0.02 < moved.max() < math.pi / 4 + 1e-6


def test_channels_move_together_so_that_their_relation_stays():
    grey = faint(2, 16, 16)[:, :1]
    images = torch.cat([grey, 1 - grey, grey / 2], 1)
    out = PhaseScramble()(images, chance=chances(2))
    torch.testing.assert_close(out[:, 1], 1 - out[:, 0], rtol=0, atol=1e-12)
    torch.testing.assert_close(out[:, 2], out[:, 0] / 2, rtol=0, atol=1e-12)


def test_a_wave_becomes_the_same_wave_elsewhere():
    place = torch.arange(32, dtype=torch.float64) / 32
    wave = (0.5 + 0.4 * torch.cos(2 * math.pi * 3 * place)).expand(1, 3, 32, 32)
    out = PhaseScramble()(wave, chance=chances(1))
    shift = float(PhaseScramble().offsets(wave, chances(1))[0, 0, 3])
    expected = (0.5 + 0.4 * torch.cos(2 * math.pi * 3 * place + shift)).expand(1, 3, 32, 32)
    torch.testing.assert_close(out, expected, rtol=0, atol=1e-12)


def test_strengths_move_the_same_way_by_more_or_less(images, chance):
    whole = PhaseScramble().offsets(images, chance)
    np.testing.assert_array_equal(PhaseScramble(strength=0.5).offsets(images, chance), whole / 2)


def test_what_is_clipped_is_counted():
    edge = torch.zeros(2, 3, 32, 32)
    edge[0, :, :, :16] = 1
    edge[1] = 0.5
    scramble = PhaseScramble()
    share = scramble.clipped_share(edge, chance=chances(2))
    out = scramble(edge, chance=chances(2))
    at_border = ((out[0] == 0) | (out[0] == 1)).float().mean()
    assert 0.02 < float(share[0]) < 0.6
    assert float(at_border) == pytest.approx(float(share[0]), abs=1e-6)
    assert float(share[1]) == 0


def test_an_image_and_its_id_have_phases_of_their_own(images, chance):
    offsets = PhaseScramble().offsets(images, chance)
    assert len(np.unique(offsets[:, 3, 3])) == len(images)


def test_offsets_are_those_of_a_real_picture():
    images = faint(1, 9, 10)
    offsets = PhaseScramble(strength=0.7).offsets(images, chances(1))
    out = shift_phase(images, offsets)
    spectrum = np.fft.fft2(out.numpy())[0, 0]
    expected = np.fft.fft2(images.numpy())[0, 0, :, 1:5] * np.exp(1j * offsets[0, :, 1:5])
    np.testing.assert_allclose(spectrum[:, 1:5], expected, atol=1e-10)


@pytest.mark.parametrize("strength", [-0.1, 1.5, math.nan])
def test_a_strength_out_of_range_is_refused(strength):
    with pytest.raises(ConfigError) as caught:
        PhaseScramble(strength=strength)
    assert str(caught.value) == (
        f"`strength` must lie in [0, 1] (0 changes nothing, 1 moves phases by up to half a turn), "
        f"got {strength:g}."
    )


def test_chance_of_other_images_is_refused(images, chance, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ConfigError) as caught:
        PhaseScramble()(images, chance=chance.take([0]))
    assert str(caught.value) == (
        "`chance` must have one entry an image, expected 12, got 1. "
        "Cut all arguments to the same images."
    )
