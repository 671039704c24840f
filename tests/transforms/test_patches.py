"""Patch shuffle moves patches and nothing else; its control draws borders and moves nothing."""

import math

import jaxtyping
import pytest
import torch

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.transforms import PatchBorders, PatchShuffle
from cuelens.transforms.patches import move_patches, seams

every_grid = pytest.mark.parametrize("patches", [2, 3, 4, 5, 7, 18])


def chances(count: int, seed: int = 0) -> Chance:
    return Chance(seed, tuple(f"image {row}" for row in range(count)))


def numbered(height: int, width: int, count: int = 1) -> torch.Tensor:
    """Images of which every value is another one."""
    size = count * 3 * height * width
    return (torch.arange(size, dtype=torch.float64) / size).view(count, 3, height, width)


@every_grid
@pytest.mark.parametrize(("height", "width"), [(18, 18), (19, 25), (36, 18)])
def test_places_are_what_the_definition_says(patches, height, width):
    images, chance = numbered(height, width, count=3), chances(3)
    shuffle = PatchShuffle(patches=patches)
    out, orders = shuffle(images, chance=chance), shuffle.orders(chance)
    high, wide = height // patches, width // patches
    expected = images.clone()
    for row in range(3):
        for place, source in enumerate(orders[row].tolist()):
            top, left = place // patches * high, place % patches * wide
            above, before = source // patches * high, source % patches * wide
            patch = images[row, :, above : above + high, before : before + wide]
            expected[row, :, top : top + high, left : left + wide] = patch
    assert torch.equal(out, expected)


@every_grid
def test_no_pixel_is_lost(patches, images, chance):
    out = PatchShuffle(patches=patches)(images, chance=chance)
    assert torch.equal(out.flatten(2).sort(2).values, images.flatten(2).sort(2).values)


@every_grid
def test_unshuffling_restores(patches, images, chance):
    shuffle = PatchShuffle(patches=patches)
    out = shuffle(images, chance=chance)
    assert torch.equal(shuffle.put_back(out, chance=chance), images)


def test_maps_of_any_range_are_put_back_alike(images, chance):
    shuffle, maps = PatchShuffle(patches=4), images * 100 - 30
    moved = move_patches(maps, shuffle.orders(chance), 4)
    assert torch.equal(shuffle.put_back(moved, chance=chance), maps)


@pytest.mark.parametrize(("size", "patches", "margin"), [(224, 3, 2), (32, 5, 2), (33, 4, 1)])
def test_size_is_kept_and_what_is_left_over_stays(size, patches, margin):
    """The published code shrinks 224 px to 222 when it cuts them into 3 x 3."""
    images = numbered(size, size)
    out = PatchShuffle(patches=patches)(images, chance=chances(1))
    assert out.shape == images.shape
    assert torch.equal(out[..., -margin:, :], images[..., -margin:, :])
    assert torch.equal(out[..., -margin:], images[..., -margin:])
    assert not torch.equal(out, images)


@pytest.mark.parametrize("patches", [2, 3, 4])
def test_no_image_stays_whole(patches):
    """The published code leaves 4.2 % of the images whole at 2 x 2."""
    orders = PatchShuffle(patches=patches).orders(chances(1000))
    assert not (orders == torch.arange(patches**2)).all(1).any()
    assert torch.equal(orders.sort(1).values, torch.arange(patches**2).expand(1000, -1))


def test_every_other_order_is_equally_likely():
    orders = PatchShuffle(patches=2).orders(chances(23 * 400))
    _, counts = orders.unique(dim=0, return_counts=True)
    assert len(counts) == math.factorial(4) - 1
    assert float((counts - 400).square().sum() / 400) < 44.7  # chi-square, 22 degrees, p = .003


def test_the_same_image_is_shuffled_alike_for_every_model_and_run(images, chance):
    shuffle = PatchShuffle(patches=4)
    assert torch.equal(shuffle(images, chance=chance), shuffle(images, chance=chance))


