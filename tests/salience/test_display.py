"""Pictures of maps: what is black, what is white, and what the figure must say."""

import math

import numpy as np
import pytest
import torch

from cuelens.errors import ConfigError
from cuelens.salience import Reading, Scale, on_scales, own_scales, shared_scale, strength


def ramp(scale: float = 1.0) -> torch.Tensor:
    """One map of 10 x 10 whose strengths are 1 to 100 times `scale`, over three channels."""
    steps = torch.arange(1, 101).view(1, 1, 10, 10).float() * scale
    return torch.cat([steps, -steps, steps], 1) / 3


def test_strength_is_the_sum_of_absolute_values_over_channels():
    torch.testing.assert_close(strength(ramp())[0].flatten(), torch.arange(1, 101).float())


def test_white_begins_at_the_99th_percentile():
    shown = own_scales(ramp())
    (scale,) = shown.scales
    assert scale.white == pytest.approx(np.percentile(np.arange(1, 101), 99))
    expected = (torch.arange(1, 101) / scale.white).clamp(max=1)
    torch.testing.assert_close(shown.values[0].flatten(), expected.float())
    assert int((shown.values == 1).sum()) == 1


def test_the_sign_is_not_seen():
    assert torch.equal(own_scales(-ramp()).values, own_scales(ramp()).values)


def test_own_scales_hide_amounts_and_say_so():
    shown = own_scales(torch.cat([ramp(), ramp(1000)]))
    torch.testing.assert_close(shown.values[0], shown.values[1])
    assert [str(scale) for scale in shown.scales] == [
        "black 0, white 99 (99th percentile of this map)",
        "black 0, white 9.9e+04 (99th percentile of this map)",
    ]


def test_a_shared_scale_shows_amounts_and_says_so():
    shown = shared_scale(torch.cat([ramp(), ramp(0.5)]))
    assert shown.scales[0] is shown.scales[1]
    assert shown.scales[0].maps == 2
    pooled = np.concatenate([np.arange(1, 101), np.arange(1, 101) / 2])
    assert shown.scales[0].white == pytest.approx(np.percentile(pooled, 99))
    torch.testing.assert_close(shown.values[1] * 2, shown.values[0], rtol=1e-6, atol=0.03)
    assert str(shown.scales[0]) == "black 0, white 98 (99th percentile of these 2 maps)"


def test_a_scale_draws_other_maps_too():
    (scale,) = own_scales(ramp()).scales
    shown = on_scales(ramp(0.1), [scale])
    torch.testing.assert_close(shown.values[0].flatten(), torch.arange(1, 101) * 0.1 / scale.white)


@pytest.mark.parametrize("draw", [own_scales, shared_scale])
def test_greys_are_from_0_to_1_whatever_the_maps(draw):
    generator = np.random.Generator(np.random.Philox(key=1))
    maps = torch.from_numpy(generator.standard_cauchy(size=(4, 3, 8, 8))) * 1e6
    greys = draw(maps).values
    assert greys.shape == (4, 8, 8)
    assert greys.dtype == torch.float32
    assert greys.amin() >= 0
    assert greys.amax() == 1


@pytest.mark.parametrize("draw", [own_scales, shared_scale])
def test_no_salience_is_black(draw):
    shown = draw(torch.zeros(2, 3, 4, 4))
    assert not shown.values.any()
    assert shown.scales[0].white == 0


@pytest.mark.parametrize("draw", [own_scales, shared_scale])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_map_that_is_no_number_is_black_and_says_so(draw, value):
    maps = ramp()
    maps[0, 0, 0, 0] = value
    shown = draw(maps)
    assert not shown.values.any()
    assert str(shown.scales[0]) == "drawn as zero: the map holds values that are not numbers"


@pytest.mark.parametrize("draw", [own_scales, shared_scale])
def test_maps_are_left_as_they_were(draw):
    maps = ramp()
    draw(maps).values.fill_(0)
    assert torch.equal(maps, ramp())


@pytest.mark.parametrize("draw", [own_scales, shared_scale])
def test_no_maps_give_no_pictures(draw):
    shown = draw(torch.zeros(0, 3, 4, 4))
    assert shown.values.shape == (0, 4, 4)
    assert shown.scales == ()


@pytest.mark.parametrize("draw", [own_scales, shared_scale])
@pytest.mark.parametrize("percentile", [0, -1, 101, math.nan])
def test_a_percentile_out_of_range_is_refused(draw, percentile):
    with pytest.raises(ConfigError) as caught:
        draw(ramp(), percentile=percentile)
    assert str(caught.value) == (
        f"`percentile` must be above 0 and at most 100, got {percentile:g}. 99 is usual."
    )


@pytest.mark.parametrize("draw", [own_scales, shared_scale])
def test_signed_pictures_keep_the_sign_of_the_sum_over_channels(draw):
    maps = torch.zeros(1, 3, 2, 2)
    maps[0, :, 0, 0] = torch.tensor([1.0, 2.0, 1.0])
    maps[0, :, 0, 1] = torch.tensor([-3.0, 0.0, 1.0])
    maps[0, :, 1, 0] = torch.tensor([5.0, -5.0, 0.0])
    shown = draw(maps, percentile=100, reading=Reading.SIGNED)
    assert shown.values[0].tolist() == [[1.0, -0.5], [0.0, 0.0]]
    assert str(shown.scales[0]) == (
        "0 in the middle, ends \N{PLUS-MINUS SIGN}4 (100th percentile of this map)"
    )


def test_a_map_that_is_no_number_does_not_spoil_the_shared_scale():
    broken = ramp()
    broken[0, 0, 0, 0] = math.nan
    shown = shared_scale(torch.cat([ramp(), broken, ramp(2)]))
    alone = shared_scale(torch.cat([ramp(), ramp(2)]))
    assert torch.equal(shown.values[[0, 2]], alone.values)
    assert shown.scales[0] == shown.scales[2] == alone.scales[0]
    assert not shown.values[1].any()
    assert str(shown.scales[1]) == "drawn as zero: the map holds values that are not numbers"


def test_scales_of_two_readings_are_refused():
    scales = [Scale(white=1.0, percentile=99, reading=reading) for reading in Reading]
    with pytest.raises(ConfigError) as caught:
        on_scales(torch.cat([ramp(), ramp()]), scales)
    assert str(caught.value) == (
        "`scales` must be of one reading, got magnitude and signed. Draw them one by one."
    )


def test_scales_of_other_maps_are_refused():
    with pytest.raises(ConfigError) as caught:
        on_scales(ramp(), [])
    assert str(caught.value) == "`scales` must have one entry a map, expected 1, got 0."
