"""Images, labels and networks for the attacks: small, from fixed numbers."""

import numpy as np
import pytest
import torch
from torch import nn

from cuelens.randomness import Chance


def numbers(*shape: int, seed: int) -> torch.Tensor:
    return torch.from_numpy(np.random.Generator(np.random.Philox(key=seed)).random(shape)).float()


def fill(network: nn.Module, seed: int) -> nn.Module:
    """Return the network with weights that no global random state has touched."""
    for place, parameter in enumerate(network.parameters()):
        values = numbers(*parameter.shape, seed=1000 * seed + place) - 0.5
        fan_in = parameter[0].numel() if parameter.ndim > 1 else 1
        parameter.data = values * 4 / fan_in**0.5
    return network.eval()


@pytest.fixture
def images() -> torch.Tensor:
    """Sixteen images, a third of their pixels at a border of [0, 1]."""
    return (numbers(16, 3, 16, 16, seed=1) * 1.5 - 0.25).clamp(0, 1)


@pytest.fixture
def labels(network, images) -> torch.Tensor:
    """What the network answers, but for the first two images, which it gets wrong."""
    with torch.no_grad():
        answers = network(images).argmax(1)
    answers[:2] = (answers[:2] + 1) % 4
    return answers


@pytest.fixture
def chance() -> Chance:
    return Chance(5, tuple(f"image {row}" for row in range(16)))


@pytest.fixture
def network(images) -> nn.Module:
    """Two convolutions, a batch norm and a linear layer: 4 classes, each the answer somewhere."""
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
    network = fill(nn.Sequential(*layers), seed=2)
    with torch.no_grad():
        network[-1].bias -= network(images).mean(0)
    return network


@pytest.fixture
def classify(network):
    """The network, each image in a pass of its own: no result can depend on its neighbours."""

    def one_by_one(images: torch.Tensor) -> torch.Tensor:
        return torch.cat([network(image[None]) for image in images])

    return one_by_one
