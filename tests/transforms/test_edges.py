"""Edges: where steps are, one pixel wide, and Canny's method pixel by pixel."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from cuelens.errors import ConfigError, DataError
from cuelens.randomness import Chance
from cuelens.transforms import Edges

ONE = Chance(0, ("a",))


def lines(pixels, edges: Edges | None = None) -> np.ndarray:
    """Return where lines are drawn on one grey image."""
    image = torch.as_tensor(np.array(pixels), dtype=torch.float64).expand(1, 1, *pixels.shape)
    return (edges or Edges())(image, chance=ONE)[0, 0].numpy() == 0


@pytest.mark.parametrize("deviation", [0, 0.5, math.sqrt(2), 3])
@pytest.mark.parametrize("height", [0.1, 0.6, -0.6])
def test_a_step_is_one_straight_line_on_its_bright_side(deviation, height):
    image = np.full((32, 40), 0.5 - height / 2)
    image[:, 20:] += height
    expected = np.zeros((32, 40), dtype=bool)
    expected[:, 20 if height > 0 else 19] = True
    assert np.array_equal(lines(image, Edges(deviation=deviation)), expected)
    assert np.array_equal(lines(image.T, Edges(deviation=deviation)), expected.T)


def test_a_slanted_step_is_a_line_beside_it():
    rows, columns = np.mgrid[:48, :48]
    apart = (columns - 24) * math.cos(0.4) + (rows - 24) * math.sin(0.4)
    image = np.clip(0.5 + apart, 0.2, 0.8)
    drawn = lines(image)
    assert (np.abs(apart[drawn]) <= 1).all()
    assert drawn.any(1).all()  # it is not broken
    assert drawn.sum() <= 1.3 * 48 / math.cos(0.4)  # nor wide


def test_a_disc_is_a_circle():
    rows, columns = np.mgrid[:64, :64] - 31.5
    radius = np.hypot(rows, columns)
    drawn = lines(np.clip(20.5 - radius, 0, 1) * 0.5 + 0.2)
    assert (np.abs(radius[drawn] - 20) < 1.2).all()
    angles = np.arctan2(rows[drawn], columns[drawn])
    assert len(np.unique(np.floor(angles * 24 / math.pi))) == 48  # it is closed
    assert drawn.sum() < 1.2 * 2 * math.pi * 20


def test_flat_images_and_faint_slopes_stay_white():
    assert not lines(np.full((20, 20), 0.37)).any()
    ramp = np.tile(np.linspace(0.4, 0.45, 20), (20, 1))  # .0026 a pixel, below 1/255
    assert not lines(ramp).any()


def test_a_weak_line_is_drawn_where_a_strong_one_touches_it():
    image = np.full((40, 40), 0.2)
    image[:20, 20:] += 0.6
    image[20:, 20:] += 0.35
    alone = np.full((40, 40), 0.2)
    alone[:20, 25:] += 0.6
    alone[30:, :12] += 0.24
    settings = Edges(share=0.04, ratio=0.4)
    assert lines(image, settings)[:, 19:22].any(1).all()
    assert lines(image, Edges(share=0.04, ratio=1))[30:].sum() == 0
    assert lines(alone, Edges(share=0.2, ratio=0.1))[25:, :12].any()
    assert not lines(alone, settings)[25:, :12].any()


def canny(image: np.ndarray, deviation: float, share: float, ratio: float) -> np.ndarray:
    """Return where Canny's lines are, pixel by pixel."""
    smooth = ndimage.gaussian_filter(image, deviation, mode="reflect")
    border = np.pad(smooth, 1, mode="symmetric")
    down, across = (
        (border[2:, 1:-1] - border[:-2, 1:-1]) / 2,
        (border[1:-1, 2:] - border[1:-1, :-2]) / 2,
    )
    steep = np.hypot(down, across)
    ranked = np.sort(steep, None)
    strong = max(ranked[steep.size - 1 - math.floor(share * steep.size)], 1 / 255)
    weak = max(strong * ratio, 1 / 255)
    around = np.pad(steep, 1, mode="symmetric")
    crest = np.zeros(image.shape, dtype=bool)
    for row, column in np.ndindex(*image.shape):
        slope = np.array([down[row, column], across[row, column]])
        if not slope.any():
            continue
        # One pixel along the slope, on the square through the eight neighbours.
        step = slope / np.abs(slope).max()
        steepness = [
            ndimage.map_coordinates(
                around, (np.array([row + 1, column + 1]) + s * step)[:, None], order=1
            )[0]
            for s in (1, -1)
        ]
        crest[row, column] = steep[row, column] >= max(steepness)
    labels, _ = ndimage.label(crest & (steep > weak), np.ones((3, 3)))
    return np.isin(labels, np.unique(labels[crest & (steep > strong)])) & (labels > 0)


@pytest.mark.parametrize(
    ("deviation", "share", "ratio"), [(1, 0.3, 0.4), (math.sqrt(2), 0.1, 0.7), (2, 0.5, 0.2)]
)
def test_lines_are_those_of_cannys_method(deviation, share, ratio):
    generator = np.random.Generator(np.random.Philox(key=6))
    image = generator.random((31, 24))
    drawn = lines(image, Edges(deviation=deviation, share=share, ratio=ratio))
    assert drawn.any()
    assert np.array_equal(drawn, canny(image, deviation, share, ratio))


def test_turned_and_mirrored_images_have_turned_and_mirrored_lines():
    image = np.random.Generator(np.random.Philox(key=7)).random((20, 26))
    drawn = lines(image)
    assert np.array_equal(lines(image[::-1]), drawn[::-1])
    assert np.array_equal(lines(image[:, ::-1]), drawn[:, ::-1])
    assert np.array_equal(lines(image.T), drawn.T)


def test_contrast_does_not_matter_where_slopes_are_steep():
    image = np.random.Generator(np.random.Philox(key=8)).random((20, 26))
    drawn = lines(image)
    assert np.array_equal(lines(0.1 + 0.5 * image), drawn)


def test_colours_count_by_their_luminance(images, chance):
    grey = 0.299 * images[:, 0] + 0.587 * images[:, 1] + 0.114 * images[:, 2]
    out = Edges()(images, chance=chance)
    assert set(out.unique().tolist()) == {0, 1}
    assert torch.equal(out, Edges()(grey[:, None], chance=chance).expand(-1, 3, -1, -1))
    with pytest.raises(DataError):
        Edges()(images[:, :2], chance=chance)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"deviation": -1}, "`deviation` must be a finite number of at least 0 pixels, got -1."),
        ({"share": 1}, "`share` must be above 0 and below 1 (of the pixels), got 1."),
        (
            {"ratio": 0},
            "`ratio` must be above 0 and at most 1 (weak to strong threshold), got 0.",
        ),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ConfigError) as caught:
        Edges(**settings)
    assert str(caught.value) == message
