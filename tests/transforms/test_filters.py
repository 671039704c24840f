"""Low-pass and greyscale against what their names say."""

import math

import pytest
import torch

from cuelens.errors import ConfigError, DataError
from cuelens.randomness import Chance
from cuelens.transforms import Greyscale, LowPass

ONE = Chance(0, ("a",))


def wave(size: int, cycles: int) -> torch.Tensor:
    place = torch.arange(size, dtype=torch.float64) / size
    return (0.5 + 0.4 * torch.cos(2 * math.pi * cycles * place)).expand(1, 3, size, size)


def test_slow_waves_pass_and_fast_ones_leave_their_mean():
    both = (wave(32, 3) + wave(32, 9)) / 2
    out = LowPass(cutoff=5)(both, chance=ONE)
    torch.testing.assert_close(out, (wave(32, 3) + 0.5) / 2, rtol=0, atol=1e-12)
    out = LowPass(cutoff=9)(both, chance=ONE)
    torch.testing.assert_close(out, both, rtol=0, atol=1e-12)


def test_a_cutoff_of_zero_leaves_the_mean_of_each_channel(images, chance):
    out = LowPass(cutoff=0)(images, chance=chance)
    means = images.mean((2, 3), keepdim=True).expand_as(images)
    torch.testing.assert_close(out, means, rtol=0, atol=1e-6)


def test_ringing_is_clipped_and_counted():
    edge = torch.zeros(2, 3, 32, 32)
    edge[0, :, :, :16] = 1
    edge[1] = 0.5
    filtered = LowPass(cutoff=4)
    out = filtered(edge, chance=Chance(0, ("a", "b")))
    share = filtered.clipped_share(edge)
    assert 0.2 < float(share[0]) < 0.8
    assert float(share[1]) == 0
    at_border = ((out[0] == 0) | (out[0] == 1)).float().mean()
    assert float(at_border) == pytest.approx(float(share[0]), abs=1e-6)


@pytest.mark.parametrize("cutoff", [-1, math.inf, math.nan])
def test_a_cutoff_out_of_range_is_refused(cutoff):
    with pytest.raises(ConfigError) as caught:
        LowPass(cutoff=cutoff)
    assert str(caught.value) == (
        f"`cutoff` must be a finite number of at least 0 cycles per image, got {cutoff:g}."
    )


def test_grey_is_the_weighted_mean_in_every_channel(images, chance):
    out = Greyscale()(images, chance=chance)
    expected = 0.299 * images[:, 0] + 0.587 * images[:, 1] + 0.114 * images[:, 2]
    torch.testing.assert_close(out, expected[:, None].expand_as(out))
    equal = Greyscale(weights=(1 / 3, 1 / 3, 1 / 3))(images, chance=chance)
    torch.testing.assert_close(equal[:, 0], images.mean(1))


def test_grey_of_grey_is_grey(images, chance):
    once = Greyscale()(images, chance=chance)
    torch.testing.assert_close(Greyscale()(once, chance=chance), once)


def test_images_of_one_channel_are_grey_already(images, chance):
    single = images[:, :1]
    assert torch.equal(Greyscale()(single, chance=chance), single)


def test_images_of_other_channels_are_refused(images, chance):
    with pytest.raises(DataError) as caught:
        Greyscale()(torch.cat([images, images[:, :1]], 1), chance=chance)
    assert str(caught.value) == (
        "`images` must have 3 channels (red, green, blue) or 1, got 4. Convert them before."
    )


@pytest.mark.parametrize("weights", [(0.5, 0.5, 0.5), (1.5, -0.5, 0.0), (math.nan, 0.0, 1.0)])
def test_weights_that_are_no_mean_are_refused(weights):
    with pytest.raises(ConfigError) as caught:
        Greyscale(weights=weights)
    assert str(caught.value) == (
        f"`weights` must be three numbers of at least 0 that sum to 1, got {weights}."
    )
