"""White noise that moves the pixels of each image exactly as far as something else has moved them.

It knows how far, not by what: the controls that use it say that.
"""

from abc import ABC, abstractmethod

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray

from cuelens.arguments import require_chance
from cuelens.randomness import Chance
from cuelens.tensors import Images, PerImage, require_pixels
from cuelens.transforms.protocol import Transform

__all__ = ["NoiseLike", "noise_deviations", "noisy"]

Pixels = Float[np.ndarray, " pixel"]
Noise = Float[np.ndarray, "batch pixel"]


class NoiseLike(ABC):
    """White noise of the size of a transform's change: what its controls have in common."""

    __slots__ = ()

    @property
    @abstractmethod
    def matched(self) -> Transform:
        """The transform whose change of each image is matched."""

    def deviations(self, images: Images, *, chance: Chance) -> PerImage:
        """Return the deviation of each image's noise before clipping; float64."""
        return noise_deviations(images, self.matched(images, chance=chance), chance)

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the noisy images.

        Args:
            images: Pixels in [0, 1].
            chance: Of the noise; every level scales the same noise.

        Returns:
            Pixels in [0, 1].

        Raises:
            RangeError: If `images` leaves [0, 1].
            ConfigError: If `chance` is not that of the images.
        """
        images = require_pixels(images)
        return noisy(images, self.matched(images, chance=chance), chance)


def _deviation(pixels: Pixels, noise: Pixels, target: float) -> float:
    """Return the factor of the noise at which the summed squared change is `target`.

    A pixel changes by factor * noise until it reaches 0 or 1 and stays there. So the change is what
    those had for room that were clipped, and the factor squared times the squared noise of the
    rest: where it is known who is clipped, the factor follows. Taking too few for clipped gives too
    small a factor, and that names more of them, until it names no others: after ten rounds where
    most pixels are free, 23 were seen where hardly any is, each round of fewer pixels.
    """
    moving = noise != 0
    pixels, noise = pixels[moving], noise[moving]
    room, speed = np.where(noise > 0, 1 - pixels, pixels), np.abs(noise)
    clipped_at, room, speed = room / speed, np.square(room), np.square(speed)
    factor, left = 0.0, target
    while len(clipped_at):
        # Never less than before, which rounding could make of the last pixels.
        factor = max(factor, float(np.sqrt(max(0.0, left) / speed.sum())))
        free = clipped_at > factor
        if free.all():
            return factor
        if not free.any():
            return float(clipped_at.max())
        left -= float(room[~free].sum())
        clipped_at, room, speed = clipped_at[free], room[free], speed[free]
    return factor


def noise_deviations(images: Images, changed: Images, chance: Chance) -> PerImage:
    """Return the deviation of the white noise that moves each image as far as it was changed.

    Args:
        images: Pixels in [0, 1].
        changed: The same images, changed; pixels in [0, 1].
        chance: Of the noise: every change scales the same noise.

    Returns:
        In pixel units, before clipping; float64. The root-mean-square change after clipping is
        that of `changed`, exactly but for rounding. Where noise cannot move an image that far
        (seen in images of a few pixels alone), it drives all pixels to 0 or 1.

    Raises:
        ConfigError: If `chance` is not that of the images.
    """
    return _deviations(images, changed, _white(images, chance))


def noisy(images: Images, changed: Images, chance: Chance) -> Images:
    """Return images with white noise, each as far from what it was as it was changed.

    Arguments and errors are those of `noise_deviations`.
    """
    noise = _white(images, chance)
    deviations = _deviations(images, changed, noise).numpy()
    out = images.detach().cpu().clone(memory_format=torch.contiguous_format)
    for pixels, white, deviation in zip(out.flatten(1).numpy(), noise, deviations, strict=True):
        pixels[:] = np.clip(pixels + white.astype(np.float64) * deviation, 0, 1)
    return out.to(images.device)


def _white(images: Images, chance: Chance) -> Noise:
    require_chance(chance, images)
    noise: NDArray[np.float32] = (
        chance.normal(images.shape[1:], method="matched-noise").flatten(1).numpy()
    )
    return noise


def _deviations(images: Images, changed: Images, noise: Noise) -> PerImage:
    before = images.detach().cpu().flatten(1).double().numpy()
    after = changed.detach().cpu().flatten(1).double().numpy()
    found = [
        _deviation(pixels, white.astype(np.float64), float(np.square(moved - pixels).sum()))
        for pixels, moved, white in zip(before, after, noise, strict=True)
    ]
    return torch.tensor(found, dtype=torch.float64)
