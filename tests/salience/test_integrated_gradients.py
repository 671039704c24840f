"""Integrated gradients: completeness, closed forms, captum; and what they begin at."""

import captum.attr
import numpy as np
import pytest
import torch

from cuelens.errors import ConfigError
from cuelens.salience import (
    Baseline,
    ConstantColour,
    Gradient,
    IntegratedGradients,
    MeanColour,
    Score,
    UniformNoise,
)
from cuelens.transforms import GaussianBlur, Greyscale

BASELINES = (
    ConstantColour(value=0),
    ConstantColour(value=1),
    ConstantColour(value=0.5),
    MeanColour(),
    UniformNoise(),
    GaussianBlur(deviation=1),
    Greyscale(),
)
every_baseline = pytest.mark.parametrize("baseline", BASELINES, ids=repr)


@every_baseline
def test_of_a_linear_model_they_are_the_weights_times_the_difference(
    baseline, linear, weights, images, labels, chance
):
    method = IntegratedGradients(baselines=(baseline,), steps=3, score=Score.LOGIT)
    maps = method(linear, images, labels, chance=chance)
    difference = images - baseline(images, chance=chance)
    torch.testing.assert_close(maps, weights[labels].view_as(images) * difference)
    gap = method.completeness_gap(linear, images, labels, maps, chance=chance)
    torch.testing.assert_close(gap, torch.zeros(6).double(), rtol=0, atol=1e-12)


def test_the_rule_is_exact_for_polynomials(images, labels, chance):
    """n Gauss-Legendre points integrate polynomials up to degree 2 n - 1."""

    def power(batch: torch.Tensor) -> torch.Tensor:
        return batch.flatten(1)[:, :4] ** 6

    settings = {"baselines": (ConstantColour(value=0.5),), "score": Score.LOGIT}
    exact = IntegratedGradients(steps=3, **settings)
    maps = exact(power, images, labels, chance=chance)
    pixels = images.flatten(1)[:, :4].gather(1, labels[:, None])[:, 0]
    torch.testing.assert_close(maps.sum((1, 2, 3)), pixels**6 - 0.5**6)
    coarse = IntegratedGradients(steps=2, **settings)
    maps = coarse(power, images, labels, chance=chance)
    gap = coarse.completeness_gap(power, images, labels, maps, chance=chance)
    assert float(gap.abs().max()) > 1e-4
    torch.testing.assert_close(gap, maps.sum((1, 2, 3)) - pixels**6 + 0.5**6)


@pytest.mark.parametrize("score", list(Score))
def test_maps_are_complete_with_every_score_and_several_baselines(
    score, network, images, labels, chance
):
    method = IntegratedGradients(baselines=BASELINES, steps=300, score=score)
    maps = method(network, images, labels, chance=chance)
    begun = [score(network(each(images, chance=chance)), labels) for each in BASELINES]
    expected = score(network(images), labels) - torch.stack(begun).mean(0)
    torch.testing.assert_close(maps.sum((1, 2, 3)), expected.detach(), rtol=0, atol=2e-3)
    gap = method.completeness_gap(network, images, labels, maps, chance=chance)
    torch.testing.assert_close(gap, (maps.sum((1, 2, 3)) - expected).detach())


def test_more_steps_close_the_gap(network, images, labels, chance):
    def largest(steps: int) -> float:
        method = IntegratedGradients(steps=steps)
        maps = method(network, images, labels, chance=chance)
        gap = method.completeness_gap(network, images, labels, maps, chance=chance)
        return float(gap.abs().max())

    assert largest(400) < largest(4) / 5


def test_several_baselines_are_the_mean_of_each(network, images, labels, chance):
    each = [
        IntegratedGradients(baselines=(baseline,), steps=5)(network, images, labels, chance=chance)
        for baseline in BASELINES
    ]
    together = IntegratedGradients(baselines=BASELINES, steps=5)
    maps = together(network, images, labels, chance=chance)
    torch.testing.assert_close(maps, torch.stack(each).mean(0), rtol=1e-12, atol=1e-15)


@pytest.fixture
def weights_in_float32(monkeypatch):
    """captum rounds the weights of its rule to float32, also for images in float64."""
    rule = np.polynomial.legendre.leggauss

    def rounded(steps: int) -> tuple[np.ndarray, np.ndarray]:
        nodes, weights = rule(steps)
        return nodes, 2 * (weights / 2).astype(np.float32).astype(np.float64)

    monkeypatch.setattr(np.polynomial.legendre, "leggauss", rounded)


