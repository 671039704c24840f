"""Noisy copies of images, keyed: what every form of SmoothGrad is made of.

It knows noise; it does not know gradients.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.reals import require_number, require_whole
from cuelens.salience.copies import Alter, require_batch_size
from cuelens.tensors import Images

__all__ = ["Deviations", "noisy_copies", "require_noise", "require_samples"]

Deviations = Float[Tensor, "batch channel_or_1 1 1"]


def require_samples(samples: int, batch_size: int | None) -> None:
    """Refuse numbers of copies below 1.

    Raises:
        ArgumentError: If either is no whole number.
        ConfigError: If either is below 1.
    """
    require_whole("samples", samples)
    if samples < 1:
        raise ConfigError(f"`samples` must be at least 1, got {samples}. 50 to 100 are usual.")
    require_batch_size(batch_size)


def require_noise(noise: float) -> None:
    """Refuse noise that is none, or that was given in other units.

    Raises:
        ArgumentError: If `noise` is no number.
        ConfigError: If `noise` is not in [0, 1].
    """
    require_number("noise", noise)
    if not (noise >= 0 and math.isfinite(noise)):
        raise ConfigError(f"`noise` must be a finite number of at least 0, got {noise:g}.")
    if noise > 1:
        raise ConfigError(
            f"`noise` must be at most 1 (pixels are in [0, 1]), got {noise:g}. "
            f"Did you mean {noise:g}/255?"
        )


def noisy_copies(images: Images, noise: float | Deviations, *, chance: Chance) -> Alter:
    """Return what makes copies of the images with Gaussian noise; they are not clipped.

    The noise of a copy depends on the image's id and the copy's number alone, so every form of
    SmoothGrad meets the same copies. They lie in memory as the images do: channels-last ones,
    which networks are faster on, stay so.

    Args:
        images: Pixels in [0, 1].
        noise: Standard deviation in pixel units, one for all or one for each image (and channel).
        chance: Of the noise.
    """
    shape = images.shape[1:]
    if isinstance(noise, Tensor):
        deviations = noise
    else:
        deviations = images.new_full((len(images), 1, 1, 1), noise)

    def noisy(sample: int, rows: slice) -> Images:
        own = chance.take(range(len(images))[rows])
        copies = torch.empty_like(images[rows])
        copies.copy_(own.normal(shape, method="smoothgrad", draw=sample))
        return copies.mul_(deviations[rows]).add_(images[rows])

    return noisy
