"""Random weights: which layers there are, in which order, and what is drawn for them."""

import copy

import pytest
import torch
from torch import nn

from cuelens.errors import ModelError
from cuelens.networks import Classifier, small_resnet
from cuelens.networks.random_weights import parameter_layers, with_random_weights

IMAGES = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))


class Backwards(nn.Module):
    """Registers its layers in another order than that of their use, and one that is not called."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2)
        self.norm = nn.BatchNorm2d(4)
        self.first = nn.Conv2d(3, 4, 3)
        self.held = nn.Module()
        self.held.weight = nn.Parameter(torch.ones(4, 4))
        self.shift = nn.Parameter(torch.zeros(3, 8, 8))

    def forward(self, images):
        features = self.norm(self.first(images + self.shift)).mean((2, 3))
        return self.head(features @ self.held.weight)


def classifier(network, classes=2):
    return Classifier(network, class_names=tuple("abcdefghij"[:classes]), name="planted")


def test_layers_come_in_the_order_of_their_use_with_the_norms_behind_them():
    layers = parameter_layers(classifier(Backwards()), IMAGES)
    assert list(layers.items()) == [
        ("", ("shift", "held.weight")),
        ("first", ("first.weight", "first.bias", "norm.weight", "norm.bias")),
        ("head", ("head.weight", "head.bias")),
    ]


def test_every_parameter_of_a_residual_network_has_its_layer():
    network = small_resnet(10)
    layers = parameter_layers(classifier(network, 10), IMAGES)
    assert next(iter(layers.items())) == ("conv", ("conv.weight", "norm.weight", "norm.bias"))
    assert next(reversed(layers)) == "classify"
    assert list(layers).index("stages.1.conv1") < list(layers).index("stages.1.shortcut.0")
    named = sorted(name for own in layers.values() for name in own)
    assert named == sorted(name for name, _ in network.named_parameters())


def test_asking_for_layers_leaves_the_network_as_it_was():
    network = Backwards().train()
    network.norm.eval()
    before = copy.deepcopy(network.state_dict())
    parameter_layers(classifier(network), IMAGES)
    assert network.training
    assert not network.norm.training
    assert not any(module._forward_pre_hooks for module in network.modules())
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])


def test_a_forward_that_raises_leaves_no_hook_behind():
    network = nn.Sequential(nn.Conv2d(4, 2, 1))
    with pytest.raises(RuntimeError):
        parameter_layers(classifier(network), IMAGES)
    assert not any(module._forward_pre_hooks for module in network.modules())


def test_only_the_named_parameters_are_drawn_in_a_copy():
    given = classifier(Backwards())
    before = copy.deepcopy(given.network.state_dict())
    found = with_random_weights(given, ["head.weight"], seed=0)
    assert (found.name, found.class_names) == ("planted", ("a", "b"))
    for name, value in found.network.state_dict().items():
        assert torch.equal(value, before[name]) == (name != "head.weight")
    for name, value in given.network.state_dict().items():
        assert torch.equal(value, before[name])


def test_what_is_drawn_has_the_moments_of_the_parameter_and_forgets_the_rest():
    network = nn.Sequential(nn.Flatten(), nn.Linear(192, 200))
    network[1].weight.data = network[1].weight.data.sort(1).values * 3 + 0.5
    found = with_random_weights(
        Classifier(network, class_names=tuple(map(str, range(200)))), ["1.weight"], seed=0
    )
    old, new = network[1].weight.detach(), found.network[1].weight.detach()
    assert new.mean().item() == pytest.approx(old.mean().item(), abs=0.01)
    assert new.std().item() == pytest.approx(old.std().item(), rel=0.02)
    both = torch.stack([old.flatten(), new.flatten()])
    assert torch.corrcoef(both)[0, 1].abs() < 0.02


def test_draws_are_keyed_by_seed_and_name_alone():
    def drawn(seed, names, order=("head.weight",)):
        torch.manual_seed(names)  # the global state says nothing
        return with_random_weights(given, order, seed=seed).network.head.weight

    given = classifier(Backwards())
    state = torch.get_rng_state()
    first = with_random_weights(given, ["head.weight"], seed=0).network.head.weight
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(drawn(0, 5), first)
    assert torch.equal(drawn(0, 6, ("first.weight", "head.weight")), first)
    assert not torch.equal(drawn(1, 5), first)


def test_a_parameter_of_one_number_or_of_equal_ones_stays():
    given = classifier(Backwards())
    found = with_random_weights(given, ["norm.weight", "shift"], seed=0).network
    assert (found.norm.weight == 1).all()
    assert (found.shift == 0).all()


def test_a_network_without_parameters_is_refused_in_words():
    class Nothing(nn.Module):
        def forward(self, images):
            return images.mean((2, 3))[:, :2]

    with pytest.raises(ModelError) as caught:
        parameter_layers(classifier(Nothing()), IMAGES)
    assert str(caught.value) == (
        "planted must have parameters that can be drawn by chance, got none. Leave the "
        "randomisation of weights out."
    )


def test_an_unknown_parameter_is_refused_in_words():
    with pytest.raises(ModelError) as caught:
        with_random_weights(classifier(Backwards()), ["tail.weight"], seed=0)
    assert str(caught.value) == (
        "`parameters` must name parameters of planted, got 'tail.weight'. Take names from "
        "`parameter_layers`."
    )