def difference_from_captum(network, images, labels, chance, *, value: float, steps: int) -> float:
    integrated = captum.attr.IntegratedGradients(network)
    expected = integrated.attribute(images, value, target=labels, n_steps=steps)
    method = IntegratedGradients(
        baselines=(ConstantColour(value=value),), steps=steps, score=Score.LOGIT
    )
    maps = method(network, images, labels, chance=chance)
    return float((maps - expected).abs().max() / expected.abs().max())


@pytest.mark.usefixtures("weights_in_float32")
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("steps", [1, 20, 50])
def test_they_are_captums_with_its_rounded_weights(value, steps, network, images, labels, chance):
    settings = {"value": value, "steps": steps}
    assert difference_from_captum(network, images, labels, chance, **settings) < 5e-12


@pytest.mark.parametrize("steps", [1, 20, 50])
def test_they_are_captums_up_to_the_rounding_of_its_weights(steps, network, images, labels, chance):
    settings = {"value": 0.0, "steps": steps}
    assert difference_from_captum(network, images, labels, chance, **settings) < 2**-24


@pytest.mark.parametrize("batch_size", [1, 4, 7, 1000])
def test_the_internal_batch_size_changes_no_bit(one_by_one, images, labels, chance, batch_size):
    expected = IntegratedGradients(steps=5)(one_by_one, images, labels, chance=chance)
    method = IntegratedGradients(steps=5, batch_size=batch_size)
    assert torch.equal(method(one_by_one, images, labels, chance=chance), expected)


def test_an_image_that_is_the_baseline_has_an_empty_map(network, labels, chance):
    black = torch.zeros(6, 3, 9, 8, dtype=torch.float64)
    maps = IntegratedGradients(steps=3)(network, black, labels, chance=chance)
    assert Gradient()(network, black, labels, chance=chance).any()
    assert not maps.any()


def test_one_pixel_gets_the_whole_difference(chance):
    def square(batch: torch.Tensor) -> torch.Tensor:
        return torch.cat([batch.flatten(1) ** 2, batch.flatten(1)], 1)

    pixel = torch.tensor([0.2, 0.6]).view(2, 1, 1, 1)
    labels, ids = torch.tensor([0, 0]), chance.take([0, 1])
    method = IntegratedGradients(steps=2, score=Score.LOGIT)
    maps = method(square, pixel, labels, chance=ids)
    torch.testing.assert_close(maps.flatten(), torch.tensor([0.04, 0.36]))


@every_baseline
def test_baselines_are_images_that_are_new_and_drawn_by_the_images_id(baseline, images, chance):
    assert isinstance(baseline, Baseline)
    before = images.clone()
    found = baseline(images, chance=chance)
    assert found.shape == images.shape
    assert found.dtype == images.dtype
    assert 0 <= float(found.min()) <= float(found.max()) <= 1
    order = [4, 1, 0]
    again = baseline(images[order], chance=chance.take(order))
    assert torch.equal(again, found[order])
    found.fill_(0.25)
    assert torch.equal(images, before)


def test_the_mean_colour_is_that_of_each_image(images, chance):
    found = MeanColour()(images, chance=chance)
    torch.testing.assert_close(found, images.mean((2, 3), keepdim=True).expand_as(images))


def test_uniform_noise_is_uniform_and_another_in_each_draw(chance):
    large = torch.zeros(6, 3, 60, 60)
    first, second = (UniformNoise(draw=draw)(large, chance=chance) for draw in (0, 1))
    for draw in (first, second):
        assert float(draw.mean()) == pytest.approx(0.5, abs=0.005)
        assert float(draw.var()) == pytest.approx(1 / 12, abs=0.002)
    assert abs(float(torch.corrcoef(torch.stack([first.flatten(), second.flatten()]))[0, 1])) < 0.01


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: IntegratedGradients(baselines=()),
            ("`baselines` must name at least one, got none. Black is `ConstantColour(value=0)`."),
        ),
        (
            lambda: IntegratedGradients(steps=0),
            "`steps` must be at least 1, got 0. 50 are usual.",
        ),
        (
            lambda: IntegratedGradients(batch_size=0),
            "`batch_size` must be at least 1, got 0. It bounds memory and changes no map.",
        ),
        (
            lambda: ConstantColour(value=128),
            "`value` must be from 0 (black) to 1 (white), got 128. Did you mean 128/255?",
        ),
        (lambda: UniformNoise(draw=-1), "`draw` must be at least 0, got -1."),
    ],
)
def test_settings_out_of_range_are_refused(make, message):
    with pytest.raises(ConfigError) as caught:
        make()
    assert str(caught.value) == message
