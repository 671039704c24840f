"""Planted data, models and methods for evaluation: small, from fixed numbers."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import nn

from cuelens.attacks import Attacked, Curve
from cuelens.balls import Linf
from cuelens.evaluation import Condition, RecordStore
from cuelens.losses import cross_entropy
from cuelens.networks import Classifier
from cuelens.networks.classifier import input_gradient

CLASSES = ("ant", "bee", "cat", "dog")


def attacked(found, images, labels, *, steps):
    """What an attack returns that looked at nothing on its way."""
    lengths = (found - images).flatten(1).abs().amax(1)
    curve = Curve(
        points=torch.zeros(1, dtype=torch.int64),
        losses=torch.zeros(len(images), 1),
        lengths=lengths[:, None],
    )
    return Attacked(
        images=found, steps=torch.full_like(labels, steps), lengths=lengths, curve=curve
    )


def numbers(*shape: int, seed: int) -> torch.Tensor:
    return torch.from_numpy(np.random.Generator(np.random.Philox(key=seed)).random(shape)).float()


@dataclass(frozen=True, kw_only=True)
class Plain:
    """A data set of which only images, labels and ids are known."""

    pixels: torch.Tensor
    name: str = "planted"
    class_names: tuple[str, ...] = CLASSES
    rendered: list[int] = field(default_factory=list)
    first: int = 0

    def __len__(self):
        return len(self.pixels)

    @property
    def ids(self):
        return tuple(f"test/{row:05d}" for row in range(self.first, self.first + len(self)))

    @property
    def labels(self):
        return (self.pixels[:, 0, :2, :2].mean((1, 2)) * 4).long().clamp(0, 3)

    @property
    def fingerprint(self):
        return f"{self.pixels.double().sum().item():.9f}-{self.first}"

    def images(self, rows):
        self.rendered.extend(rows.tolist())
        return self.pixels[rows]

    def take(self, rows, *, name):
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Cues(Plain):
    """The same with cue labels and masks."""

    @property
    def cues(self):
        places = torch.arange(len(self))
        return {"shape": self.labels, "texture": places % 4, "colour": (places + 1) % 4}

    def masks(self, rows):
        return self.pixels[rows, 0] > 0.5


@dataclass(frozen=True, kw_only=True)
class Fade:
    """Grey the images by a share."""

    version: ClassVar[int] = 1
    share: float

    def __call__(self, images, *, chance):
        return images * (1 - self.share) + 0.5 * self.share


@dataclass(frozen=True, kw_only=True)
class Speckle:
    """Add noise that is keyed by image."""

    version: ClassVar[int] = 1
    amount: float

    def __call__(self, images, *, chance):
        noise = chance.uniform(images.shape[1:], method="speckle")
        return (images + self.amount * (noise - 0.5)).clamp(0, 1)


@dataclass(frozen=True, kw_only=True)
class Push:
    """One step up the gradient: an attack; `claims_steps` is what it says it took."""

    version: ClassVar[int] = 1
    ball: Linf
    stop_when_fooled: bool = True

    def __call__(self, classify, images, labels, *, chance):
        def loss(candidates):
            return cross_entropy(classify(candidates), labels)

        moved = images + self.ball.radius * input_gradient(loss, images).sign()
        return attacked(moved.clamp(0, 1), images, labels, steps=1)


@dataclass(frozen=True, kw_only=True)
class Slope:
    """The gradient of the label's logit: a salience method."""

    version: ClassVar[int] = 1
    scale: float = 1.0

    def __call__(self, classify, images, labels, *, chance):
        def score(candidates):
            return classify(candidates).gather(1, labels[:, None])[:, 0]

        return self.scale * input_gradient(score, images)


class Counting(nn.Module):
    """A layer that counts the images that pass, in every copy of it."""

    seen: ClassVar[list[int]] = []

    def forward(self, images):
        self.seen.append(len(images))
        return images


def network(seed: int) -> nn.Module:
    layers = [
        Counting(),
        nn.Conv2d(3, 8, 3, padding=1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(32, len(CLASSES)),
    ]
    made = nn.Sequential(*layers)
    for place, parameter in enumerate(made.parameters()):
        parameter.data = (numbers(*parameter.shape, seed=100 * seed + place) - 0.4) * 2
    return made


@pytest.fixture
def planted():
    """The planted classes by name, for tests that build their own."""
    kinds = (Plain, Cues, Fade, Speckle, Push, Slope, Counting, attacked)
    return {kind.__name__: kind for kind in kinds}


@pytest.fixture
def dataset() -> Plain:
    return Plain(pixels=numbers(50, 3, 8, 8, seed=1))


@pytest.fixture
def cue_dataset() -> Cues:
    return Cues(pixels=numbers(50, 3, 8, 8, seed=1), name="planted-cues")


@pytest.fixture
def models() -> dict[str, Classifier]:
    made = {
        name: Classifier(network(seed), class_names=CLASSES, name=name)
        for seed, name in enumerate(("standard", "robust"))
    }
    Counting.seen.clear()
    return made


@pytest.fixture
def conditions() -> list[Condition]:
    return [
        Condition.clean(),
        Condition(family="fade", level=0.5, transform=Fade(share=0.5)),
        Condition(family="speckle", level=0.25, transform=Speckle(amount=0.25)),
    ]


@pytest.fixture
def store(tmp_path) -> RecordStore:
    return RecordStore(tmp_path / "records")
