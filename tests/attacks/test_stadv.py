"""StAdv against closed forms, and what it promises beyond the contract of every attack."""

import math
from itertools import pairwise

import jaxtyping
import pytest
import torch
from torch import nn

from cuelens.attacks import PGD
from cuelens.attacks.flows import moved
from cuelens.attacks.stadv import StAdv
from cuelens.balls import Displacement, Linf
from cuelens.errors import ConfigError
from cuelens.losses import cross_entropy, margin
from cuelens.randomness import Chance


def stadv(radius: float = 0.5, **settings) -> StAdv:
    return StAdv(ball=Displacement(radius=radius), **({"steps": 10} | settings))


def thorough(radius: float = 0.5, **settings) -> StAdv:
    return stadv(radius, **({"stop_when_fooled": False} | settings))


def mean_brightness(images: torch.Tensor) -> torch.Tensor:
    """Two classes: how bright the picture is on average, and nothing."""
    brightness = images.mean((1, 2, 3))
    return torch.stack([brightness, torch.zeros_like(brightness)], dim=1)


def slope(height: int = 6, width: int = 9, *, along_columns: bool = True) -> torch.Tensor:
    """One picture that brightens by 1/10 a pixel, to the right or downwards."""
    ramp = torch.arange(width) if along_columns else torch.arange(height)[:, None]
    return (0.1 + 0.1 * ramp.double()).expand(1, 3, height, width).clamp(0, 1).clone()


@pytest.mark.parametrize("along_columns", [True, False])
@pytest.mark.parametrize("radius", [0.25, 1.0])
def test_a_slope_darkens_as_much_as_the_radius_allows(radius, along_columns):
    """Each pixel reads `radius` further down the slope, but those that stand at its foot."""
    images, label = slope(along_columns=along_columns), torch.tensor([0])
    attack = thorough(radius, smoothness=0, steps=40)
    found = attack(mean_brightness, images, label, chance=Chance(0, ("a",)))
    size = 9 if along_columns else 6
    expected = 0.1 * radius * (size - 1) / size
    drop = (images - found.images).mean()
    torch.testing.assert_close(float(drop), expected, rtol=1e-6, atol=0)
    torch.testing.assert_close(float(found.lengths), radius, rtol=1e-12, atol=0)


def test_pictures_wider_than_high_are_moved_where_they_should():
    """The slope rises to the right: a darker picture is one moved right, not down."""
    images = slope(4, 9)
    found = thorough(1, smoothness=0, steps=40)(
        mean_brightness, images, torch.tensor([0]), chance=Chance(0, ("a",))
    ).images
    expected = images[..., [0, 0, 1, 2, 3, 4, 5, 6, 7]]
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_images_are_not_transposed(network, images, labels, chance):
    """The published experiment returns the transposed image where nothing moves."""
    found = stadv(0)(network, images, labels, chance=chance).images
    assert torch.equal(found, images)
    near = thorough(0.1)(network, images, labels, chance=chance).images
    distances = [(near - other).abs().mean() for other in (images, images.transpose(2, 3))]
    assert distances[0] < distances[1] / 3


def test_a_radius_of_nothing_changes_nothing(network, images, labels, chance):
    for attack in (stadv(0), thorough(0)):
        found = attack(network, images, labels, chance=chance)
        assert torch.equal(found.images, images)
        assert torch.equal(found.lengths, torch.zeros(16))
        assert torch.equal(found.curve.lengths, torch.zeros_like(found.curve.lengths))


