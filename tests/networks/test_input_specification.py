"""An input specification resizes and crops as image libraries do, and says so in words."""

import numpy as np
import pytest
import torch
from PIL import Image

from cuelens.errors import ConfigError
from cuelens.networks import InputSpecification
from cuelens.randomness import Chance

CROPPED = InputSpecification(
    height=28, width=28, crop=28 / 32, interpolation="bicubic", fit="square"
)


def picture(height: int, width: int) -> np.ndarray:
    coarse = np.random.Generator(np.random.Philox(key=3)).integers(
        0, 256, (9, 7, 3), dtype=np.uint8
    )
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def pixels(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(array.transpose(2, 0, 1).copy())[None].float() / 255


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize(("height", "width"), [(60, 80), (83, 60), (20, 25)])
def test_resizing_and_cropping_are_those_of_pillow(height, width, interpolation):
    array = picture(height, width)
    ratio = 32 / min(height, width)
    wide, high = int(width * ratio + 1e-9), int(height * ratio + 1e-9)
    filters = Image.Resampling.BICUBIC, Image.Resampling.BILINEAR
    how = filters[interpolation == "bilinear"]
    resized = Image.fromarray(array).resize((wide, high), how)
    left, top = round((wide - 28) / 2), round((high - 28) / 2)
    expected = pixels(np.asarray(resized.crop((left, top, left + 28, top + 28))))
    specification = InputSpecification(
        height=28, width=28, crop=28 / 32, interpolation=interpolation, fit="square"
    )
    found = specification.prepare(pixels(array))
    # Pillow rounds to 8 bits, and cuts what overshoots, after each of its two passes.
    assert float((found - expected).abs().max()) <= 2.5 / 255


def test_images_of_the_networks_own_size_are_not_cropped_again():
    images = Chance(0, ("a",)).uniform((3, 28, 28), method="test")
    assert CROPPED.prepare(images) is images


def test_the_whole_of_an_image_is_stretched_and_its_centre_seen():
    image = torch.zeros(1, 3, 8, 16)
    image[:, :, 2:6, 4:12] = 1
    specification = InputSpecification(height=4, width=4, crop=0.5, interpolation="nearest")
    assert torch.equal(specification.prepare(image), torch.ones(1, 3, 4, 4))


def test_what_bicubic_curves_overshoot_is_cut():
    image = torch.zeros(1, 3, 8, 8)
    image[..., 4:] = 1
    specification = InputSpecification(height=16, width=16, interpolation="bicubic")
    found = specification.prepare(image)
    assert (float(found.min()), float(found.max())) == (0, 1)


def test_a_network_of_one_channel_reads_colours_as_pillow_makes_them_grey():
    array = picture(8, 8)
    grey = np.asarray(Image.fromarray(array).convert("L"))[..., None]
    found = InputSpecification(mean=(0.0,), deviation=(1.0,)).prepare(pixels(array))
    assert float((found - pixels(grey)).abs().max()) <= 0.5 / 255 + 1e-6


def test_a_map_of_what_is_seen_is_laid_on_the_part_that_is_seen():
    images = torch.zeros(2, 3, 32, 48)
    laid = CROPPED.laid_on(torch.ones(2, 1, 7, 7), images)
    assert laid.shape == (2, 1, 32, 48)
    assert torch.equal(laid[:, :, 2:30, 10:38], torch.ones(2, 1, 28, 28))
    assert float(laid.sum()) == 2 * 28 * 28


def test_squares_are_as_large_as_what_is_cropped():
    assert CROPPED.whole_side == 32
    assert InputSpecification(height=20, width=30).whole_side == 30
    assert InputSpecification().whole_side is None


def test_fingerprints_of_specifications_without_a_crop_stay():
    assert repr(InputSpecification(height=8, width=8)) == (
        "InputSpecification(height=8, width=8, mean=(0.0, 0.0, 0.0), deviation=(1.0, 1.0, 1.0))"
    )
    assert repr(CROPPED).endswith(
        "(1.0, 1.0, 1.0), crop=0.875, interpolation='bicubic', fit='square')"
    )


def test_it_is_said_in_words():
    specification = InputSpecification(
        height=224, width=224, crop=224 / 256, interpolation="bicubic", fit="square",
        mean=(127 / 255,) * 3, deviation=(128 / 255,) * 3,
    )  # fmt: skip
    assert str(specification) == (
        "224 x 224 px; the centre of 256 x 256 px; other sizes resized (bicubic, proportions "
        "kept); mean 0.498, 0.498, 0.498, deviation 0.502, 0.502, 0.502; the network reads "
        "-0.9922 to 1"
    )
    grey = InputSpecification(mean=(0.0,), deviation=(1.0,), low_pass=4)
    assert str(grey) == (
        "any size; grey; low-pass filter of 4 cycles per image; pixels in [0, 1] as they are"
    )


def test_a_crop_outside_its_range_is_refused():
    with pytest.raises(ConfigError) as caught:
        InputSpecification(crop=0.0)
    assert str(caught.value) == (
        "`crop` must be above 0 and at most 1 (the whole side), got 0.0. To crop 224 after "
        "resizing to 256, give 224/256."
    )
