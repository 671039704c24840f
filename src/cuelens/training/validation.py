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
from cuelens.training.min_max import Alternating, MinMax
from cuelens.training.team import Alone, Team
from cuelens.training.training import Training

__all__ = ["accuracy", "attacked_accuracy", "measured", "robust_accuracy"]

_BATCH = 250


@torch.no_grad()
def accuracy(classifier: Classifier, dataset: Dataset, *, team: Team | None = None) -> float:
    """Return the share of images that a classifier in eval mode gets right.

    Args:
        classifier: In eval mode.
        dataset: Held-out images.
        team: Processes that share the images; None: this one has all.
    """
    team = team or Alone()
    labels, right = dataset.labels, 0
    for rows in _batches(torch.arange(len(dataset))[team.number :: team.count]):
        logits = classifier(dataset.images(rows).to(classifier.device))
        right += int((logits.argmax(1).cpu() == labels[rows]).sum())
    return _total(right, team, classifier.device) / len(dataset)


def robust_accuracy(
    classifier: Classifier,
    dataset: Dataset,
    *,
    ball: Ball | Displacement,
    seed: int,
    limit: int = 1000,
    team: Team | None = None,
) -> float:
    """Return the share of images that survive ten steps of PGD, or of stAdv where a ball is flows.

    Args:
        classifier: In eval mode; usually the fast form. The number chooses, it is not reported.
        dataset: Held-out images.
        ball: The threat model of the training.
        seed: Keys the random starts.
        limit: At most so many images are attacked.
        team: As in `accuracy`.
    """
    attack: PGD | StAdv
    if isinstance(ball, Displacement):
        attack = StAdv(ball=ball, steps=10)
    else:
        attack = PGD(ball=ball, step=ball.radius / 4, steps=10, stop_when_fooled=True)
    return attacked_accuracy(classifier, dataset, attack=attack, seed=seed, limit=limit, team=team)


def attacked_accuracy(
    classifier: Classifier,
    dataset: Dataset,
    *,
    attack: PGD | FGSM | StAdv,
    seed: int,
    limit: int = 1000,
    team: Team | None = None,
) -> float:
    """Return the share of images that survive an attack.

    Args:
        classifier: In eval mode; usually the fast form. The number chooses, it is not reported.
        dataset: Held-out images.
        attack: Any attack that trains networks.
        seed: Keys the random starts.
        limit: At most so many images are attacked, evenly spaced, as a data set may be in the
            order of its classes.
        team: As in `accuracy`.
    """
    team = team or Alone()
    chosen = torch.arange(0, len(dataset), math.ceil(len(dataset) / limit))
    ids, all_labels = dataset.ids, dataset.labels
    right = 0
    for rows in _batches(chosen[team.number :: team.count]):
        images = dataset.images(rows).to(classifier.device)
        labels = all_labels[rows].to(classifier.device)
        chance = Chance(seed, tuple(ids[row] for row in rows.tolist()))
        attacked = attack(classifier, images, labels, chance=chance).images
        with torch.no_grad():
            right += int((classifier(attacked).argmax(1) == labels).sum())
    return _total(right, team, classifier.device) / len(chosen)


def measured(
    classifier: Classifier, training: Training, *, team: Team | None = None
) -> dict[str, float]:
    """Return what a training's history says of the weights as they are now.

    Args:
        classifier: In eval mode; usually the fast form.
        training: Which validation images there are, and what is attacked.
        team: As in `accuracy`.

    Returns:
        "accuracy"; "robust_accuracy" where the objective attacks and training does not stop at an
        accuracy; "attacked_accuracy", under the training's own attack, where a probe looks.
    """
    recipe, validation, seed = training.recipe, training.validation, training.seed
    objective, ball = recipe.objective, recipe.objective.ball
    found = {"accuracy": accuracy(classifier, validation, team=team)}
    if ball is not None and recipe.stop_at_accuracy is None:
        found["robust_accuracy"] = robust_accuracy(
            classifier, validation, ball=ball, seed=seed, team=team
        )
    if recipe.probe is not None and isinstance(objective, MinMax | Alternating):
        found["attacked_accuracy"] = attacked_accuracy(
            classifier, validation, attack=objective.attack, seed=seed, team=team
        )
    return found


def _total(right: int, team: Team, device: torch.device) -> int:
    (total,) = team.summed([torch.tensor(float(right), device=device)])
    return round(float(total))


def _batches(rows: Tensor) -> Iterator[Tensor]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]
