"""Images, labels and networks for salience: small, from fixed numbers, in float64."""

import numpy as np
import pytest
import torch
from torch import nn

from cuelens.networks.classifier import Classifier
from cuelens.randomness import Chance


def numbers(*shape: int, seed: int) -> torch.Tensor:
    generator = np.random.Generator(np.random.Philox(key=seed))
    return torch.from_numpy(generator.normal(size=shape))


@pytest.fixture
def images() -> torch.Tensor:
    return (numbers(6, 3, 9, 8, seed=1) * 0.3 + 0.5).clamp(0, 1)


@pytest.fixture
def labels() -> torch.Tensor:
    return torch.arange(6) % 4


@pytest.fixture
def chance() -> Chance:
    return Chance(5, tuple(f"image {row}" for row in range(6)))


@pytest.fixture
def network() -> nn.Module:
    """Two convolutions, a batch norm and a linear layer: 4 classes."""
    layers = [
        nn.Conv2d(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(32, 4),
    ]
    network = nn.Sequential(*layers).double()
    for place, parameter in enumerate(network.parameters()):
        parameter.data = numbers(*parameter.shape, seed=100 + place) * 0.3
    return network.eval()


class EachAlone(nn.Module):
    """A layer that each image passes by itself; the layer's weights are its own too."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer
        for name, parameter in layer.named_parameters():
            self.register_parameter(name, parameter)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.layer(each[None]) for each in features])


@pytest.fixture
def classifier(network) -> Classifier:
    return Classifier(network, class_names=tuple("abcd"))


@pytest.fixture
def one_by_one(network) -> Classifier:
    """The same, layer by layer image by image: no result can depend on an image's neighbours."""
    layers = [EachAlone(layer) for layer in network]
    return Classifier(nn.Sequential(*layers), class_names=tuple("abcd"))


@pytest.fixture
def weights() -> torch.Tensor:
    """Of a linear model: one row a class."""
    return numbers(4, 3 * 9 * 8, seed=7)


@pytest.fixture
def linear(weights):
    return lambda images: images.flatten(1) @ weights.T
