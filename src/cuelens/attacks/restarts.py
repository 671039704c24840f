"""An attack begun several times, of which each image keeps its own worst."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from cuelens.attacks.ascent import Watched, require_arguments
from cuelens.attacks.fgsm import FGSM
from cuelens.attacks.pgd import PGD
from cuelens.attacks.protocol import Attacked
from cuelens.balls import Ball
from cuelens.errors import ConfigError
from cuelens.losses import cross_entropy, margin
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels

__all__ = ["Restarts"]


def _again(chance: Chance, restart: int) -> Chance:
    """Return the chance of a later start: another stream for each image, the seed kept."""
    return Chance(chance.seed, tuple(f"{image}\x1erestart\x1e{restart}" for image in chance.ids))


@dataclass(frozen=True, kw_only=True, slots=True)
class Restarts:
    """The worst of several runs of an attack, image by image.

    The first run draws as the attack alone would, so more restarts are never weaker. A fooled
    image is not attacked again; of runs that all fail, the one with the highest loss is kept.

    Attributes:
        attack: What is repeated; it must draw its start by chance.
        count: How many runs. At least 1.

    Raises:
        ConfigError: If `count` is not positive, or every run would be the same.

    Source:
        Madry et al., 2018, https://arxiv.org/abs/1706.06083, section 3.1.
        Differs: a run begins only from images that no earlier run fooled.
    """

    version: ClassVar[int] = 1

    attack: FGSM | PGD
    count: int

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ConfigError(f"`count` must be at least 1, got {self.count}.")
        if self.count > 1 and not self.attack.random_start:
            raise ConfigError(
                f"`attack` must start at random to be begun {self.count} times, got "
                "random_start=False, which finds the same images each time. "
                "Set random_start=True, or count=1."
            )

    @property
    def ball(self) -> Ball:
        """The threat model of the repeated attack."""
        return self.attack.ball

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Attacked:
        """Return the worst images found.

        Args:
            classify: Maps images to logits; already in eval mode.
            images: Pixels in [0, 1].
            labels: True classes.
            chance: Of the random starts.

        Returns:
            Pixels in [0, 1], each within the ball of its image; steps are summed over the runs.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images.
            ModelError: If a logit is not finite.
        """
        images, labels = require_arguments(images, labels, chance)
        first = self.attack(classify, images, labels, chance=chance)
        if self.count == 1 or not len(images):
            return first
        watched = Watched(classify, labels)
        found, taken = first.images.clone(), first.steps.clone()
        places = torch.arange(len(labels), device=labels.device)
        with torch.no_grad():
            logits = watched(found)
        loss, robust = cross_entropy(logits, labels), margin(logits, labels) >= 0
        for restart in range(1, self.count):
            # Only images that no run has fooled yet are attacked again.
            places, loss, labels = places[robust], loss[robust], labels[robust]
            if not len(places):
                break
            run = self.attack(
                classify, images[places], labels, chance=_again(chance.take(places), restart)
            )
            taken[places] += run.steps
            with torch.no_grad():
                logits = watched(run.images)
            again, robust = cross_entropy(logits, labels), margin(logits, labels) >= 0
            worse = (again > loss) | ~robust
            found[places[worse]] = run.images[worse]
            loss = torch.maximum(loss, again)
        watched.require_finite()
        return Attacked(images=found, steps=taken)
