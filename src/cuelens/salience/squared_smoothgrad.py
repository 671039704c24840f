"""SmoothGrad squared: the mean squared gradient over noisy copies of an image."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch

from cuelens.arguments import require_arguments
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.salience.copies import gradients_at_copies, usual_batch
from cuelens.salience.noise import noisy_copies, require_noise, require_samples
from cuelens.salience.score import Score, require_score
from cuelens.tensors import Images, Labels

__all__ = ["SquaredSmoothGrad"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SquaredSmoothGrad:
    """The mean of the squared gradients over copies of the image with Gaussian noise.

    Where a gradient changes its sign from copy to copy, `SmoothGrad` sees little and this sees how
    strong it is: it is the square of `SmoothGrad` plus `VarGrad`, both of the same settings.

    Attributes:
        samples: How many noisy copies. At least 1.
        noise: Standard deviation, in units of the pixel range [0, 1]. At least 0, which gives the
            squared gradient.
        score: What is explained.
        batch_size: How many copies meet the classifier at a time. Bounds memory, changes no map,
            and is therefore no part of the method's identity. None: see `usual_batch`.

    Raises:
        ConfigError: If a number is outside its range.

    Source:
        Hooker et al., 2019, https://arxiv.org/abs/1806.10758, section 4.1 (SmoothGrad-Squared).
        Differs: the noise is in pixel units; of the cross-entropy unless told otherwise.
    """

    version: ClassVar[int] = 1

    samples: int
    noise: float
    score: Score = Score.CROSS_ENTROPY
    batch_size: int | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_samples(self.samples, self.batch_size)
        require_noise(self.noise)
        require_score(self.score)

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Images:
        """Return the maps.

        Args:
            classify: Maps images to logits; already in eval mode.
            images: Pixels in [0, 1].
            labels: The classes that are explained.
            chance: Of the noise.

        Returns:
            Score change per unit of pixel change, squared, so never negative; same shape as
            `images`.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images.
        """
        images, labels = require_arguments(images, labels, chance)
        total = torch.zeros_like(images)
        for _, rows, gradients in gradients_at_copies(
            classify,
            labels,
            noisy_copies(images, self.noise, chance=chance),
            copies=self.samples,
            score=self.score,
            batch_size=self.batch_size or usual_batch(images),
        ):
            total[rows].addcmul_(gradients, gradients)
        return total.div_(self.samples)
