"""The measured normalisation standardises the images that it was measured on."""

from dataclasses import replace

import pytest
import torch

from cuelens.errors import DataError
from cuelens.networks import InputSpecification
from cuelens.training.normalisation import normalisation


def test_each_channel_gets_mean_zero_and_deviation_one(make_noise):
    data = make_noise(700, side=4)
    prepared = normalisation(data).prepare(data.images(torch.arange(700)))
    deviation, mean = torch.std_mean(prepared, dim=(0, 2, 3))
    torch.testing.assert_close(mean, torch.zeros(3), rtol=0, atol=3e-4)
    torch.testing.assert_close(deviation, torch.ones(3), rtol=0, atol=3e-4)


def test_it_is_the_mean_and_the_deviation_of_all_pixels(make_noise):
    data = make_noise(253)
    deviation, mean = torch.std_mean(data.images(torch.arange(253)), dim=(0, 2, 3))
    expected = InputSpecification(
        height=8,
        width=8,
        mean=tuple(round(float(value), 4) for value in mean),
        deviation=tuple(round(float(value), 4) for value in deviation),
    )
    assert normalisation(data) == expected


def test_images_of_another_size_are_resized_to_these(make_noise):
    data = make_noise(12)
    found = normalisation(replace(data, pixels=data.pixels[:, :, :6, :]))
    assert (found.height, found.width) == (6, 8)
    assert found.prepare(torch.zeros(1, 3, 20, 30)).shape == (1, 3, 6, 8)


def test_only_the_first_two_thousand_images_count(make_noise):
    data = make_noise(2100, side=2)
    pixels = data.pixels.clone()
    pixels[2000:] = 255
    assert normalisation(replace(data, pixels=pixels)) == normalisation(data)


def test_images_of_one_colour_are_not_divided_by_nothing(make_noise):
    data = make_noise(12)
    found = normalisation(replace(data, pixels=torch.full_like(data.pixels, 51)))
    assert found.mean == (0.2, 0.2, 0.2)
    assert found.deviation == (0.01, 0.01, 0.01)


def test_grey_images_are_refused(make_noise):
    with pytest.raises(DataError) as caught:
        normalisation(make_noise(12, channels=1))
    assert str(caught.value) == (
        "The images of noise must have 3 channels, got 1. Convert them to RGB."
    )
