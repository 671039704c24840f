"""Accuracy on held-out training images: it chooses; the test split only reports."""

import torch

from cuelens.attacks import PGD
from cuelens.balls import Ball
from cuelens.datasets.protocol import Dataset
from cuelens.networks.classifier import Classifier
from cuelens.randomness import Chance

__all__ = ["accuracy", "robust_accuracy"]

_BATCH = 250


@torch.no_grad()
def accuracy(classifier: Classifier, dataset: Dataset) -> float:
    """Return the share of images that a classifier in eval mode gets right."""
    right = 0
    for rows in torch.arange(len(dataset)).split(_BATCH):
        logits = classifier(dataset.images(rows).to(classifier.device))
        right += int((logits.argmax(1).cpu() == dataset.labels[rows]).sum())
    return right / len(dataset)


def robust_accuracy(
    classifier: Classifier, dataset: Dataset, *, ball: Ball, seed: int, limit: int = 1000
) -> float:
    """Return the share of the first images that survive ten steps of PGD.

    Args:
        classifier: In eval mode; usually the fast form. The number chooses, it is not reported.
        dataset: Held-out images.
        ball: The threat model of the training.
        seed: Keys the random starts.
        limit: How many images are attacked.
    """
    attack = PGD(ball=ball, step=ball.radius / 4, steps=10, stop_when_fooled=True)
    first = torch.arange(min(limit, len(dataset)))
    right = 0
    for rows in first.split(_BATCH):
        images, labels = dataset.images(rows), dataset.labels[rows]
        images, labels = images.to(classifier.device), labels.to(classifier.device)
        chance = Chance(seed, tuple(dataset.ids[row] for row in rows.tolist()))
        attacked = attack(classifier, images, labels, chance=chance).images
        with torch.no_grad():
            right += int((classifier(attacked).argmax(1) == labels).sum())
    return right / len(first)