@pytest.mark.parametrize("radius", [0.1, 1.0, 3.0])
def test_no_pixel_moves_further_than_the_radius(network, images, labels, chance, radius):
    """Seen in the image itself: a point of light is gone from where the flow may not carry it."""
    attack = thorough(radius, smoothness=0)
    found = attack(network.double(), images.double(), labels, chance=chance)
    assert (found.lengths <= radius).all()
    assert (found.lengths[2:] > 0.9 * radius).all()
    reach = math.ceil(radius)
    padded = nn.functional.pad(images.double(), [reach] * 4, mode="replicate")
    window = 2 * reach + 1
    brightest = nn.functional.max_pool2d(padded, window, stride=1)
    darkest = -nn.functional.max_pool2d(-padded, window, stride=1)
    assert (found.images <= brightest + 1e-12).all()
    assert (found.images >= darkest - 1e-12).all()


def test_an_image_of_one_colour_stays_as_it_is(network, chance):
    grey = torch.full((16, 3, 16, 16), 0.4)
    labels = network(grey).argmax(1)
    found = thorough(1)(network, grey, labels, chance=chance)
    torch.testing.assert_close(found.images, grey, rtol=0, atol=1e-7)


def test_an_image_leaves_at_its_first_wrong_iterate(network, images, labels, chance):
    found = stadv(1)(network, images, labels, chance=chance)
    fooled = margin(network(found.images), labels) < 0
    assert (found.steps[:2] == 0).all()
    assert torch.equal(found.images[:2], images[:2])
    assert torch.equal(found.lengths[:2], torch.zeros(2))
    assert fooled.sum() > 2
    assert (found.steps[fooled][2:] > 0).all()
    for steps in found.steps.unique().tolist()[1:]:
        rows = (found.steps == steps) & fooled
        shorter = stadv(1, steps=10)(network, images[rows], labels[rows], chance=chance.take(
            rows.nonzero()[:, 0]
        ))  # fmt: skip
        assert (shorter.steps == steps).all()


def test_with_and_without_an_early_exit_the_same_images_are_fooled(
    classify, images, labels, chance
):
    early, late = (
        attack(classify, images, labels, chance=chance) for attack in (stadv(0.5), thorough(0.5))
    )
    margins = [margin(classify(found.images), labels) for found in (early, late)]
    assert torch.equal(margins[0] < 0, margins[1] < 0)
    assert (margins[1] <= margins[0] + 1e-6).all()
    assert (late.steps == 10).all()


def test_an_image_ends_where_its_margin_was_lowest(classify, images, labels, chance):
    seen = []

    def watched(batch: torch.Tensor) -> torch.Tensor:
        logits = classify(batch)
        seen.append(margin(logits.detach(), labels))
        return logits

    found = thorough(20, steps=4)(watched, images, labels, chance=chance).images
    margins = torch.stack(seen)
    assert len(margins) == 5
    assert margins.argmin(0).unique().numel() > 1
    assert torch.equal(margin(classify(found), labels), margins.amin(0))


def test_more_radius_is_never_weaker(classify, images, labels, chance):
    margins = []
    for radius in (0, 0.05, 0.2, 0.5, 1):
        found = thorough(radius, smoothness=0)(classify, images, labels, chance=chance).images
        margins.append(margin(classify(found), labels))
    for less, more in pairwise(margins):
        assert (more < less).all()


def test_more_steps_lower_the_margin(classify, images, labels, chance):
    def after(steps: int) -> float:
        found = thorough(0.5, steps=steps)(classify, images, labels, chance=chance).images
        return float(margin(classify(found), labels).mean().detach())

    margins = [after(steps) for steps in (1, 5, 20)]
    assert margins == sorted(margins, reverse=True)
    assert margins[2] < margins[0]


def test_it_is_no_weaker_than_random_flows(classify, images, labels, chance):
    found = thorough(0.5)(classify, images, labels, chance=chance).images
    reached = margin(classify(found), labels)
    for draw in range(20):
        noise = 2 * chance.uniform((2, 16, 16), method="test", draw=draw) - 1
        flow = Displacement(radius=0.5).project(5 * noise)
        assert (reached < margin(classify(moved(images, flow)), labels)).all()


