"""White noise that moves the pixels of each image exactly as far as something else has moved them.

It knows how far, not by what: the controls that use it say that.
"""

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray

from cuelens.arguments import require_chance
from cuelens.randomness import Chance
from cuelens.tensors import Images, PerImage

__all__ = ["noise_deviations", "noisy"]

Pixels = Float[np.ndarray, " pixel"]


def _deviation(pixels: Pixels, noise: Pixels, target: float) -> float:
    """Return the factor of the noise at which the summed squared change is `target`.

    A pixel changes by factor * noise until it reaches 0 or 1 and stays there. Sorted by the factor
    at which they do, the pixels of which a factor has clipped the first k change by what those
    had for room, and by the factor squared times the squared noise of the rest. So the factor
    follows in closed form once k is known.
    """
    moving = noise != 0
    pixels, noise = pixels[moving], noise[moving]
    room, speed = np.where(noise > 0, 1 - pixels, pixels), np.abs(noise)
    clipped_at = room / speed
    order = np.argsort(clipped_at, kind="stable")
    clipped_at, room, speed = clipped_at[order], room[order] ** 2, speed[order] ** 2
    clipped = np.concatenate([[0.0], np.cumsum(room)])
    free = np.cumsum(speed[::-1])[::-1]  # summed from the far end: the last entries matter
    reached = np.maximum.accumulate(clipped[:-1] + clipped_at**2 * free)
    count = int(np.searchsorted(reached, target))
    if count == len(reached):
        return float(clipped_at[-1]) if len(clipped_at) else 0.0
    return float(np.sqrt(max(0.0, target - clipped[count]) / free[count]))


def _white(images: Images, chance: Chance) -> Float[np.ndarray, "batch pixel"]:
    noise: NDArray[np.float32] = (
        chance.normal(images.shape[1:], method="matched-noise").flatten(1).numpy()
    )
    return noise


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
    require_chance(chance, images)
    before = images.detach().cpu().flatten(1).double().numpy()
    after = changed.detach().cpu().flatten(1).double().numpy()
    rows = zip(before, after, _white(images, chance), strict=True)
    found = [
        _deviation(pixels, noise.astype(np.float64), float(np.square(moved - pixels).sum()))
        for pixels, moved, noise in rows
    ]
    return torch.tensor(found, dtype=torch.float64)


def noisy(images: Images, changed: Images, chance: Chance) -> Images:
    """Return images with white noise, each as far from what it was as it was changed.

    Arguments and errors are those of `noise_deviations`.
    """
    deviations = noise_deviations(images, changed, chance).numpy()
    out = images.detach().cpu().clone(memory_format=torch.contiguous_format)
    rows = zip(out.flatten(1).numpy(), _white(images, chance), deviations, strict=True)
    for pixels, noise, deviation in rows:
        pixels[:] = np.clip(pixels + noise.astype(np.float64) * deviation, 0, 1)
    return out.to(images.device)
