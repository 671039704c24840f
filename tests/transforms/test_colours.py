"""Channel shuffle, hue rotation and brightness against what their names say."""

import colorsys
import itertools
import math

import pytest
import torch

from cuelens.errors import ConfigError, DataError
from cuelens.randomness import Chance
from cuelens.transforms import Brightness, ChannelShuffle, Greyscale, HueRotation

GREY = Greyscale()


def chances(count: int) -> Chance:
    return Chance(0, tuple(f"image {row}" for row in range(count)))


def pixel(red: float, green: float, blue: float) -> torch.Tensor:
    return torch.tensor([red, green, blue], dtype=torch.float64).view(1, 3, 1, 1)


def test_channels_are_those_that_their_order_says(images, chance):
    shuffle = ChannelShuffle()
    out, orders = shuffle(images, chance=chance), shuffle.orders(chance)
    for row, order in enumerate(orders.tolist()):
        for place, source in enumerate(order):
            assert torch.equal(out[row, place], images[row, source])


def test_every_order_of_channels_but_their_own_is_equally_likely():
    orders = ChannelShuffle().orders(chances(5 * 1000))
    found, counts = orders.unique(dim=0, return_counts=True)
    others = list(itertools.permutations(range(3)))[1:]
    assert sorted(map(tuple, found.tolist())) == others
    assert float((counts - 1000).square().sum() / 1000) < 16.3  # chi-square, 4 degrees, p = .003


def test_grey_images_keep_their_pixels_whatever_is_done_to_colours(images, chance):
    grey = GREY(images, chance=chance)
    assert torch.equal(ChannelShuffle()(grey, chance=chance), grey)
    assert torch.equal(HueRotation(degrees=77)(grey, chance=chance), grey)
    assert float(HueRotation(degrees=77).clipped_share(grey).max()) == 0


def test_chance_of_other_images_is_refused(images, chance):
    with pytest.raises(ConfigError) as caught:
        ChannelShuffle()(images, chance=chance.take([0, 1]))
    assert str(caught.value) == (
        "`chance` must have one entry an image, expected 12, got 2. "
        "Cut all arguments to the same images."
    )


@pytest.mark.parametrize("transform", [ChannelShuffle(), HueRotation(degrees=60)], ids=repr)
def test_images_of_other_channels_are_refused(transform, images, chance):
    with pytest.raises(DataError) as caught:
        transform(images[:, :2], chance=chance)
    assert str(caught.value) == (
        "`images` must have 3 channels (red, green, blue) or 1, got 2. Convert them before."
    )


@pytest.mark.parametrize("degrees", [10, 90, 180, 265.5])
def test_a_turn_of_the_hue_keeps_luminance_and_the_size_of_the_colour(degrees, images, chance):
    pale = 0.5 + (images.double() - 0.5) * 0.2  # so pale that nothing is clipped
    turned = HueRotation(degrees=degrees)
    out = turned(pale, chance=chance)
    assert float(turned.clipped_share(pale).max()) == 0

    def hues(pixels):
        bright = 0.299 * pixels[:, 0] + 0.587 * pixels[:, 1] + 0.114 * pixels[:, 2]
        across, up = (
            0.436 / 0.886 * (pixels[:, 2] - bright),
            0.615 / 0.701 * (pixels[:, 0] - bright),
        )
        return bright, torch.complex(across, up)

    (before, colour), (after, turned_colour) = hues(pale), hues(out)
    torch.testing.assert_close(after, before, rtol=0, atol=1e-12)
    angle = torch.tensor(1j * math.radians(degrees), dtype=torch.complex128).exp()
    torch.testing.assert_close(turned_colour, colour * angle, rtol=0, atol=1e-12)


def test_hues_turn_from_red_over_yellow_to_green():
    red = pixel(0.5, 0.4, 0.4)
    for degrees, expected in ((60, 1 / 6), (120, 1 / 3), (240, 2 / 3)):
        out = HueRotation(degrees=degrees)(red, chance=chances(1))
        hue, _, _ = colorsys.rgb_to_hsv(*out.flatten().tolist())
        assert hue == pytest.approx(expected, abs=0.06)  # another plane of hues than that of HSV


def test_two_turns_of_the_hue_are_one(images, chance):
    pale = 0.5 + (images.double() - 0.5) * 0.2
    once = HueRotation(degrees=110)(pale, chance=chance)
    twice = HueRotation(degrees=-75)(once, chance=chance)
    torch.testing.assert_close(
        twice, HueRotation(degrees=35)(pale, chance=chance), atol=1e-12, rtol=0
    )


def test_colours_that_no_screen_has_are_clipped_and_counted(chance):
    colours = torch.cat([pixel(0, 0, 1), pixel(0.5, 0.5, 0.5)])
    turned = HueRotation(degrees=180)
    out = turned(colours, chance=chances(2))
    # Blue mirrored about its own grey of .114: red and green .228, blue -.772.
    torch.testing.assert_close(out[0].flatten(), pixel(0.228, 0.228, 0).flatten())
    assert turned.clipped_share(colours).tolist() == pytest.approx([1 / 3, 0])


@pytest.mark.parametrize("degrees", [math.inf, math.nan])
def test_a_turn_that_is_no_number_is_refused(degrees):
    with pytest.raises(ConfigError) as caught:
        HueRotation(degrees=degrees)
    assert str(caught.value) == (
        f"`degrees` must be a finite number (0 changes nothing), got {degrees:g}."
    )


def test_brightness_is_added_and_clipped():
    values = torch.tensor([0, 0.25, 0.5, 0.875, 1], dtype=torch.float64).view(1, 1, 1, 5)
    brighter, darker = Brightness(shift=0.25), Brightness(shift=-0.5)
    assert brighter(values, chance=chances(1)).flatten().tolist() == [0.25, 0.5, 0.75, 1, 1]
    assert darker(values, chance=chances(1)).flatten().tolist() == [0, 0, 0, 0.375, 0.5]
    assert brighter.clipped_share(values).tolist() == [0.4]
    assert darker.clipped_share(values).tolist() == [0.4]


@pytest.mark.parametrize("shift", [-1.5, 51, math.nan])
def test_a_shift_out_of_range_is_refused(shift):
    with pytest.raises(ConfigError) as caught:
        Brightness(shift=shift)
    assert str(caught.value) == (
        f"`shift` must be from -1 to 1 (pixels are in [0, 1]), got {shift:g}."
    )
