"""Accuracy on held-out training images: it chooses; the test split only reports."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from cuelens.attacks import FGSM, PGD, StAdv
from cuelens.balls import Ball, Displacement
from cuelens.datasets.protocol import Dataset
from cuelens.networks.classifier import Classifier
from cuelens.randomness import Chance

__all__ = ["accuracy", "attacked_accuracy", "robust_accuracy"]

_BATCH = 250


@torch.no_grad()
def accuracy(classifier: Classifier, dataset: Dataset) -> float:
    """Return the share of images that a classifier in eval mode gets right."""
    labels, right = dataset.labels, 0
    for rows in _batches(torch.arange(len(dataset))):
        logits = classifier(dataset.images(rows).to(classifier.device))
        right += int((logits.argmax(1).cpu() == labels[rows]).sum())
    return right / len(dataset)


def robust_accuracy(
    classifier: Classifier,
    dataset: Dataset,
    *,
    ball: Ball | Displacement,
    seed: int,
    limit: int = 1000,
) -> float:
    """Return the share of images that survive ten steps of PGD, or of stAdv where a ball is flows.

    Args:
        classifier: In eval mode; usually the fast form. The number chooses, it is not reported.
        dataset: Held-out images.
        ball: The threat model of the training.
        seed: Keys the random starts.
        limit: At most so many images are attacked.
    """
    attack: PGD | StAdv
    if isinstance(ball, Displacement):
        attack = StAdv(ball=ball, steps=10)
    else:
        attack = PGD(ball=ball, step=ball.radius / 4, steps=10, stop_when_fooled=True)
    return attacked_accuracy(classifier, dataset, attack=attack, seed=seed, limit=limit)


def attacked_accuracy(
    classifier: Classifier,
    dataset: Dataset,
    *,
    attack: PGD | FGSM | StAdv,
    seed: int,
    limit: int = 1000,
) -> float:
    """Return the share of images that survive an attack.

    Args:
        classifier: In eval mode; usually the fast form. The number chooses, it is not reported.
        dataset: Held-out images.
        attack: Any attack that trains networks.
        seed: Keys the random starts.
        limit: At most so many images are attacked, evenly spaced, as a data set may be in the
            order of its classes.
    """
    chosen = torch.arange(0, len(dataset), math.ceil(len(dataset) / limit))
    ids, all_labels = dataset.ids, dataset.labels
    right = 0
    for rows in _batches(chosen):
        images = dataset.images(rows).to(classifier.device)
        labels = all_labels[rows].to(classifier.device)
        chance = Chance(seed, tuple(ids[row] for row in rows.tolist()))
        attacked = attack(classifier, images, labels, chance=chance).images
        with torch.no_grad():
            right += int((classifier(attacked).argmax(1) == labels).sum())
    return right / len(chosen)


def _batches(rows: Tensor) -> Iterator[Tensor]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]
