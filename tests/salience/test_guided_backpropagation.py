"""Guided backpropagation: by hand, against captum, and under every form of ReLU."""

import warnings

import captum.attr
import pytest
import torch
from torch import nn
from torch.nn import functional

from cuelens.errors import FallbackWarning, ModelError
from cuelens.networks import Classifier, fast, small_resnet
from cuelens.randomness import Chance
from cuelens.salience import Gradient, GuidedBackpropagation, Score

METHOD = GuidedBackpropagation()


class Functional(nn.Module):
    """The layers of a sequence, its ReLUs as function, method and in place in turn."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, features):
        forms = [
            functional.relu,
            lambda x: x.relu_(),
            torch.relu,
            lambda x: functional.relu(x, inplace=True),
        ]
        for layer in self.network:
            is_rectifier = isinstance(layer, nn.ReLU)
            features = forms.pop(0)(features) if is_rectifier else layer(features)
        return features


@pytest.fixture
def deep(network):
    """Four ReLUs, so that gradients of both signs reach each."""
    layers = [
        *network[:-1],
        nn.Linear(32, 16).double(),
        nn.ReLU(),
        nn.Linear(16, 16).double(),
        nn.ReLU(),
        nn.Linear(16, 4).double(),
    ]
    generator = torch.Generator().manual_seed(3)
    for layer in layers[-5::2]:
        layer.weight.data = torch.randn(layer.weight.shape, generator=generator).double() * 0.3
        layer.bias.data.zero_()
    return nn.Sequential(*layers).eval()


def captums(network, images, labels):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of its hooks, each time
        guided = captum.attr.GuidedBackprop(network)
        return guided.attribute(images.clone().requires_grad_(), target=labels)


def test_two_layers_by_hand():
    """Two pixels, two hidden units, one of whose gradients is negative and goes."""
    network = nn.Sequential(
        nn.Flatten(), nn.Linear(2, 3, bias=False), nn.ReLU(), nn.Linear(3, 2, bias=False)
    )
    network[1].weight.data = torch.tensor([[1.0, 2.0], [3.0, -1.0], [-1.0, -1.0]])
    network[3].weight.data = torch.tensor([[5.0, -7.0, 11.0], [-2.0, 4.0, 1.0]])
    images = torch.tensor([0.5, 0.25]).reshape(1, 1, 1, 2).repeat(2, 1, 1, 1)
    maps = METHOD(network, images, torch.tensor([0, 1]), chance=Chance(0, ("a", "b")))
    # Hidden units 0 and 1 are on, unit 2 is off. Class 0 passes unit 0 alone, class 1 unit 1.
    assert maps.flatten(1).tolist() == [[5.0, 10.0], [12.0, -4.0]]


def test_it_is_captums_to_the_last_bit(deep, images, labels, chance):
    maps = METHOD(deep, images, labels, chance=chance)
    assert float((maps - captums(deep, images, labels)).abs().max()) == 0.0
    gradient = Gradient(score=Score.LOGIT)(deep, images, labels, chance=chance)
    assert float((maps - gradient).abs().max()) > 0.01


def test_functional_and_in_place_relus_count_as_modules_do(deep, images, labels, chance):
    """captum's is silently the plain gradient there."""
    gradient = Gradient(score=Score.LOGIT)(deep, images, labels, chance=chance)
    assert torch.equal(captums(Functional(deep), images, labels), gradient)
    maps = METHOD(Functional(deep), images, labels, chance=chance)
    assert torch.equal(maps, METHOD(deep, images, labels, chance=chance))


def test_without_relus_it_is_the_gradient(linear, weights, images, labels, chance):
    maps = METHOD(linear, images, labels, chance=chance)
    assert torch.equal(maps, weights[labels].view_as(images))


def test_the_score_is_no_part_of_the_network(network, images, labels, chance):
    """The softmax of a cross-entropy is no activation, and its gradient of both signs is kept."""
    network = network[:-1] + nn.Sequential(network[-1])
    method = GuidedBackpropagation(score=Score.CROSS_ENTROPY)
    maps = method(network, images, labels, chance=chance)
    saliency = captum.attr.GuidedBackprop(network)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        saliency.forward_func = lambda batch: functional.cross_entropy(
            network(batch), labels, reduction="none"
        )
        expected = saliency.attribute(images.clone().requires_grad_())
    torch.testing.assert_close(maps, expected, rtol=1e-12, atol=1e-15)


def test_it_works_on_the_fast_form_of_a_classifier():
    classifier = Classifier(small_resnet(10).eval(), class_names=tuple("abcdefghij"))
    chance = Chance(0, tuple("abcd"))
    images, labels = chance.uniform((3, 32, 32), method="test"), torch.arange(4)
    expected = METHOD(classifier, images, labels, chance=chance)
    quick = fast(classifier, precision=torch.float32)
    maps = METHOD(quick, images, labels, chance=chance)
    torch.testing.assert_close(maps, expected, rtol=1e-3, atol=1e-6)
    assert torch.equal(expected, captums(classifier.network, images, labels))


def test_a_network_of_other_activations_is_refused(images, labels, chance):
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GELU(), nn.Flatten()).double()
    with pytest.raises(ModelError) as caught:
        METHOD(network, images, labels, chance=chance)
    assert str(caught.value) == (
        "The network must have no activation function but ReLU and ReLU6 (the rule for their "
        "gradients has no meaning elsewhere), got Gelu. Explain it by its gradient or by "
        "SmoothGrad."
    )
    assert not images.requires_grad


def test_what_is_no_number_stays_so(network, images, labels, chance):
    network[-1].weight.data[:, 0] = torch.nan
    with pytest.warns(FallbackWarning, match="^Expected logits that are numbers, got NaN"):
        maps = METHOD(network, images, labels, chance=chance)
    assert maps.isnan().flatten(1).any(1).all()


def test_a_network_whose_relus_are_all_off_has_a_map_of_zeros(network, images, labels, chance):
    network[3].bias.data.fill_(-1e6)
    assert not METHOD(network, images, labels, chance=chance).any()
