"""An attack begun several times, of which each image keeps its own worst."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch

from cuelens.attacks.apgd import APGD
from cuelens.attacks.arguments import in_batches, require_batch_size
from cuelens.attacks.curves import Curve
from cuelens.attacks.fgsm import FGSM
from cuelens.attacks.pgd import PGD
from cuelens.attacks.protocol import Attacked
from cuelens.balls import Ball
from cuelens.errors import ConfigError
from cuelens.losses import cross_entropy, margin
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, PerImageInt

__all__ = ["Restarts"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Restarts:
    """The worst of several runs of an attack, image by image.

    The first run draws as the attack alone would, so more restarts are never weaker. A fooled
    image is not attacked again; of runs that all fail, the one with the highest loss is kept.

    Attributes:
        attack: What is repeated; it must draw its start by chance.
        count: How many runs. At least 1.
        batch_size: How many images are attacked at once; bounds the memory, changes no result.
            None: 100 on a CPU, 500 elsewhere.

    Raises:
        ConfigError: If `count` is not positive, or every run would be the same.

    Source:
        Madry et al., 2018, https://arxiv.org/abs/1706.06083, section 3.1.
        Differs: a run begins only from images that no earlier run fooled.
    """

    version: ClassVar[int] = 2

    attack: APGD | FGSM | PGD
    count: int
    batch_size: int | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_batch_size(self.batch_size)
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
            ModelError: If the logits are not (batch, class), or not finite.
        """
        return in_batches(
            self._search, classify, images, labels, chance=chance, batch_size=self.batch_size
        )

    def _search(
        self, classify: Classify, images: Images, labels: Labels, chance: Chance
    ) -> Attacked:
        first = self.attack(classify, images, labels, chance=chance)
        if self.count == 1 or not len(images):
            return first
        found, taken, curve = first.images.clone(), first.steps.clone(), first.curve
        places = torch.arange(len(labels), device=labels.device)
        with torch.no_grad():
            logits = classify(found)
        loss, robust = cross_entropy(logits, labels), margin(logits, labels) >= 0
        for restart in range(1, self.count):
            # Only images that no run has fooled yet are attacked again.
            places, loss = places[robust], loss[robust]
            again = chance.take(places).again(restart)
            run = self.attack(classify, images[places], labels[places], chance=again)
            taken[places] += run.steps
            curve = _continued(curve, run.curve, places)
            if not len(places):
                robust = robust[robust]
                continue
            with torch.no_grad():
                logits = classify(run.images)
            climbed = cross_entropy(logits, labels[places])
            robust = margin(logits, labels[places]) >= 0
            worse = (climbed > loss) | ~robust
            found[places[worse]] = run.images[worse]
            loss = torch.maximum(loss, climbed)
        lengths = self.ball.length(found - images)
        return Attacked(images=found, steps=taken, lengths=lengths, curve=curve)


def _continued(curve: Curve, run: Curve, places: PerImageInt) -> Curve:
    """Return a curve with that of a later run behind it; the others keep what they had last."""
    points = torch.cat([curve.points, curve.points[-1] + 1 + run.points])
    columns = len(run.points)
    losses = curve.losses[:, -1:].repeat(1, columns)
    lengths = curve.lengths[:, -1:].repeat(1, columns)
    losses[places], lengths[places] = run.losses, run.lengths
    return Curve(
        points=points,
        losses=torch.cat([curve.losses, losses], dim=1),
        lengths=torch.cat([curve.lengths, lengths], dim=1),
    )
