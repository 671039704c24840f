"""Which square of a picture is seen."""

import io

import numpy as np
import pytest
from PIL import Image
from tests.datasets.conftest import picture

from cuelens.datasets import Framing
from cuelens.datasets.decoding import decode
from cuelens.errors import ConfigError


def pixels(image: Image.Image, framing: Framing) -> np.ndarray:
    content = io.BytesIO()
    image.save(content, "PNG")
    return decode(content.getvalue(), size=framing).pixels.permute(1, 2, 0).numpy()


def test_the_usual_framing_is_the_largest_central_square():
    assert Framing(size=24).box(40, 30) == (5, 0, 35, 30)
    image = picture(1)
    content = io.BytesIO()
    image.save(content, "PNG")
    plain = decode(content.getvalue(), size=24).pixels.permute(1, 2, 0).numpy()
    assert np.array_equal(pixels(image, Framing(size=24)), plain)


def test_a_crop_is_what_resizing_and_cropping_give_up_to_rounding():
    image = picture(2, 512, 320)
    two_steps = image.resize((410, 256), Image.Resampling.BICUBIC).crop((93, 16, 317, 240))
    one_step = pixels(image, Framing(size=224, crop=224 / 256))
    assert np.abs(one_step.astype(int) - np.asarray(two_steps).astype(int)).max() <= 2
    whole = pixels(image, Framing(size=224)).astype(int)
    assert np.abs(whole - np.asarray(two_steps).astype(int)).max() > 8


def test_stretching_shows_the_whole_picture():
    image = picture(3, 60, 30)
    expected = np.asarray(image.resize((24, 24), Image.Resampling.BILINEAR))
    framing = Framing(size=24, fit="stretch", interpolation="bilinear")
    assert np.array_equal(pixels(image, framing), expected)


def test_only_what_is_unusual_is_part_of_a_digest():
    assert Framing(size=24).settings == (24,)
    assert Framing(size=24, crop=0.5).settings == (24, 0.5, "bicubic", "square")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 0}, "`size` must be at least 1 pixel, got 0."),
        (
            {"crop": 1.5},
            (
                "`crop` must be above 0 and at most 1 (the whole shorter side), got 1.5. To "
                "crop 224 "
                "after resizing to 256, give 224/256."
            ),
        ),
    ],
)
def test_a_setting_outside_its_range_is_refused(settings, message):
    with pytest.raises(ConfigError) as error:
        Framing(**settings)
    assert str(error.value) == message
