"""Deletion and insertion on models whose probability is known at every step."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from cuelens import metrics
from cuelens.errors import ConfigError
from cuelens.metrics import Fill

AREAS = (metrics.deletion_area, metrics.insertion_area)
every_area = pytest.mark.parametrize("area", AREAS)


def bright(images):
    """Return logits whose softmax gives class 0 the mean of the pixels, at most all but 1e-9."""
    mean = images.double().mean((1, 2, 3)).clamp(1e-9, 1 - 1e-9)
    return torch.stack([mean.log(), (1 - mean).log()], 1)


def row(*values):
    return torch.tensor(values, dtype=torch.float64)[None, None, None]


@pytest.fixture
def images():
    return torch.rand(4, 3, 8, 6, generator=torch.Generator().manual_seed(2)).double()


@pytest.fixture
def maps():
    return torch.randn(4, 3, 8, 6, generator=torch.Generator().manual_seed(0)).double()


LABELS = torch.tensor([0, 1, 0, 1])
CLASS = torch.zeros(1, dtype=torch.int64)


def test_pixels_go_in_the_order_of_their_strength():
    image, order = row(0.8, 0.4, 0.2, 0.6), row(-9.0, 1.0, 2.0, 3.0)
    curve = metrics.probability_curve(
        bright, image, torch.zeros_like(image), order, CLASS, steps=4, batch_size=2
    )
    assert curve[0].tolist() == pytest.approx([0.5, 0.3, 0.15, 0.1, 0], abs=1e-8)
    found = metrics.deletion_area(bright, image, order, CLASS, steps=4, fill=Fill.BLACK)
    assert found.item() == pytest.approx((0.25 + 0.3 + 0.15 + 0.1) / 4)
    found = metrics.insertion_area(bright, image, order, CLASS, steps=4, fill=Fill.BLACK)
    assert found.item() == pytest.approx((0.2 + 0.35 + 0.4 + 0.25) / 4)


def test_the_best_order_deletes_least_and_inserts_most(images):
    def area(measure, order):
        return measure(bright, images, order, torch.zeros(4).long(), fill=Fill.BLACK, steps=48)

    best, worst = images, 1 - images
    assert (area(metrics.deletion_area, best) < area(metrics.deletion_area, worst)).all()
    assert (area(metrics.insertion_area, best) > area(metrics.insertion_area, worst)).all()


def test_a_mean_fill_keeps_what_depends_on_the_mean_alone():
    image = torch.full((1, 3, 8, 8), 0.3).double()
    for area in AREAS:
        found = area(bright, image, torch.rand(1, 3, 8, 8).double(), CLASS)
        assert found.item() == pytest.approx(0.3)


def test_fewer_steps_are_the_same_curve_at_fewer_points(images, maps):
    def curve(steps):
        return metrics.probability_curve(
            bright, images, torch.zeros_like(images), maps, LABELS, steps=steps, batch_size=64
        )

    assert curve(48).shape == (4, 49)
    torch.testing.assert_close(curve(12), curve(48)[:, ::4])
    assert curve(1000).shape == (4, 49)  # no step without a pixel


def test_equal_strengths_go_row_by_row():
    image = row(0.8, 0.4, 0.2, 0.6)
    curve = metrics.probability_curve(
        bright, image, torch.zeros_like(image), torch.ones_like(image), CLASS, steps=2, batch_size=9
    )
    assert curve[0].tolist() == pytest.approx([0.5, 0.2, 0], abs=1e-8)


@every_area
@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_the_batch_bounds_memory_and_changes_nothing(area, images, maps, batch_size):
    seen = []

    def counted(batch):
        seen.append(len(batch))
        return bright(batch)

    expected = area(bright, images, maps, LABELS, steps=10)
    found = area(counted, images, maps, LABELS, steps=10, batch_size=batch_size)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=0)
    assert max(seen) <= batch_size
    assert sum(seen) == 4 * 11


@every_area
def test_the_class_that_is_followed_is_the_given_one(area, images, maps):
    one = area(bright, images, maps, torch.zeros(4, dtype=torch.int32))
    torch.testing.assert_close(area(bright, images, maps, torch.ones(4).long()), 1 - one)


@every_area
@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_a_map_without_a_shape_has_no_order(area, images, maps, value):
    expected = area(bright, images, maps, LABELS)
    maps[2] = value
    found = area(bright, images, maps, LABELS)
    assert found[2].isnan()
    torch.testing.assert_close(found[[0, 1, 3]], expected[[0, 1, 3]])


@every_area
def test_logits_that_are_no_numbers_give_none(area, images, maps):
    assert area(lambda batch: bright(batch) * torch.nan, images, maps, LABELS).isnan().all()


@every_area
def test_one_pixel_goes_in_one_step(area):
    image = torch.full((1, 1, 1, 1), 0.6).double()
    found = area(bright, image, -image, CLASS, fill=Fill.BLACK)
    assert found.item() == pytest.approx(0.3)


@every_area
def test_no_images_have_no_areas(area, images, maps):
    assert area(bright, images[:0], maps[:0], LABELS[:0]).shape == (0,)


def test_fills_are_what_they_say(images):
    assert (Fill.BLACK(images) == 0).all()
    mean = Fill.MEAN(images)
    torch.testing.assert_close(mean[1, 2], images[1, 2].mean().expand(8, 6))
    blurred = [gaussian_filter(plane, 0.75) for plane in images[1].numpy()]
    np.testing.assert_allclose(Fill.BLUR(images)[1], blurred, atol=1e-12)
    assert [eval(repr(fill)) for fill in Fill] == list(Fill)  # noqa: S307 - for records' keys


@every_area
def test_arguments_and_the_model_stay_as_they_were(area, images, maps):
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(144, 2)).double()
    before = images.clone(), maps.clone(), LABELS.clone()
    leaf = images.clone().requires_grad_()
    assert not area(network, leaf, maps, LABELS).requires_grad
    assert leaf.grad is None
    assert all(parameter.grad is None for parameter in network.parameters())
    for kept, now in zip(before, (images, maps, LABELS), strict=True):
        assert torch.equal(kept, now)


@every_area
@pytest.mark.parametrize("name", ["steps", "batch_size"])
def test_sizes_below_one_are_refused(area, images, maps, name):
    with pytest.raises(ConfigError) as caught:
        area(bright, images, maps, LABELS, **{name: 0})
    assert str(caught.value) == f"`{name}` must be at least 1, got 0. 32 and 64 are usual."
