"""SmoothGrad as the paper computes it: noise and gradient in the network's normalised space."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

from cuelens.arguments import require_arguments
from cuelens.errors import ConfigError
from cuelens.networks.classifier import Classify, InputSpecification
from cuelens.randomness import Chance
from cuelens.reals import require_number
from cuelens.salience.copies import mean_gradient, usual_batch
from cuelens.salience.noise import noisy_copies, require_samples
from cuelens.salience.score import Score
from cuelens.tensors import Images, Labels

__all__ = ["PaperSmoothGrad"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperSmoothGrad:
    """The mean cross-entropy gradient over noisy copies, both in normalised units.

    With mean m and deviation s of a channel, the network reads z = (x - m) / s. Noise on z, of
    standard deviation `spread` times the range of z, is noise s times as large on the pixels x;
    the gradient with respect to z is s times that with respect to x. So channels weigh by their
    deviations, and models of different normalisation get different noise: to compare models,
    `SmoothGrad` is the better choice.

    Where the network resizes its input, noise and gradient are those of the image before.

    Attributes:
        specification: The normalisation of the classifier that is explained.
        samples: How many noisy copies. At least 1.
        spread: Standard deviation of the noise, as a share of the range of the normalised image
            (largest minus smallest value over all channels). At least 0; the paper also has 0.05
            and 0.10.
        batch_size: How many copies meet the classifier at a time. Bounds memory, changes no map,
            and is therefore no part of the method's identity. None: see `usual_batch`.

    Raises:
        ConfigError: If a number is outside its range.

    Source:
        Smilkov et al., 2017, https://arxiv.org/abs/1706.03825, section 3, in the form of the
        published code of Zhang & Zhu, 2019, https://arxiv.org/abs/1905.09797.
        Differs: every image has its own map, where the published code takes image 0 of the
        batch; the noise is keyed; the mean of the copies, where the sum differs by a factor.
    """

    version: ClassVar[int] = 1

    specification: InputSpecification
    samples: int = 100
    spread: float = 0.15
    batch_size: int | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_samples(self.samples, self.batch_size)
        require_number("spread", self.spread)
        if not (self.spread >= 0 and math.isfinite(self.spread)):
            raise ConfigError(
                f"`spread` must be a finite number of at least 0, got {self.spread:g}. "
                "It is a share of the image's range, such as 0.15."
            )

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Images:
        """Return the maps.

        Args:
            classify: Maps pixels in [0, 1] to logits, normalising as `specification` says; already
                in eval mode.
            images: Pixels in [0, 1].
            labels: The classes that are explained.
            chance: Of the noise.

        Returns:
            Loss change per unit of normalised change, signed; same shape as `images`.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images, or the channels not those of
                the specification.
        """
        images, labels = require_arguments(images, labels, chance)
        if images.shape[1] != self.specification.channels:
            raise ConfigError(
                f"`specification` must have as many channels as the images, {images.shape[1]}, got "
                f"{self.specification.channels}. Give that of the classifier that is explained."
            )
        mean = images.new_tensor(self.specification.mean)[None, :, None, None]
        deviation = images.new_tensor(self.specification.deviation)[None, :, None, None]
        normalised = ((images - mean) / deviation).flatten(1)
        extent = normalised.amax(1) - normalised.amin(1)
        deviations = self.spread * extent[:, None, None, None] * deviation
        maps = mean_gradient(
            classify,
            labels,
            noisy_copies(images, deviations, chance=chance),
            copies=self.samples,
            score=Score.CROSS_ENTROPY,
            batch_size=self.batch_size or usual_batch(images),
            like=images,
        )
        return maps.mul_(deviation)
