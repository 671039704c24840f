"""Two linear networks, whose answers and worst attacks are known, and pictures for them."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from cuelens.explore import Picture, Subjects
from cuelens.explore.visits import Visit
from cuelens.networks.classifier import Classifier, InputSpecification

SIDE = 16
REST = (1, 1, 0, 100, 0, 0, 1)
"""Sliders of the page where nothing changes."""


def linear(rows: torch.Tensor, names: tuple[str, ...]) -> Classifier:
    """Return a network whose logits are these rows times the pixels."""
    layer = nn.Linear(3 * SIDE * SIDE, len(rows), bias=False)
    with torch.no_grad():
        layer.weight.copy_(rows)
    return Classifier(
        nn.Sequential(nn.Flatten(), layer).eval(),
        class_names=names,
        specification=InputSpecification(height=SIDE, width=SIDE),
    )


@pytest.fixture(scope="session")
def classify() -> Callable[[torch.Tensor, tuple[str, ...]], Classifier]:
    return linear


@pytest.fixture
def subjects() -> Subjects:
    """Return a network that reads the mean and one that reads the left half against the right."""
    bright = torch.full((3, SIDE, SIDE), 1.0)
    left = bright.clone()
    left[:, :, SIDE // 2 :] = -1.0
    rows = {
        "mean": torch.stack([bright.flatten(), 0.5 * bright.flatten()]) / 10,
        "left": torch.stack([left.flatten(), -left.flatten()]) / 10,
    }
    return Subjects.of({name: linear(one, ("yes", "no")) for name, one in rows.items()})


@pytest.fixture(scope="session")
def picture() -> Picture:
    """Return a picture that is brighter on the left."""
    images = torch.full((1, 3, SIDE, SIDE), 0.45)
    images[..., : SIDE // 2] = 0.55
    return Picture(name="left.png", label="yes", images=images)


@pytest.fixture
def visit(subjects: Subjects, picture: Picture) -> Visit:
    other = Picture(name="other.png", label=None, images=1 - picture.images)
    return Visit(subjects=subjects, pictures=(picture, other))
