"""Networks of our own: their weights come from the seed alone."""

import numpy as np
import pytest
import torch
from torch import nn

from cuelens.errors import ConfigError
from cuelens.sources import ARCHITECTURES, build_network

every_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def same(one: nn.Module, two: nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), two.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize(
    ("architecture", "count"),
    [
        ("small-resnet", 308_650),
        ("resnet10-64", 1_215_522),
        ("resnet18", 11_173_962),
        ("resnet18-224", 11_181_642),
        ("efficientnet-lite0", 3_383_818),
    ],
)
def test_the_networks_have_the_sizes_that_are_stated(architecture, count):
    assert parameters(build_network(architecture, classes=10, seed=0)) == count


@every_architecture
def test_a_network_gives_one_logit_a_class(architecture):
    network = build_network(architecture, classes=7, seed=0).eval()
    with torch.no_grad():
        assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 7)


@every_architecture
def test_the_same_seed_gives_the_same_weights(architecture):
    one = build_network(architecture, classes=10, seed=3)
    with torch.random.fork_rng():
        torch.manual_seed(99)
        two = build_network(architecture, classes=10, seed=3)
    assert same(one, two)


@every_architecture
def test_another_seed_gives_other_weights_in_every_layer(architecture):
    one, two = (build_network(architecture, classes=10, seed=seed) for seed in (0, 1))
    layers = [
        (a.weight, b.weight)
        for a, b in zip(one.modules(), two.modules(), strict=True)
        if isinstance(a, nn.Conv2d | nn.Linear)
    ]
    assert len(layers) > 5
    assert not any(torch.equal(a, b) for a, b in layers)


def test_layers_of_one_shape_do_not_share_their_weights():
    stage = build_network("resnet18", classes=10, seed=0).stages[1]
    assert not torch.equal(stage.conv1.weight, stage.conv2.weight)


@every_architecture
def test_the_global_random_state_is_left_alone(architecture):
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    build_network(architecture, classes=10, seed=0)
    assert torch.equal(torch.get_rng_state(), torch_state)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002


def test_weights_have_the_deviation_of_their_fan_out():
    network = build_network("resnet18", classes=10, seed=0)
    for name, layer in network.named_modules():
        if isinstance(layer, nn.Conv2d):
            fan_out = layer.out_channels * layer.kernel_size[0] * layer.kernel_size[1]
            expected = (2 / fan_out) ** 0.5
            assert float(layer.weight.detach().std()) == pytest.approx(expected, rel=0.06), name
            assert abs(float(layer.weight.detach().mean())) < 0.1 * expected, name
    assert float(network.classify.weight.detach().std()) == pytest.approx(0.01, rel=0.06)
    assert not network.classify.bias.any()


def test_the_fan_out_of_a_grouped_convolution_is_that_of_a_group():
    network = build_network("efficientnet-lite0", classes=10, seed=0)
    filters = network.get_submodule("_blocks.12._depthwise_conv").weight  # 5 x 5, alone
    assert float(filters.detach().std()) == pytest.approx((2 / 25) ** 0.5, rel=0.02)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("smal-resnet", " Did you mean 'small-resnet'?"),
        ("ResNet18", " Did you mean 'resnet18'?"),
        ("resnet-18", " Did you mean 'resnet18'?"),
        ("vgg", ""),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(name, hint):
    with pytest.raises(ConfigError) as caught:
        build_network(name, classes=10, seed=0)
    assert str(caught.value) == (
        "`network` must be one of small-resnet, resnet10-64, resnet18, resnet18-224, "
        f"efficientnet-lite0, got {name!r}.{hint}"
    )


def test_a_single_class_is_refused():
    with pytest.raises(ConfigError) as caught:
        build_network("small-resnet", classes=1, seed=0)
    assert str(caught.value) == (
        "`classes` must be at least 2, got 1. Give images of two classes or more."
    )


def test_a_negative_seed_is_refused():
    with pytest.raises(ConfigError) as caught:
        build_network("small-resnet", classes=10, seed=-1)
    assert str(caught.value) == "`seed` must be at least 0, got -1."


def test_the_names_cannot_be_changed():
    with pytest.raises(TypeError):
        ARCHITECTURES["mine"] = nn.Identity
