"""Planted readers: one that sees outlines alone, one that sees textures alone.

Both work on pixels and know how images are drawn; they have learned nothing. On conflict sets the
first must answer with the shape and the second with the texture.
"""

from functools import cache
from itertools import product

import pytest
import torch
from torch import Tensor
from torch.nn.functional import max_pool2d, unfold

from cuelens.datasets import CueControlled
from cuelens.datasets.figures import figure_masks
from cuelens.datasets.scenes import LUMINANCE
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels
from cuelens.textures import TEXTURE_NUMBERS, texture_fields

SIZE = 32
LAG = 4


def grey(images: Images) -> Tensor:
    return (images * torch.tensor(LUMINANCE)[:, None, None]).sum(1)


def outlines(images: Images) -> Tensor:
    """Return where images differ from their border by half of what the middle does."""
    levels = grey(images)
    border = torch.cat([levels[:, 0], levels[:, -1], levels[:, :, 0], levels[:, :, -1]], 1)
    behind = border.median(1).values[:, None, None]
    return (levels - behind).abs() > (0.5 - behind).abs() / 2


@cache
def templates() -> tuple[Tensor, Labels]:
    """Return outlines of every shape over a lattice of poses, one a row, and their shapes."""
    places = torch.linspace(0.45, 0.55, 5).tolist()
    scales = torch.linspace(0.85, 1.1, 4).tolist()
    turns = (torch.linspace(-15, 15, 5) / 360).tolist()
    poses = torch.tensor(list(product(places, places, scales, turns)))
    shapes = torch.arange(10).repeat_interleave(len(poses))
    masks = figure_masks(shapes, poses.repeat(10, 1), size=SIZE)
    return masks.flatten(1).float(), shapes


def read_shapes(images: Images) -> Labels:
    """Return the shape of the template that most overlaps each outline."""
    masks, shapes = templates()
    seen = outlines(images).flatten(1).float()
    both = seen @ masks.T
    likeness = both / (seen.sum(1)[:, None] + masks.sum(1) - both)
    return shapes[likeness.argmax(1)]


def autocorrelation(fields: Tensor, masks: Tensor) -> Tensor:
    """Return how alike a field is to itself at small shifts, within its mask; one row a field."""
    kept = masks.float()
    mean = (fields * kept).sum((1, 2)) / kept.sum((1, 2))
    centred = (fields - mean[:, None, None]) * kept
    width = 2 * LAG + 1

    def shifted(values: Tensor) -> Tensor:
        return unfold(values[:, None], width, padding=LAG)

    products = (centred.flatten(1)[:, None] * shifted(centred)).sum(2)
    counts = (kept.flatten(1)[:, None] * shifted(kept)).sum(2).clamp_min(1)
    found = products / counts
    return found / found[:, width * LAG + LAG, None]


@cache
def known_textures() -> Tensor:
    """Return the mean autocorrelation of each texture, one row a texture."""
    numbers = Chance(9, tuple(map(str, range(100)))).uniform((TEXTURE_NUMBERS,), method="planted")
    whole = torch.ones(100, SIZE, SIZE)
    return torch.stack(
        [
            autocorrelation(
                texture_fields(torch.full((100,), kind), numbers, size=SIZE), whole
            ).mean(0)
            for kind in range(10)
        ]
    )


def read_textures(images: Images) -> Labels:
    """Return the texture whose autocorrelation is nearest to that within each outline."""
    inner = -max_pool2d(-outlines(images).float(), 3, 1, 1) > 0
    return torch.cdist(autocorrelation(grey(images), inner), known_textures()).argmin(1)


@pytest.fixture(scope="module")
def conflict() -> CueControlled:
    return CueControlled(count=270, split="test", conflict=True, figure_contrast=0.4)


@pytest.fixture(scope="module")
def images(conflict) -> Images:
    return conflict.images(torch.arange(len(conflict)))


@pytest.fixture(scope="module")
def shapes(images) -> Labels:
    return read_shapes(images)


@pytest.fixture(scope="module")
def textures(images) -> Labels:
    return read_textures(images)


def shape_bias(answers: Labels, dataset: CueControlled) -> float:
    shapes = int((answers == dataset.cues["shape"]).sum())
    textures = int((answers == dataset.cues["texture"]).sum())
    return shapes / (shapes + textures)


def test_outlines_read_from_pixels_are_the_masks(conflict, images):
    agree = outlines(images) == conflict.masks(torch.arange(len(conflict)))
    assert float(agree.float().mean()) > 0.99


def test_a_reader_of_outlines_has_shape_bias_one(conflict, shapes):
    assert float((shapes == conflict.cues["shape"]).float().mean()) > 0.99
    assert shape_bias(shapes, conflict) > 0.99


def test_a_reader_of_textures_has_shape_bias_zero(conflict, textures):
    assert float((textures == conflict.cues["texture"]).float().mean()) > 0.95
    assert shape_bias(textures, conflict) < 0.01


def test_a_coin_between_the_two_has_shape_bias_one_half(conflict, shapes, textures):
    coin = Chance(0, conflict.ids).uniform((1,), method="coin")[:, 0] < 0.5
    answers = torch.where(coin, shapes, textures)
    assert shape_bias(answers, conflict) == pytest.approx(0.5, abs=0.1)


def test_readers_need_the_cue_that_they_read():
    without = CueControlled(count=150, texture_contrast=0.0, figure_contrast=0.4)
    images = without.images(torch.arange(150))
    assert float((read_shapes(images) == without.labels).float().mean()) > 0.99
    assert float((read_textures(images) == without.labels).float().mean()) < 0.3
