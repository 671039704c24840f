"""A network of one's own, trained in seconds on rendered images, and a robust form of it.

The other examples ask about both. `python examples/own_network.py` says how accurate they are.
"""

import copy
from functools import cache
from typing import Literal

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from cuelens import PGD, Chance, Classifier, CueControlled, InputSpecification, Linf

RADIUS = 4 / 255
EPOCHS = {"standard": 6, "adversarial": 3}


@cache
def rendered(split: Literal["train", "test"]) -> CueControlled:
    """Return images of ten classes whose shape and texture both tell the class."""
    count = 600 if split == "train" else 200
    return CueControlled(count=count, split=split, texture_contrast=0.1, figure_contrast=0.3)


def untrained() -> nn.Module:
    """Return three convolutions and a linear layer; any module that gives gradients will do."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 32, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(2),
        nn.Flatten(),
        nn.Linear(128, 10),
    )


def classifier_of(network: nn.Module) -> Classifier:
    """Return a network with what it expects of its input: pixels stay in [0, 1] outside."""
    return Classifier(
        network,
        class_names=rendered("train").class_names,
        specification=InputSpecification(mean=(0.5,) * 3, deviation=(0.15,) * 3),
    )


def learn(network: nn.Module, *, epochs: int, radius: float) -> None:
    """Train a network on clean images or, with a radius that grows to its end, on attacked ones."""
    data, classifier = rendered("train"), classifier_of(network)
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3 if radius == 0 else 2e-3)
    for epoch in range(epochs):
        for rows in torch.randperm(len(data)).split(50):
            images, labels = data.images(rows), data.labels[rows]
            if radius:
                now = radius * (epoch + 1) / epochs
                attack = PGD(ball=Linf(radius=now), step=0.75 * now, steps=2)
                chance = Chance(epoch, data.ids).take(rows)
                images = attack(classifier, images, labels, chance=chance).images
            optimiser.zero_grad()
            cross_entropy(classifier(images), labels).backward()
            optimiser.step()


@cache
def networks() -> dict[str, Classifier]:
    """Return a network, and what becomes of it by some adversarial training."""
    torch.manual_seed(0)
    standard = untrained()
    learn(standard, epochs=EPOCHS["standard"], radius=0)
    adversarial = copy.deepcopy(standard)
    learn(adversarial, epochs=EPOCHS["adversarial"], radius=RADIUS)
    return {
        "standard": classifier_of(standard.eval()),
        "adversarial": classifier_of(adversarial.eval()),
    }


@torch.no_grad()
def right(classifier: Classifier, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return whether each image is answered by its class."""
    return classifier(images).argmax(1) == labels


def main() -> None:
    """Print how accurate both are."""
    test = rendered("test")
    images = test.images(torch.arange(len(test)))
    for name, classifier in networks().items():
        accuracy = right(classifier, images, test.labels).float().mean()
        print(f"{name}: {accuracy:.3f} of {len(test)}")


if __name__ == "__main__":
    main()
