"""Shapes: exact distances, one area, centred."""

import numpy as np
import pytest
import torch

from cuelens.datasets.figures import AREA, SHAPES, figure_distances, figure_masks
from cuelens.errors import ConfigError

CENTRED = torch.tensor([[0.5, 0.5, 1.0, 0.0]])
every_shape = pytest.mark.parametrize("shape", range(len(SHAPES)), ids=SHAPES)


def distances(shape: int, pose: torch.Tensor = CENTRED, size: int = 224) -> torch.Tensor:
    return figure_distances(torch.full((len(pose),), shape), pose, size=size)


def test_there_are_ten_shapes_of_different_names():
    assert len(set(SHAPES)) == 10


@every_shape
def test_area_and_centroid_say_nothing_about_the_shape(shape):
    inside = distances(shape, size=500)[0] <= 0
    places = (torch.arange(500) + 0.5) / 500
    assert float(inside.double().mean()) == pytest.approx(AREA, abs=0.002)
    assert float((inside.double().sum(0) * places).sum() / inside.sum()) == pytest.approx(
        0.5, abs=0.001
    )
    assert float((inside.double().sum(1) * places).sum() / inside.sum()) == pytest.approx(
        0.5, abs=0.001
    )


@every_shape
def test_distance_is_that_to_the_nearest_edge(shape):
    size = 300
    distance = distances(shape, size=size)[0].double()
    inside = distance <= 0
    edge = torch.zeros_like(inside)
    edge[:-1] |= inside[:-1] != inside[1:]
    edge[:, :-1] |= inside[:, :-1] != inside[:, 1:]
    edges = (edge.nonzero() + 0.5) / size
    some = torch.from_numpy(
        np.random.Generator(np.random.Philox(key=0)).integers(0, size, (400, 2))
    )
    nearest = torch.cdist((some.double() + 0.5) / size, edges.double()).amin(1)
    found = distance[some[:, 0], some[:, 1]].abs()
    near = found < 0.03  # farther from the edge a heart knows a lower bound, as a crescent outside
    if SHAPES[shape] == "crescent":
        near = inside[some[:, 0], some[:, 1]]
    assert near.sum() > 20
    torch.testing.assert_close(found[near], nearest[near], rtol=0, atol=2 / size)
    assert (found <= nearest + 2 / size).all()


@every_shape
def test_pose_moves_scales_and_turns_the_figure(shape):
    plain = distances(shape, size=200)[0]
    shifted = distances(shape, torch.tensor([[0.55, 0.45, 1.0, 0.0]]), size=200)[0]
    torch.testing.assert_close(shifted[:-10, 10:], plain[10:, :-10], rtol=0, atol=1e-5)
    turned = distances(shape, torch.tensor([[0.5, 0.5, 1.0, 0.25]]), size=200)[0]
    torch.testing.assert_close(turned, torch.rot90(plain, -1), rtol=0, atol=1e-5)
    doubled = distances(shape, torch.tensor([[0.5, 0.5, 0.5, 0.0]]), size=400)[0]
    torch.testing.assert_close(doubled[100:300, 100:300], plain / 2, rtol=0, atol=1e-5)


@every_shape
def test_mask_is_the_same_figure_at_a_finer_size(shape):
    pose = torch.tensor([[0.53, 0.48, 0.9, 0.03], [0.5, 0.52, 1.1, -0.04]])
    kinds = torch.full((2,), shape)
    coarse = figure_masks(kinds, pose, size=32)
    assert torch.equal(coarse, figure_masks(kinds, pose, size=96)[:, 1::3, 1::3])


def test_shapes_overlap_each_other_only_in_part():
    masks = torch.cat([distances(shape) <= 0 for shape in range(10)]).flatten(1).double()
    both = masks @ masks.T
    union = masks.sum(1)[:, None] + masks.sum(1) - both
    assert float((both / union - torch.eye(10)).max()) < 0.85


def test_unknown_shape_is_refused():
    with pytest.raises(ConfigError) as caught:
        figure_distances(torch.tensor([-1]), CENTRED, size=32)
    assert str(caught.value) == "`shapes` must lie in 0 to 9, got -1 to -1."