def test_more_smoothness_wrinkles_less(classify, images, labels, chance):
    """A high weight lets the picture move only as one: its pixels are then all read alike."""

    def roughness(smoothness: float) -> float:
        attack = thorough(1, smoothness=smoothness, steps=20)
        found = attack(classify, images, labels, chance=chance).images
        moves = [moved(images, flow(down, along)) for down, along in SHIFTS]
        nearest = torch.stack([(found - other).abs().mean((1, 2, 3)) for other in moves]).amin(0)
        return float(nearest.mean())

    def flow(down: float, along: float) -> torch.Tensor:
        return torch.tensor([down, along])[:, None, None].expand(16, 2, 16, 16).contiguous()

    rough = [roughness(smoothness) for smoothness in (0.0, 50.0)]
    assert rough[1] < rough[0]


SHIFTS = [(r * math.sin(a), r * math.cos(a)) for r in (0, 0.2, 0.5, 1) for a in range(6)]


def test_the_loss_falls_along_the_curve_of_a_thorough_attack(network, images, labels, chance):
    found = thorough(0.5)(network, images, labels, chance=chance)
    assert found.curve.points.tolist() == list(range(11))
    start = cross_entropy(network(images), labels).detach()
    torch.testing.assert_close(found.curve.losses[:, 0], start)
    assert (found.curve.lengths[:, 0] == 0).all()
    assert found.curve.losses[:, -1].mean() > found.curve.losses[:, 0].mean() + 0.1


def test_it_draws_nothing(network, images, labels, chance):
    other = Chance(99, tuple(f"other {row}" for row in range(16)))
    first, second = (
        thorough()(network, images, labels, chance=drawn).images for drawn in (chance, other)
    )
    assert torch.equal(first, second)


def test_a_classifier_deaf_to_its_images_moves_nothing(images, labels, chance):
    def deaf(batch: torch.Tensor) -> torch.Tensor:
        return batch.flatten(1)[:, :4] * 0

    found = stadv(1)(deaf, images, labels, chance=chance)
    assert (found.steps == 10).all()  # a tie is not fooled
    assert torch.equal(found.images, images)
    assert torch.equal(found.lengths, torch.zeros(16))


def test_pixels_may_leave_the_ball_of_pixel_changes(network, images, labels, chance):
    """Moving is another threat: no pixel moves far, yet its brightness may change by anything."""
    found = thorough(1, smoothness=0)(network, images, labels, chance=chance).images
    assert (found - images).abs().max() > 8 / 255
    small = PGD(ball=Linf(radius=8 / 255), step=2 / 255, steps=5)
    assert (small(network, images, labels, chance=chance).images - images).abs().max() < 9 / 255


def test_the_usual_settings():
    attack = StAdv(ball=Displacement(radius=1))
    assert repr(attack) == (
        "StAdv(ball=Displacement(radius=1), steps=40, smoothness=0.5, stop_when_fooled=True)"
    )


def test_a_ball_of_pixel_changes_is_refused(monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # as a user meets it
    with pytest.raises(ConfigError) as caught:
        StAdv(ball=Linf(radius=8 / 255))
    assert str(caught.value) == (
        f"`ball` must be a Displacement, got Linf(radius={8 / 255}). A flow is bounded by how far "
        "it moves a pixel: Displacement(radius=1) is one pixel."
    )


@pytest.mark.parametrize("smoothness", [-1, math.nan, math.inf])
def test_a_smoothness_that_is_no_weight_is_refused(smoothness):
    with pytest.raises(ConfigError) as caught:
        stadv(smoothness=smoothness)
    assert str(caught.value) == (
        f"`smoothness` must be a finite number of at least 0, got {smoothness}. "
        "It weighs the roughness of the flow; 0 leaves it out."
    )


def test_no_steps_are_refused():
    with pytest.raises(ConfigError) as caught:
        stadv(steps=0)
    assert str(caught.value) == "`steps` must be at least 1, got 0. Usual are 40."
