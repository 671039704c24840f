"""A quilt is made of patches of its picture, fits where they meet, and is not the picture."""

import math

import jaxtyping
import numpy as np
import pytest
import torch

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.transforms import TextureSynthesis
from cuelens.transforms.boundary_cut import beyond_the_cut
from cuelens.transforms.quilting import Grid, quilt


def chances(count: int) -> Chance:
    return Chance(4, tuple(f"image {row}" for row in range(count)))


def smooth(count: int, size: int) -> torch.Tensor:
    """Images of blobs a few pixels wide."""
    noise = np.random.Generator(np.random.Philox(key=1)).random((count, 3, size, size))
    blurred = torch.nn.functional.avg_pool2d(torch.from_numpy(noise).float(), 3, 1, 1)
    return ((blurred - 0.3) * 2.5).clamp(0, 1)


def squared(picture: np.ndarray, place: int, old: np.ndarray, where: np.ndarray, side: int) -> int:
    width = picture.shape[2]
    down, right = divmod(place, width)
    new = picture[:, down : down + side, right : right + side]
    return int((((new - old) ** 2).sum(0) * where).sum())


def quilted_one_patch_after_another(picture, positions, draws, grid, tolerance):
    """Return what `quilt` should: plain loops over the definition."""
    side, overlap, step, width = grid.patch, grid.overlap, grid.step, grid.width
    out = np.zeros((grid.rows * step + overlap, grid.columns * step + overlap), dtype=np.int64)
    chosen, taken = {}, dict.fromkeys(positions.tolist(), 0)

    def near(place, down, right):
        there = divmod(place, width)
        return max(abs(there[0] - down), abs(there[1] - right)) <= side // 2

    for rows, columns in grid.waves():
        before = dict(taken)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            window = out[row * step : row * step + side, column * step : column * step + side]
            old = picture.reshape(len(picture), -1)[:, window]
            meets = np.zeros((side, side), dtype=bool)
            meets[:overlap] |= row > 0
            meets[:, :overlap] |= column > 0
            barred = set()
            for neighbour, down, right in (
                ((row - 1, column), step, 0),
                ((row, column - 1), 0, step),
            ):
                if neighbour in chosen:
                    origin = divmod(chosen[neighbour], width)
                    place = origin[0] + down, origin[1] + right
                    barred |= {each for each in taken if near(each, *place)}
            left = [each for each in positions.tolist() if each not in barred] or list(taken)
            least = min(before[each] for each in left)
            left = [each for each in left if before[each] == least]
            errors = [squared(picture, each, old, meets, side) for each in left]
            good = [e for e, error in zip(left, errors, strict=True) if error <= min(errors) * 1.1]
            place = chosen[row, column] = good[math.floor(draws[row, column] * len(good))]
            for each in taken:
                taken[each] += near(each, *divmod(place, width))
            new = place + np.arange(side)[:, None] * width + np.arange(side)
            cost = ((picture.reshape(len(picture), -1)[:, new] - old) ** 2).sum(0).astype(float)
            shown = np.ones((side, side), dtype=bool)
            if column and overlap:
                shown[:, :overlap] &= beyond_the_cut(cost[None, :, :overlap])[0]
            if row and overlap:
                shown[:overlap] &= beyond_the_cut(cost[None, :overlap].swapaxes(1, 2))[0].T
            window[shown] = new[shown]
    return out[: grid.height, : grid.width]


@pytest.mark.parametrize(
    ("height", "width", "side", "overlap"),
    [(12, 12, 4, 1), (13, 17, 4, 2), (12, 10, 6, 2), (6, 9, 6, 2), (5, 5, 1, 0)],
)
def test_a_quilt_is_what_the_definition_says(height, width, side, overlap):
    grid = Grid(height, width, side, overlap)
    generator = np.random.Generator(np.random.Philox(key=9))
    pictures = generator.integers(0, 128, (3, 2, height, width))
    positions = np.tile(grid.positions(), (3, 1))
    draws = generator.random((3, grid.rows, grid.columns))
    found = quilt(pictures, positions=positions, draws=draws, grid=grid, tolerance=0.1)
    for row in range(3):
        expected = quilted_one_patch_after_another(
            pictures[row], positions[row], draws[row], grid, 0.1
        )
        assert np.array_equal(found[row], expected)


def test_patches_are_of_the_image():
    """Inside each patch, neighbours in the result are neighbours in the image."""
    images, synthesis = smooth(4, 32), TextureSynthesis()
    sources = synthesis.sources(images, chances(4))
    out = synthesis(images, chance=chances(4))
    assert torch.equal(out.flatten(2)[0, 1], images.flatten(2)[0, 1][sources[0].flatten()])
    grid = synthesis.grid(32, 32)
    assert (grid.patch, grid.overlap, grid.rows, grid.columns) == (8, 2, 5, 5)
    for row in range(5):
        for column in range(5):
            down, right = row * grid.step + 2, column * grid.step + 2
            inner = sources[:, down : down + 4, right : right + 4]
            first = inner[:, :1, :1]
            place = torch.arange(inner.shape[1])[:, None] * 32 + torch.arange(inner.shape[2])
            assert torch.equal(inner, first + place)


