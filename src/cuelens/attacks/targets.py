"""One attack for each of the classes that an image is most easily taken for.

It knows which classes those are and who is attacked again; the attack itself is given.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from cuelens.attacks.curves import CurveRecorder
from cuelens.attacks.protocol import Attacked
from cuelens.balls import Ball
from cuelens.errors import ConfigError
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, Logits, PerImageInt

__all__ = ["Aimed", "TargetedSearch", "over_targets", "require_targets"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Aimed:
    """What one search aimed at one class found.

    Attributes:
        images: The best image found for each, inside the ball.
        steps: How many steps each took.
        fooled: Which are wrong.
    """

    images: Images
    steps: PerImageInt
    fooled: Bool[Tensor, " batch"]


TargetedSearch = Callable[[PerImageInt, Labels, Chance, int], Aimed]
"""Searches from the images at these places towards these classes; the last argument counts the
targets that came before."""


def require_targets(targets: int) -> None:
    """Refuse no target.

    Raises:
        ConfigError: If `targets` is below 1.
    """
    if targets < 1:
        raise ConfigError(f"`targets` must be at least 1, got {targets}. Usual are 9.")


def over_targets(
    search: TargetedSearch,
    classify: Classify,
    images: Images,
    labels: Labels,
    *,
    ball: Ball,
    targets: int,
    chance: Chance,
    record: CurveRecorder,
) -> Attacked:
    """Aim at the best other classes of each image, one after the other, until it is fooled.

    Args:
        search: Aims at one class an image.
        classify: Maps images to logits.
        images: Pixels in [0, 1].
        labels: True classes.
        ball: The threat model.
        targets: How many classes to aim at, the most probable first; all others, if there are
            fewer.
        chance: Of the images; each target draws from a stream of its own.
        record: What the searches take notes in.

    Returns:
        The fooled image, or else the one that the first search found; steps are summed.
    """
    found, taken = images.clone(), torch.zeros_like(labels)
    places = torch.arange(len(labels), device=labels.device)
    if len(labels):
        with torch.no_grad():
            ranked = _others_ranked(classify(images), labels)
        for target in range(min(targets, ranked.shape[1])):
            aimed = search(places, ranked[places, target], chance.take(places), target)
            taken[places] += aimed.steps
            changed = aimed.fooled if target else torch.ones_like(aimed.fooled)
            found[places[changed]] = aimed.images[changed]
            places = places[~aimed.fooled]
            if not len(places):
                break
    lengths = ball.length(found - images)
    curve = record.curve(steps=taken, lengths=lengths)
    return Attacked(images=found, steps=taken, lengths=lengths, curve=curve)


def _others_ranked(logits: Logits, labels: Labels) -> Int[Tensor, "batch other"]:
    """Return the classes of each image but its own, the best logit first."""
    others = logits.scatter(1, labels[:, None], float("-inf"))
    ranked = torch.argsort(others, dim=1, descending=True, stable=True)
    return ranked[:, :-1]
