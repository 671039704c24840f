"""Low and high frequencies: nothing is lost, and each lands on its side of the cutoff."""

import math

import numpy as np
import pytest
import torch

from cuelens.spectra import frequencies, shift_phase, split, swap_phase, within

SIZES = ((1, 1), (1, 5), (2, 2), (7, 7), (8, 12), (31, 32), (32, 32), (224, 224))
every_size = pytest.mark.parametrize(("height", "width"), SIZES)


def noise(*shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    values = np.random.Generator(np.random.Philox(key=4)).random(shape)
    return torch.from_numpy(values).to(dtype)


def wave(size: int, vertical: float, horizontal: float) -> torch.Tensor:
    """An image of one frequency, in cycles per image, of mean 0."""
    place = torch.arange(size, dtype=torch.float64) / size
    phase = vertical * place[:, None] + horizontal * place[None, :] + 0.1
    return torch.cos(2 * math.pi * phase).expand(1, 3, size, size)


@every_size
@pytest.mark.parametrize("cutoff", [0.0, 1.0, 2.5, 6.0])
def test_low_and_high_add_up_to_the_image(height, width, cutoff):
    images = noise(2, 3, height, width)
    low, high = split(images, cutoff)
    torch.testing.assert_close(low + high, images, rtol=0, atol=1e-15)


@every_size
def test_in_float32_nothing_but_one_rounding_is_lost(height, width):
    images = noise(2, 3, height, width, dtype=torch.float32)
    low, high = split(images, 2.0)
    assert low.dtype == high.dtype == torch.float32
    torch.testing.assert_close(low + high, images, rtol=0, atol=1.2e-7)


@pytest.mark.parametrize("waves", [(0, 3), (3, 0), (4, 3), (2, -6), (7, 7)])
def test_a_pure_wave_passes_or_vanishes(waves):
    image, frequency = wave(32, *waves), math.hypot(*waves)
    low, high = split(image, frequency)
    torch.testing.assert_close(low, image, rtol=0, atol=1e-12)
    torch.testing.assert_close(high, torch.zeros_like(image), rtol=0, atol=1e-12)
    low, high = split(image, frequency - 0.01)
    torch.testing.assert_close(low, torch.zeros_like(image), rtol=0, atol=1e-12)
    torch.testing.assert_close(high, image, rtol=0, atol=1e-12)


def test_cycles_per_image_are_the_same_waves_at_every_size():
    for size in (16, 32, 64, 224):
        low, _ = split(wave(size, 3, 4) + wave(size, 0, 6), 5.0)
        torch.testing.assert_close(low, wave(size, 3, 4), rtol=0, atol=1e-12)


@every_size
def test_the_mean_of_each_channel_is_low(height, width):
    images = noise(2, 3, height, width)
    low, high = split(images, 0.0)
    means = images.mean((2, 3), keepdim=True)
    torch.testing.assert_close(low, means.expand_as(images), rtol=0, atol=1e-12)
    torch.testing.assert_close(high.mean((2, 3)), torch.zeros(2, 3).double(), rtol=0, atol=1e-12)


def test_splitting_twice_is_splitting_once():
    low, high = split(noise(2, 3, 31, 32), 4.0)
    torch.testing.assert_close(split(low, 4.0)[0], low, rtol=0, atol=1e-12)
    torch.testing.assert_close(split(high, 4.0)[1], high, rtol=0, atol=1e-12)


def test_low_and_high_share_nothing():
    low, high = split(noise(1, 1, 32, 32), 5.0)
    assert abs(float((low * high).sum())) < 1e-10
    assert float(low.square().sum()) > 1
    assert float(high.square().sum()) > 1


def test_a_cutoff_beyond_every_frequency_is_exactly_the_image():
    images = noise(2, 3, 8, 8, dtype=torch.float32)
    low, high = split(images, math.sqrt(2) * 4)
    assert torch.equal(low, images)
    assert low.data_ptr() != images.data_ptr()
    assert not high.any()


def test_frequencies_count_cycles_along_the_shorter_side():
    assert frequencies(4, 4).tolist() == [
        [0, 1, 2],
        [1, math.sqrt(2), math.sqrt(5)],
        [2, math.sqrt(5), math.sqrt(8)],
        [1, math.sqrt(2), math.sqrt(5)],
    ]
    # The same wave in pixels, along either side of an oblong image.
    oblong = frequencies(8, 16)
    assert oblong[2, 0] == oblong[0, 4] == 2


def test_the_disc_is_centred_on_the_mean():
    disc = within(32, 32, 3.0)
    assert disc[0, 0]
    assert np.array_equal(disc[1:], disc[:0:-1])
    assert int(disc.sum()) == sum(math.hypot(v, h) <= 3 for v in range(-16, 16) for h in range(17))


@pytest.mark.parametrize("size", [7, 31, 32, 33, 64])
def test_the_same_image_has_the_same_bits_in_any_batch_on_any_number_of_threads(size):
    images = noise(11, 3, size, size, dtype=torch.float32)
    whole, threads = split(images, size / 4)[0], torch.get_num_threads()
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            for rows in torch.arange(10, -1, -1).split(4):
                assert torch.equal(split(images[rows], size / 4)[0], whole[rows])
            assert torch.equal(split(images[3:4], size / 4)[0], whole[3:4])
    finally:
        torch.set_num_threads(threads)


def test_images_are_left_as_they_were():
    images = noise(2, 3, 8, 8)
    before = images.clone()
    split(images, 2.0)
    assert torch.equal(images, before)


def test_no_images_have_no_frequencies():
    low, high = split(torch.zeros(0, 3, 8, 8), 2.0)
    assert low.shape == high.shape == (0, 3, 8, 8)


@every_size
def test_the_phase_of_an_image_with_its_own_amplitude_is_the_image(height, width):
    images = noise(2, 3, height, width)
    torch.testing.assert_close(swap_phase(images, images), images, rtol=0, atol=1e-14)


@every_size
def test_swapping_phases_takes_amplitudes_from_one_and_phases_from_the_other(height, width):
    first, second = noise(2, 3, height, width), noise(3, 3, height, width)[1:].flip(3).contiguous()
    swapped = np.fft.fft2(swap_phase(first, second).numpy())
    np.testing.assert_allclose(np.abs(swapped), np.abs(np.fft.fft2(first.numpy())), atol=1e-9)
    other = np.fft.fft2(second.numpy())
    np.testing.assert_allclose(swapped * other.conj(), np.abs(swapped) * np.abs(other), atol=1e-6)


def test_a_flat_image_has_no_phase_to_lend():
    flat = torch.full((1, 3, 16, 16), 0.3, dtype=torch.float64)
    style = noise(1, 3, 16, 16)
    expected = style.mean((2, 3), keepdim=True).expand_as(style)
    torch.testing.assert_close(swap_phase(style, flat), expected, rtol=0, atol=1e-12)


def test_a_phase_in_proportion_to_the_frequency_moves_the_picture():
    images = noise(1, 3, 9, 12)
    turns = np.fft.fftfreq(9)[:, None] * 2 + np.fft.rfftfreq(12)[None, :] * 0
    moved = shift_phase(images, -2 * math.pi * turns[None])
    torch.testing.assert_close(moved, images.roll(2, 2), rtol=0, atol=1e-12)