def test_seeds_images_and_grids_have_orders_of_their_own():
    orders = PatchShuffle(patches=4).orders(chances(50))
    assert len(orders.unique(dim=0)) == 50
    assert not (orders == PatchShuffle(patches=4).orders(chances(50, seed=1))).all(1).any()


@pytest.mark.parametrize("method", [PatchShuffle, PatchBorders])
@pytest.mark.parametrize("patches", [1, 0, -2])
def test_fewer_than_two_patches_are_refused(method, patches):
    with pytest.raises(ConfigError) as caught:
        method(patches=patches)
    assert str(caught.value) == (
        f"`patches` must be at least 2 (an image is cut into patches x patches), got {patches}."
    )


@pytest.mark.parametrize("method", [PatchShuffle, PatchBorders])
def test_more_patches_than_pixels_are_refused(method, images, chance):
    with pytest.raises(ConfigError) as caught:
        method(patches=19)(images, chance=chance)
    assert str(caught.value) == (
        "`patches` must be at most the shorter side of the images, 18 px, got 19. "
        "Use fewer patches or larger images."
    )


def test_chance_of_other_images_is_refused(images, chance, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    for action in (PatchShuffle(patches=2), PatchShuffle(patches=2).put_back):
        with pytest.raises(ConfigError) as caught:
            action(images, chance=chance.take([0]))
        assert str(caught.value) == (
            "`chance` must have one entry an image, expected 12, got 1. "
            "Cut all arguments to the same images."
        )


@pytest.mark.parametrize(
    ("side", "patches", "expected"),
    [(8, 2, [4]), (8, 4, [2, 4, 6]), (9, 2, [4, 8]), (224, 3, [74, 148, 222]), (3, 3, [1, 2])],
)
def test_seams_are_where_patches_meet_each_other_or_the_margin(side, patches, expected):
    assert seams(side, patches) == expected


@pytest.mark.parametrize("patches", [2, 3, 4])
def test_borders_touch_only_the_pixels_at_the_seams(patches):
    images = numbered(18, 20, count=2) * 0.2 + 0.4
    changed = (PatchBorders(patches=patches)(images, chance=chances(2)) != images).any(0).any(0)
    at_seam = torch.zeros(18, 20, dtype=torch.bool)
    for cut in seams(18, patches):
        at_seam[cut - 1 : cut + 1] = True
    for cut in seams(20, patches):
        at_seam[:, cut - 1 : cut + 1] = True
    assert not changed[~at_seam].any()
    assert changed[at_seam].float().mean() > 0.8


def test_a_border_is_as_strong_as_the_edges_that_the_shuffle_makes():
    """The mean squared step across the seam is that between pixels which a shuffle joins."""
    torch_noise = torch.from_numpy(chances(64).uniform((3, 32, 32), method="test").numpy())
    images = torch_noise * 0.3 + 0.35  # no border is clipped, and no pixel resembles the next
    chance = chances(64)

    def step(out: torch.Tensor) -> float:
        return float((out[:, :, 16, :15] - out[:, :, 15, :15]).square().mean())

    shuffled = PatchShuffle(patches=2)(images, chance=chance)
    own = step(images)  # neighbours differ already, and the drawn step comes on top
    drawn = step(PatchBorders(patches=2)(images, chance=chance)) - own
    assert drawn == pytest.approx(step(shuffled), rel=0.1)


def test_flat_images_get_no_borders(chance):
    flat = torch.full((12, 3, 18, 20), 0.3)
    assert torch.equal(PatchBorders(patches=4)(flat, chance=chance), flat)


def test_neighbouring_seams_step_in_turn():
    images = numbered(8, 8) * 0.2 + 0.4
    change = PatchBorders(patches=4)(images, chance=chances(1)) - images
    row = change[0, 0, 0].sign().tolist()
    assert row == [0, -1, 1, 1, -1, -1, 1, 0]
