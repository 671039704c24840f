"""Crops and mirror images, pixel by pixel."""

import numpy as np
import pytest
import torch
from torch.nn.functional import pad

from cuelens.errors import ConfigError
from cuelens.training import Augmentation, CropAndFlip
from cuelens.training.augmentation import shifts_of_epoch

IMAGES = torch.linspace(0.1, 1, 6 * 3 * 5 * 7).reshape(6, 3, 5, 7)
KEPT = 0.9
MIRRORED = 0.1


def shift(row: float, column: float, flip: float = KEPT) -> np.ndarray:
    return np.tile(np.array([row, column, flip], dtype=np.float32), (len(IMAGES), 1))


def place(offset: int, padding: int) -> float:
    """Return the chance that chooses an offset, 0 to twice the padding."""
    return (offset + 0.5) / (2 * padding + 1)


def test_crop_and_flip_is_an_augmentation():
    assert isinstance(CropAndFlip(), Augmentation)


def test_no_padding_and_no_flip_is_the_identity():
    shifts = shifts_of_epoch(6, seed=0, epoch=0)
    assert torch.equal(CropAndFlip(padding=0, flip=False)(IMAGES, shifts), IMAGES)


def test_the_middle_place_is_the_identity():
    middle = place(2, padding=2)
    assert torch.equal(CropAndFlip(padding=2)(IMAGES, shift(middle, middle)), IMAGES)


@pytest.mark.parametrize("row", range(5))
@pytest.mark.parametrize("column", range(5))
def test_a_known_offset_cuts_exactly_there_out_of_the_padded_image(row, column):
    out = CropAndFlip(padding=2)(IMAGES, shift(place(row, 2), place(column, 2)))
    expected = pad(IMAGES, (2, 2, 2, 2))[:, :, row : row + 5, column : column + 7]
    assert torch.equal(out, expected)


def test_an_image_is_mirrored_left_to_right():
    middle = place(2, padding=2)
    out = CropAndFlip(padding=2)(IMAGES, shift(middle, middle, MIRRORED))
    assert torch.equal(out, IMAGES.flip(3))


def test_a_shifted_image_is_cut_before_it_is_mirrored():
    shifts = shift(place(0, 2), place(4, 2))
    kept = CropAndFlip(padding=2)(IMAGES, shifts)
    shifts[:, 2] = MIRRORED
    assert torch.equal(CropAndFlip(padding=2)(IMAGES, shifts), kept.flip(3))


def test_without_flip_nothing_is_mirrored():
    middle = place(2, padding=2)
    out = CropAndFlip(padding=2, flip=False)(IMAGES, shift(middle, middle, MIRRORED))
    assert torch.equal(out, IMAGES)


def test_an_image_depends_on_its_own_chance_alone():
    shifts = shifts_of_epoch(6, seed=3, epoch=1)
    crop = CropAndFlip(padding=2)
    whole = crop(IMAGES, shifts)
    order = [4, 1, 5]
    assert torch.equal(crop(IMAGES[order], shifts[order]), whole[order])


def test_the_chance_of_an_image_does_not_depend_on_how_many_there_are():
    few, many = (shifts_of_epoch(count, seed=3, epoch=1) for count in (4, 900))
    np.testing.assert_array_equal(few, many[:4])


def test_every_epoch_and_every_seed_has_its_own_chance():
    drawn = [shifts_of_epoch(5, seed=s, epoch=e) for s, e in ((0, 0), (0, 1), (1, 0))]
    assert len({chance.tobytes() for chance in drawn}) == 3
    again = shifts_of_epoch(5, seed=0, epoch=1)
    np.testing.assert_array_equal(drawn[1], again)


def test_all_places_and_both_sides_are_equally_likely():
    shifts = shifts_of_epoch(20_000, seed=0, epoch=0)
    line = torch.zeros(20_000, 1, 3, 3)
    line[:, :, 1] = 1
    rows = CropAndFlip(padding=1)(line, shifts).amax((1, 3)).argmax(1)
    assert (torch.bincount(rows, minlength=3) - 20_000 / 3).abs().max() < 300
    border = torch.zeros(20_000, 1, 3, 3)
    border[:, :, :, 2] = 1
    mirrored = CropAndFlip(padding=0)(border, shifts)[:, 0, 1, 0]
    assert abs(float(mirrored.mean()) - 0.5) < 0.02


def test_the_largest_chance_stays_inside_the_padded_image():
    largest = float(np.nextafter(np.float32(1), np.float32(0)))
    for padding in range(40):
        out = CropAndFlip(padding=padding)(IMAGES, shift(largest, largest))
        assert out.shape == IMAGES.shape


def test_arguments_are_left_as_they_were():
    images, shifts = IMAGES.clone(), shifts_of_epoch(6, seed=0, epoch=0)
    before = shifts.copy()
    CropAndFlip()(images, shifts)
    assert torch.equal(images, IMAGES)
    np.testing.assert_array_equal(shifts, before)


def test_the_chance_of_other_images_fails():
    with pytest.raises(Exception, match="Type-check error"):
        CropAndFlip()(IMAGES, shifts_of_epoch(5, seed=0, epoch=0))


def test_negative_padding_is_refused():
    with pytest.raises(ConfigError) as caught:
        CropAndFlip(padding=-1)
    assert str(caught.value) == "`padding` must be at least 0 pixels, got -1. Usual is 4."
