"""SmoothGrad: the mean gradient over noisy copies of an image, in pixel units."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from cuelens.errors import ConfigError
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.salience.score import Score, require_arguments, score_gradient
from cuelens.tensors import Images, Labels

__all__ = ["SmoothGrad", "mean_gradient", "require_samples"]

Deviations = Float[Tensor, "batch channel_or_1 1 1"]


def require_samples(samples: int, batch_size: int) -> None:
    """Refuse numbers of noisy copies below 1.

    Raises:
        ConfigError: If either is below 1.
    """
    if samples < 1:
        raise ConfigError(f"`samples` must be at least 1, got {samples}. 50 to 100 are usual.")
    if batch_size < 1:
        raise ConfigError(
            f"`batch_size` must be at least 1, got {batch_size}. It bounds memory and changes "
            "no map."
        )


def _pieces(first: int, last: int, count: int) -> Iterator[tuple[int, slice]]:
    """Yield (sample, rows) of the noisy copies first to last, counted sample by sample."""
    while first < last:
        sample, row = divmod(first, count)
        end = min(count, row + last - first)
        yield sample, slice(row, end)
        first += end - row


def mean_gradient(
    classify: Classify,
    images: Images,
    labels: Labels,
    *,
    score: Score,
    deviations: Deviations,
    samples: int,
    batch_size: int,
    chance: Chance,
) -> Images:
    """Return the mean gradient over noisy copies.

    The noise of a copy depends on the image's id and the sample's number alone, and copies are
    added up in the order of their numbers, so `batch_size` changes nothing but memory.

    Args:
        classify: Maps images to logits.
        images: Pixels in [0, 1]; the noisy copies are not clipped.
        labels: The classes that are explained, int64.
        score: What is explained.
        deviations: Standard deviation of the noise, in pixel units.
        samples: Noisy copies of each image.
        batch_size: How many copies meet the classifier at a time.
        chance: Of the noise.

    Returns:
        Score change per unit of pixel change, signed; same shape as `images`.
    """
    count, shape = len(images), images.shape[1:]
    total = torch.zeros_like(images)
    for first in range(0, samples * count, batch_size):
        last = min(first + batch_size, samples * count)
        pieces = tuple(_pieces(first, last, count))
        noisy = []
        for sample, rows in pieces:
            own = chance.take(range(count)[rows])
            noise = own.normal(shape, method="smoothgrad", draw=sample).to(images)
            noisy.append(noise.mul_(deviations[rows]).add_(images[rows]))
        wanted = torch.cat([labels[rows] for _, rows in pieces])
        gradient = score_gradient(classify, torch.cat(noisy), wanted, score)
        parts = torch.split(gradient, [rows.stop - rows.start for _, rows in pieces])
        for (_, rows), part in zip(pieces, parts, strict=True):
            total[rows] += part
    return total.div_(samples)


@dataclass(frozen=True, kw_only=True, slots=True)
class SmoothGrad:
    """The mean gradient over copies of the image with Gaussian noise.

    Attributes:
        samples: How many noisy copies. At least 1.
        noise: Standard deviation, in units of the pixel range [0, 1]. At least 0, which gives the
            plain gradient.
        score: What is explained.
        batch_size: How many copies meet the classifier at a time. Bounds memory, changes no map,
            and is therefore no part of the method's identity.

    Raises:
        ConfigError: If a number is outside its range.

    Source:
        Smilkov et al., 2017, https://arxiv.org/abs/1706.03825, section 3.
        Differs: the noise is the same for all images, not a share of each one's range; signed; of
        the cross-entropy unless told otherwise.
    """

    version: ClassVar[int] = 1

    samples: int
    noise: float
    score: Score = Score.CROSS_ENTROPY
    batch_size: int = field(default=64, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_samples(self.samples, self.batch_size)
        if not (self.noise >= 0 and math.isfinite(self.noise)):
            raise ConfigError(f"`noise` must be a finite number of at least 0, got {self.noise:g}.")
        if self.noise > 1:
            raise ConfigError(
                f"`noise` must be at most 1 (pixels are in [0, 1]), got {self.noise:g}. "
                f"Did you mean {self.noise:g}/255?"
            )

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
            Score change per unit of pixel change, signed; same shape as `images`.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images.
        """
        images, labels = require_arguments(images, labels, chance)
        return mean_gradient(
            classify,
            images,
            labels,
            score=self.score,
            deviations=images.new_full((len(images), 1, 1, 1), self.noise),
            samples=self.samples,
            batch_size=self.batch_size,
            chance=chance,
        )
