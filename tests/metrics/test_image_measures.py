"""Measures of a map and its image: edges and alignment, against SciPy and closed forms."""

import numpy as np
import pytest
import torch
from scipy.ndimage import sobel
from scipy.stats import spearmanr

from cuelens import metrics
from cuelens.metrics import IMAGE_MEASURES

every_measure = pytest.mark.parametrize("measure", IMAGE_MEASURES.values(), ids=IMAGE_MEASURES)


@pytest.fixture
def images():
    return torch.rand(4, 3, 12, 10, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def maps():
    return torch.randn(4, 3, 12, 10, generator=torch.Generator().manual_seed(0))


def test_every_measure_is_under_test():
    assert dict(IMAGE_MEASURES) == {
        "edge_overlap": metrics.edge_overlap,
        "alignment": metrics.alignment,
        "cosine_alignment": metrics.cosine_alignment,
    }


def test_edges_are_those_of_scipys_sobel(images):
    found = metrics.edge_strength(images)
    for image, edges in zip(images.double().numpy(), found, strict=True):
        slopes = [sobel(plane, axis, mode="nearest") for plane in image for axis in (0, 1)]
        np.testing.assert_allclose(edges, np.sqrt(np.square(slopes).sum(0)) / 8, atol=1e-12)


def test_a_ramp_is_as_steep_as_it_rises_and_a_flat_image_is_exactly_flat():
    ramp = (torch.arange(10.0) / 50).expand(1, 1, 8, 10)
    torch.testing.assert_close(
        metrics.edge_strength(ramp)[0, :, 1:-1], torch.full((8, 8), 0.02).double()
    )
    assert (metrics.edge_strength(torch.full((1, 3, 8, 8), 0.3)) == 0).all()


def test_an_edge_between_colours_of_one_brightness_counts():
    image = torch.full((1, 3, 6, 6), 0.5)
    image[0, 0, :, 3:], image[0, 1, :, 3:] = 0.6, 0.5 - 0.1 * 0.299 / 0.587
    assert metrics.edge_strength(image)[0, :, 2:4].amin() > 0.04


def test_edge_overlap_is_the_rank_correlation_with_the_edges(images, maps):
    found = metrics.edge_overlap(maps, images)
    edges = metrics.edge_strength(images)
    for place in range(4):
        strength = maps[place].double().abs().sum(0).flatten()
        expected = spearmanr(strength, edges[place].flatten()).statistic
        assert found[place].item() == pytest.approx(expected, abs=1e-6)


def test_a_map_of_the_edges_overlaps_with_them_wholly(images):
    map_of_edges = metrics.edge_strength(images)[:, None].expand(-1, 3, -1, -1)
    torch.testing.assert_close(
        metrics.edge_overlap(map_of_edges, images), torch.ones(4, dtype=torch.float64)
    )
    below = 1 - map_of_edges
    torch.testing.assert_close(
        metrics.edge_overlap(below, images), -torch.ones(4, dtype=torch.float64)
    )


def test_alignment_is_the_distance_to_the_boundary_of_a_linear_model(images):
    weight = torch.randn(3, 12, 10, generator=torch.Generator().manual_seed(5)).double()
    maps = weight.expand(4, -1, -1, -1)
    score = (images.double() * weight).sum((1, 2, 3))
    distance = score.abs() / weight.square().sum().sqrt()
    torch.testing.assert_close(metrics.alignment(maps, images.double()), distance)


def test_alignment_of_an_image_with_itself_is_its_length_and_the_cosine_one(images):
    lengths = images.square().sum((1, 2, 3)).sqrt()
    torch.testing.assert_close(metrics.alignment(images, images), lengths)
    torch.testing.assert_close(metrics.cosine_alignment(-2 * images, images), torch.ones(4))


def test_a_map_at_right_angles_to_its_image_is_not_aligned():
    image = torch.tensor([[[[0.2, 0.4]]]])
    across = torch.tensor([[[[-0.4, 0.2]]]])
    assert metrics.alignment(across, image).item() == pytest.approx(0, abs=1e-7)
    assert metrics.cosine_alignment(across + image, image).item() == pytest.approx(2**-0.5)


def test_a_tiny_gradient_is_aligned_as_a_large_one(images, maps):
    expected = metrics.alignment(maps.double(), images)
    torch.testing.assert_close(metrics.alignment(maps.double() * 1e-250, images), expected)


@every_measure
@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_a_map_without_a_shape_spoils_its_own_measures_only(measure, maps, images, value):
    expected = measure(maps, images)
    maps[2] = value
    found = measure(maps, images)
    assert found[2].isnan()
    torch.testing.assert_close(found[[0, 1, 3]], expected[[0, 1, 3]])


def test_flat_and_black_images_have_no_edges_and_no_direction(maps):
    black = torch.zeros(4, 3, 12, 10)
    assert metrics.edge_overlap(maps, black + 0.5).isnan().all()
    assert metrics.cosine_alignment(maps, black).isnan().all()
    assert (metrics.alignment(maps, black) == 0).all()


def test_of_one_pixel_alignment_is_known_and_edges_are_not():
    pixel, one = torch.full((1, 3, 1, 1), 0.5), torch.full((1, 3, 1, 1), -2.0)
    assert metrics.edge_overlap(one, pixel).isnan()
    assert metrics.alignment(one, pixel).item() == pytest.approx(0.5 * 3**0.5)
    assert metrics.cosine_alignment(one, pixel).item() == pytest.approx(1)


@every_measure
def test_each_image_is_measured_by_itself_and_arguments_stay(measure, maps, images):
    before = maps.clone(), images.clone()
    torch.testing.assert_close(measure(maps, images)[1:2], measure(maps[1:2], images[1:2]))
    assert measure(maps, images).dtype == maps.dtype
    assert torch.equal(maps, before[0])
    assert torch.equal(images, before[1])
