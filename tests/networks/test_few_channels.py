"""A convolution of few channels has the gradient of the library's, by another way."""

import pytest
import torch
from torch import nn

from cuelens.networks import Classifier, fast
from cuelens.networks.few_channels import FewChannels, reads_few_channels

SHAPES = [
    {"kernel_size": 3, "stride": 2, "padding": 1},
    {"kernel_size": 4, "stride": 2, "padding": 1},
    {"kernel_size": 4, "stride": 2, "padding": 0, "bias": False},
    {"kernel_size": 1, "stride": 2},
    {"kernel_size": (2, 3), "stride": (1, 3), "padding": (0, 2)},
    {"kernel_size": 3, "stride": 2, "padding": 2, "dilation": 2},
]


def features(channels: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(5, channels, 13, 16, generator=generator, dtype=torch.float64)


def frozen(**settings: object) -> nn.Conv2d:
    torch.manual_seed(0)
    return nn.Conv2d(3, 7, **settings).double().requires_grad_(requires_grad=False)


@pytest.mark.parametrize("settings", SHAPES, ids=str)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
def test_values_and_gradients_are_those_of_the_library(settings, layout):
    convolution = frozen(**settings)
    ours = FewChannels.of(convolution)
    read = features().to(memory_format=layout).requires_grad_()
    expected, got = convolution(read), ours(read)
    weights = torch.randn(expected.shape, generator=torch.Generator().manual_seed(1)).double()
    (gradient,) = torch.autograd.grad((expected * weights).sum(), read)
    (quick,) = torch.autograd.grad((got * weights).sum(), read)
    assert torch.equal(got, expected)
    torch.testing.assert_close(quick, gradient, rtol=1e-12, atol=1e-12)


def test_trained_weights_keep_their_gradients():
    ours = FewChannels.of(nn.Conv2d(3, 7, 3, 2, 1).double())
    ours(features().requires_grad_()).sum().backward()
    assert ours.weight.grad is not None


@pytest.mark.parametrize(
    ("module", "fits"),
    [
        (nn.Conv2d(3, 8, 3, 2, 1), True),
        (nn.Conv2d(8, 8, 1), True),
        (nn.Conv2d(16, 8, 3, 2), False),  # many channels
        (nn.Conv2d(3, 8, 3), False),  # nine times the room of its input
        (nn.Conv2d(3, 8, 7, 2), False),
        (nn.Conv2d(3, 6, 3, 2, groups=3), False),
        (nn.Conv2d(3, 6, 3, 2, 1, padding_mode="reflect"), False),
        (nn.Conv2d(3, 6, 1, padding="same"), False),
        (nn.Linear(3, 3), False),
        (FewChannels(3, 8, 3, 2), False),
    ],
    ids=str,
)
def test_it_takes_the_place_of_plain_convolutions_that_need_little_room(module, fits):
    assert reads_few_channels(module) is fits


def test_the_fast_path_uses_it():
    network = nn.Sequential(nn.Conv2d(3, 4, 4, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(64, 2))
    quick = fast(Classifier(network, class_names=("a", "b")), precision=torch.float32)
    kinds = [type(module) for module in quick.network.modules()]
    assert kinds.count(FewChannels) == 1
    assert type(network[0]) is nn.Conv2d