def test_no_patch_goes_on_where_its_neighbour_ends():
    images, synthesis = smooth(8, 32), TextureSynthesis()
    sources, grid = synthesis.sources(images, chances(8)), synthesis.grid(32, 32)
    middle = sources[:, 3 :: grid.step, 3 :: grid.step]
    down, right = middle // 32, middle % 32
    for axis, rise, shift in ((1, grid.step, 0), (2, 0, grid.step)):
        far = (down.diff(dim=axis) - rise).abs() > grid.patch // 2
        assert (far | ((right.diff(dim=axis) - shift).abs() > grid.patch // 2)).all()


@pytest.mark.parametrize("patch", [0.5, 0.25, 0.125])
def test_a_quilt_is_not_its_image(patch):
    images = smooth(8, 32)
    out = TextureSynthesis(patch=patch)(images, chance=chances(8))
    same = (out == images).all(1).flatten(1).float().mean(1)
    assert float(same.max()) < 0.2


@pytest.mark.parametrize("size", [1, 5, 32, 64])
def test_a_flat_image_stays(size):
    flat = torch.full((2, 3, size, size), 0.37)
    assert torch.equal(TextureSynthesis()(flat, chance=chances(2)), flat)


def test_patches_are_sewn_where_they_fit():
    """The steps across seams are those inside the image rather than those between any pixels."""
    images, synthesis = smooth(32, 32), TextureSynthesis()
    out = synthesis(images, chance=chances(32))
    seam = [each for cut in range(6, 30, 6) for each in (cut, cut + 1)]

    def step(pictures: torch.Tensor) -> float:
        return float(pictures.diff(dim=3)[..., seam].square().mean())

    shuffled = images.flatten(2)[
        ..., np.random.Generator(np.random.Philox(key=0)).permutation(1024)
    ]
    assert step(out) < 0.6 * step(shuffled.view(images.shape))
    assert step(out) < 2 * step(images)


def test_stripes_stay_stripes():
    stripes = (torch.arange(32) % 4 < 2).float().expand(8, 3, 32, 32)
    out = TextureSynthesis()(stripes, chance=chances(8))
    assert (out == out[:, :, :1]).float().mean() > 0.8
    assert (out[..., 4:] == out[..., :-4]).float().mean() > 0.8


def test_all_parts_of_an_image_come_to_be_in_its_quilt():
    """By fit alone a figure on a flat ground disappears: flat patches fit everywhere."""
    images = torch.full((32, 3, 32, 32), 0.8)
    images[:, :, 8:24, 8:24] = smooth(32, 16) / 2
    for patch in (0.5, 0.25, 0.125):
        out = TextureSynthesis(patch=patch)(images, chance=chances(32))
        figure = (out != 0.8).any(1).float().mean()
        assert 0.15 < float(figure) < 0.5  # of the images it is a quarter, in the middle


def test_of_a_large_image_some_patches_are_tried():
    images = smooth(2, 80)
    out = TextureSynthesis(patch=0.1)(images, chance=chances(2))
    again = TextureSynthesis(patch=0.1)(images[1:], chance=chances(2).take([1]))
    assert torch.equal(out[1:], again)
    colours = {tuple(colour) for colour in images[0].flatten(1).T.tolist()}
    assert {tuple(colour) for colour in out[0].flatten(1).T.tolist()} <= colours


def test_seeds_images_and_patches_have_quilts_of_their_own():
    images = smooth(1, 32).expand(3, -1, -1, -1)
    out = TextureSynthesis()(images, chance=chances(3))
    other = TextureSynthesis()(images, chance=Chance(5, chances(3).ids))
    assert len({each.numpy().tobytes() for each in [*out, *other]}) == 6


@pytest.mark.parametrize("patch", [0.0, -0.1, 0.6, math.nan])
def test_a_patch_out_of_range_is_refused(patch):
    with pytest.raises(ConfigError) as caught:
        TextureSynthesis(patch=patch)
    assert str(caught.value) == (
        f"`patch` must be above 0 and at most 0.5 (a share of the shorter side), got {patch:g}."
    )


def test_chance_of_other_images_is_refused(images, chance, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ConfigError) as caught:
        TextureSynthesis()(images, chance=chance.take([0]))
    assert str(caught.value) == (
        "`chance` must have one entry an image, expected 12, got 1. "
        "Cut all arguments to the same images."
    )
