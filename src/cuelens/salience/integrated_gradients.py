"""Integrated gradients: what each pixel adds to the score on the way from a baseline."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import torch

from cuelens.arguments import require_arguments
from cuelens.errors import ConfigError
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.reals import require_whole
from cuelens.salience.baselines import Baseline, ConstantColour
from cuelens.salience.copies import gradients_at_copies, require_batch_size, usual_batch
from cuelens.salience.score import Score, require_score, scores_of
from cuelens.tensors import Images, Labels, PerImage

__all__ = ["IntegratedGradients"]

_BLACK = ConstantColour(value=0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class IntegratedGradients:
    """The difference from a baseline times the mean gradient on the straight way from there.

    A map is complete: it sums to the score of the image minus that of the baseline, up to what
    the steps miss of the integral, which `completeness_gap` tells. With several baselines it is
    the mean of their maps.

    Attributes:
        baselines: Where the way begins; at least one. Any transform of images will do.
        steps: Points of the Gauss-Legendre rule between a baseline and the image. At least 1.
        score: What is explained.
        batch_size: How many points meet the classifier at a time. Bounds memory, changes no map,
            and is therefore no part of the method's identity. None: see `usual_batch`.

    Raises:
        ConfigError: If there is no baseline, or a number is outside its range.

    Source:
        Sundararajan et al., 2017, https://arxiv.org/abs/1703.01365, section 3; several baselines as
        in Sturmfels et al., 2020, https://doi.org/10.23915/distill.00022.
        Differs: the Gauss-Legendre rule, as in captum, where the paper has a Riemann sum; of the
        cross-entropy unless told otherwise.
    """

    version: ClassVar[int] = 1

    baselines: tuple[Baseline, ...] = (_BLACK,)
    steps: int = 50
    score: Score = Score.CROSS_ENTROPY
    batch_size: int | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_score(self.score)
        if not self.baselines:
            raise ConfigError(
                "`baselines` must name at least one, got none. Black is `ConstantColour(value=0)`."
            )
        require_whole("steps", self.steps)
        if self.steps < 1:
            raise ConfigError(f"`steps` must be at least 1, got {self.steps}. 50 are usual.")
        require_batch_size(self.batch_size)

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Images:
        """Return the maps.

        Args:
            classify: Maps images to logits; already in eval mode.
            images: Pixels in [0, 1].
            labels: The classes that are explained.
            chance: Of baselines that draw.

        Returns:
            In units of the score, signed; same shape as `images`.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images.
        """
        images, labels = require_arguments(images, labels, chance)
        total = torch.zeros_like(images)
        for baseline in self.baselines:
            begin = baseline(images, chance=chance)
            total += self._from(begin, classify, images, labels)
        return total.div_(len(self.baselines))

    def _from(self, begin: Images, classify: Classify, images: Images, labels: Labels) -> Images:
        """Return the maps for one baseline."""
        nodes, weights = np.polynomial.legendre.leggauss(self.steps)  # on [-1, 1]
        way = images - begin

        def point(step: int, rows: slice) -> Images:
            return torch.add(begin[rows], way[rows], alpha=(1 + nodes[step]) / 2)

        mean = torch.zeros_like(images)
        for step, rows, gradients in gradients_at_copies(
            classify,
            labels,
            point,
            copies=self.steps,
            score=self.score,
            batch_size=self.batch_size or usual_batch(images),
        ):
            mean[rows].add_(gradients, alpha=weights[step] / 2)
        return mean.mul_(way)

    def completeness_gap(
        self, classify: Classify, images: Images, labels: Labels, maps: Images, *, chance: Chance
    ) -> PerImage:
        """Return by how much each map's sum misses what it should be.

        Args:
            classify: As for the maps.
            images: As for the maps.
            labels: As for the maps.
            maps: What this method returned for them.
            chance: As for the maps.

        Returns:
            Sum of the map minus (score of the image minus mean score of the baselines), in units
            of the score. More steps bring it nearer to 0.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images.
        """
        images, labels = require_arguments(images, labels, chance)
        gap = maps.detach().sum((1, 2, 3))
        size = self.batch_size or usual_batch(images)
        gap -= scores_of(classify, images, labels, self.score, batch_size=size)
        for baseline in self.baselines:
            begin = baseline(images, chance=chance)
            scores = scores_of(classify, begin, labels, self.score, batch_size=size)
            gap += scores / len(self.baselines)
        return gap
