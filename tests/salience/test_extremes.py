"""Maps of models that say nothing or no numbers, of one pixel, and of unusual images."""

import pytest
import torch
from torch import nn

from cuelens.errors import FallbackWarning
from cuelens.networks.classifier import Classifier, InputSpecification
from cuelens.randomness import Chance
from cuelens.salience import (
    Captum,
    ConstantColour,
    Gradient,
    GuidedBackpropagation,
    InputXGradient,
    IntegratedGradients,
    MeanColour,
    Occlusion,
    PaperSmoothGrad,
    Score,
    SmoothGrad,
    SquaredSmoothGrad,
    UniformNoise,
    VarGrad,
)

METHODS = (
    *(Gradient(score=score) for score in Score),
    InputXGradient(),
    GuidedBackpropagation(),
    Occlusion(),
    SmoothGrad(samples=3, noise=0.1),
    SquaredSmoothGrad(samples=3, noise=0.1),
    VarGrad(samples=3, noise=0.1),
    PaperSmoothGrad(specification=InputSpecification(), samples=3),
    IntegratedGradients(baselines=(ConstantColour(value=0), MeanColour()), steps=3),
    Captum(attribution="DeepLift"),
    Captum(attribution="GradientShap", baseline=UniformNoise()),
)
every_method = pytest.mark.parametrize("method", METHODS, ids=repr)
CHANCE = Chance(0, ("a", "b"))
LABELS = torch.tensor([0, 2])


def linear(pixels: int, *, weight: float) -> Classifier:
    """A linear classifier whose weights are 1, 2, 3, ... times `weight`."""
    layer = nn.Linear(pixels, 3).double()
    layer.weight.data = torch.arange(1.0, 3 * pixels + 1).view(3, pixels).double() * weight
    return Classifier(nn.Sequential(nn.Flatten(), layer), class_names=("ape", "bee", "cow"))


@every_method
def test_a_model_that_always_says_the_same_has_empty_maps(method):
    images = torch.rand(2, 3, 4, 5).double()
    maps = method(linear(60, weight=0), images, LABELS, chance=CHANCE)
    assert maps.shape == images.shape
    assert not maps.any()


@every_method
def test_a_model_that_gives_no_numbers_has_maps_of_none_and_says_so(method):
    images = torch.rand(2, 3, 4, 5).double()
    with pytest.warns(FallbackWarning) as told:
        maps = method(linear(60, weight=float("nan")), images, LABELS, chance=CHANCE)
    assert maps.isnan().all()
    (message,) = {str(one.message) for one in told}
    assert message == (
        "Expected logits that are numbers, got NaN: maps of such images are NaN or show nothing. "
        "Look at the network's weights and its input specification."
    )


@every_method
def test_one_pixel_has_a_map_of_one_pixel(method):
    pixels = torch.tensor([0.25, 0.5]).double().view(2, 1, 1, 1)
    if isinstance(method, PaperSmoothGrad):
        method = PaperSmoothGrad(
            specification=InputSpecification(mean=(0,), deviation=(1,)), samples=3
        )
    maps = method(
        Classifier(
            linear(1, weight=1).network,
            class_names=("ape", "bee", "cow"),
            specification=InputSpecification(mean=(0,), deviation=(1,)),
        ),
        pixels,
        LABELS,
        chance=CHANCE,
    )
    assert maps.shape == pixels.shape
    assert maps.isfinite().all()


def test_gradients_of_one_pixel_are_the_weights():
    pixels = torch.tensor([0.25, 0.5]).double().view(2, 1, 1, 1)
    network = linear(1, weight=1).network
    for method, expected in (
        (Gradient(score=Score.LOGIT), [1, 3]),
        (InputXGradient(score=Score.LOGIT), [0.25, 1.5]),
        (IntegratedGradients(steps=2, score=Score.LOGIT), [0.25, 1.5]),
        (SquaredSmoothGrad(samples=2, noise=0.1, score=Score.LOGIT), [1, 9]),
        (VarGrad(samples=2, noise=0.1, score=Score.LOGIT), [0, 0]),
    ):
        maps = method(network, pixels, LABELS, chance=CHANCE)
        assert maps.flatten().tolist() == pytest.approx(expected, abs=1e-12)


@every_method
def test_images_in_another_memory_format_have_the_same_maps(method):
    images = torch.rand(2, 3, 4, 5).double()
    classifier = linear(60, weight=0.01)
    expected = method(classifier, images, LABELS, chance=CHANCE)
    other = images.to(memory_format=torch.channels_last)
    maps = method(classifier, other, LABELS, chance=CHANCE)
    torch.testing.assert_close(maps, expected, rtol=1e-12, atol=1e-14)
