"""Patch rotation turns patches where they stand and moves nothing else."""

import numpy as np
import pytest
import torch

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.transforms import PatchRotation


def chances(count: int) -> Chance:
    return Chance(0, tuple(f"image {row}" for row in range(count)))


def numbered(height: int, width: int, count: int = 1) -> torch.Tensor:
    """Images of which every value is another one."""
    size = count * 3 * height * width
    return (torch.arange(size, dtype=torch.float64) / size).view(count, 3, height, width)


@pytest.mark.parametrize("patches", [2, 3, 5, 6])
@pytest.mark.parametrize(("height", "width"), [(18, 18), (19, 25), (36, 18)])
def test_each_patch_is_turned_as_numpy_turns_it(patches, height, width):
    images, chance = numbered(height, width, count=3), chances(3)
    rotation = PatchRotation(patches=patches)
    out, turns = rotation(images, chance=chance), rotation.turns(images, chance=chance)
    high, wide = height // patches, width // patches
    expected = images.clone()
    for row in range(3):
        for place, quarters in enumerate(turns[row].tolist()):
            top, left = place // patches * high, place % patches * wide
            patch = images[row, :, top : top + high, left : left + wide].numpy()
            turned = np.rot90(patch, quarters, axes=(1, 2)).copy()
            expected[row, :, top : top + high, left : left + wide] = torch.from_numpy(turned)
    assert torch.equal(out, expected)
    assert not torch.equal(out, images)


def test_square_patches_turn_by_every_quarter_and_others_by_halves():
    rotation, chance = PatchRotation(patches=2), chances(2000)
    square = rotation.turns(torch.zeros(2000, 1, 4, 4), chance=chance)
    _, counts = square.unique(return_counts=True)
    # One image in 255 of those drawn at first is drawn again, none may stay whole.
    assert counts.float().div(8000).tolist() == pytest.approx([0.249, 0.25, 0.25, 0.25], abs=0.015)
    oblong = rotation.turns(torch.zeros(2000, 1, 4, 8), chance=chance)
    assert set(oblong.unique().tolist()) == {0, 2}
    # Of the 16 ways to turn four patches by halves, the one that turns none is left out.
    assert float((oblong == 0).float().mean()) == pytest.approx(7 / 15, abs=0.015)
    for turns in (square, oblong):
        assert (turns != 0).any(1).all()


@pytest.mark.parametrize("patches", [2, 3, 4, 7, 18])
def test_no_pixel_is_lost(patches, images, chance):
    out = PatchRotation(patches=patches)(images, chance=chance)
    assert torch.equal(out.flatten(2).sort(2).values, images.flatten(2).sort(2).values)


@pytest.mark.parametrize("patches", [2, 3, 4, 7, 18])
def test_rotating_back_restores(patches, images, chance):
    rotation = PatchRotation(patches=patches)
    out = rotation(images, chance=chance)
    assert torch.equal(rotation.put_back(out, chance=chance), images)
    maps = images[..., :18] * 100 - 30
    turns = rotation.turns(maps, chance=chance)
    assert torch.equal(rotation.put_back(rotation._turned(maps, turns), chance=chance), maps)


def test_what_is_left_over_stays():
    images = numbered(33, 33)
    out = PatchRotation(patches=4)(images, chance=chances(1))
    assert torch.equal(out[..., -1:, :], images[..., -1:, :])
    assert torch.equal(out[..., -1:], images[..., -1:])


def test_patches_of_one_pixel_show_no_turn():
    images = numbered(3, 3)
    assert torch.equal(PatchRotation(patches=3)(images, chance=chances(1)), images)


def test_chance_of_other_images_is_refused(images, chance):
    with pytest.raises(ConfigError) as caught:
        PatchRotation(patches=2)(images, chance=chance.take([0]))
    assert str(caught.value) == (
        "`chance` must have one entry an image, expected 12, got 1. "
        "Cut all arguments to the same images."
    )


def test_a_grid_that_leaves_nothing_to_turn_is_refused():
    with pytest.raises(ConfigError) as caught:
        PatchRotation(patches=1)
    assert str(caught.value) == (
        "`patches` must be at least 2 (an image is cut into patches x patches), got 1."
    )
