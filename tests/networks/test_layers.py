"""Layers by name, what they answer, and the gradient there."""

import pytest
import torch
from torch import nn

from cuelens.errors import ModelError
from cuelens.networks import Classifier, fast, layer_names, resnet18, small_resnet
from cuelens.networks.layers import hearing, layer_gradient
from cuelens.randomness import Chance

IMAGES = Chance(0, tuple("abc")).uniform((3, 32, 32), method="test")


def classifier_of(network, classes=10):
    return Classifier(network, class_names=tuple(map(str, range(classes))), name="mine")


def first_logit(logits):
    return logits[:, 0]


def test_main_layers_are_named_in_their_order():
    assert layer_names(small_resnet(10)) == (
        "conv", "norm", "stages.0", "stages.1", "stages.2", "classify",
    )  # fmt: skip
    assert len(layer_names(resnet18(10))) == 11
    wrapped = nn.Sequential(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten()))
    assert layer_names(wrapped) == ("0.0",)
    assert layer_names(nn.Linear(3, 4)) == ("",)


def test_wrappers_need_not_be_named():
    classifier = classifier_of(small_resnet(10).eval())
    own, _ = layer_gradient(classifier, IMAGES, "stages.1", first_logit)
    quick = fast(classifier, precision=torch.float32)
    for name in ("stages.1", "network.stages.1"):
        wrapped, _ = layer_gradient(quick, IMAGES, name, first_logit)
        torch.testing.assert_close(wrapped, own, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("wrapped", [False, True])
def test_an_unknown_layer_is_refused_with_the_nearest_names(wrapped):
    classifier = classifier_of(small_resnet(10))
    classifier = fast(classifier) if wrapped else classifier
    with pytest.raises(ModelError) as caught, hearing(classifier, ["stage.1"], print):
        pass
    assert str(caught.value) == (
        "Layers must be among those of mine, got 'stage.1'. "
        "Did you mean stages.1 or stages.2 or stages.0?"
    )
    with pytest.raises(ModelError) as caught, hearing(classifier, ["xyz"], print):
        pass
    inside = "network." if wrapped else ""
    names = ("conv", "norm", "stages.0", "stages.1", "stages.2", "classify")
    if wrapped:  # the norm is folded into the convolution
        names = tuple(name for name in names if name != "norm")
    assert str(caught.value) == (
        "Layers must be among those of mine, got 'xyz'. "
        f"There are {', '.join(inside + name for name in names)} and their parts."
    )


def test_the_gradient_at_a_layer_is_autograds():
    network = small_resnet(10).eval()
    answer, gradient = layer_gradient(classifier_of(network), IMAGES, "stages.1", first_logit)
    features = network.relu(network.norm(network.conv(IMAGES)))
    expected = network.stages[1](network.stages[0](features)).detach().requires_grad_()
    logits = network.classify(network.flatten(network.pool(network.stages[2](expected))))
    logits[:, 0].sum().backward()
    assert torch.equal(answer, expected)
    assert torch.equal(gradient, expected.grad)


def test_a_change_in_place_behind_the_layer_is_not_seen_there():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Flatten()).eval()
    classifier = classifier_of(network, 4 * 30 * 30)
    answer, gradient = layer_gradient(classifier, IMAGES, "0", lambda logits: logits.sum(1))
    assert torch.equal(answer, network[0](IMAGES))
    assert torch.equal(gradient, (answer > 0).float())


class Pair(nn.Module):
    """Its first layer answers with a pair, of which both parts are used."""

    class Twice(nn.Module):
        def forward(self, images):
            return images * 2, images * 3

    def __init__(self):
        super().__init__()
        self.twice = Pair.Twice()
        self.idle = nn.Linear(3, 3)
        self.aside = nn.Linear(32, 2)

    def forward(self, images):
        two, three = self.twice(images)
        self.aside(images)
        return (two * three).mean((2, 3))


def test_of_a_pair_the_first_part_is_the_answer():
    answer, gradient = layer_gradient(classifier_of(Pair(), 3), IMAGES, "twice", first_logit)
    assert torch.equal(answer, IMAGES * 2)
    torch.testing.assert_close(gradient[:, 0], IMAGES[:, 0] * 3 / 32**2)
    assert not gradient[:, 1:].any()


@pytest.mark.parametrize("layer", ["idle", "aside"])
def test_a_layer_that_the_logits_do_not_depend_on_is_refused(layer):
    with pytest.raises(ModelError) as caught:
        layer_gradient(classifier_of(Pair(), 3), IMAGES, layer, first_logit)
    assert str(caught.value) == (
        f"The logits must depend on the layer {layer!r} of mine, but they do not. "
        "Name another layer."
    )


def test_an_error_leaves_no_hook_behind():
    classifier = classifier_of(small_resnet(10))
    with pytest.raises(RuntimeError, match="no memory"), hearing(classifier, ["conv"], print):
        raise RuntimeError("no memory")
    assert not any(module._forward_hooks for module in classifier.network.modules())


def test_the_network_is_left_as_it_was():
    classifier = classifier_of(small_resnet(10).train())
    classifier.network.stages[1].eval()
    modes = [module.training for module in classifier.network.modules()]
    layer_gradient(classifier, IMAGES, "stages.2", first_logit)
    assert [module.training for module in classifier.network.modules()] == modes
    assert all(parameter.grad is None for parameter in classifier.network.parameters())
    assert all(parameter.requires_grad for parameter in classifier.network.parameters())
    assert not any(module._forward_hooks for module in classifier.network.modules())
