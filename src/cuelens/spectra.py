"""Spatial frequencies of images: which there are, and how to part the low from the high.

Frequencies are in cycles per image: of a square image a frequency of f repeats f times along a
side, up to half the side in pixels along an axis. Nothing here knows what a filtered image is
for, nothing is clipped, and no gradient passes.

The transforms are SciPy's: torch's own give an image other bits in another batch and on another
number of threads (seen at 7, 32 and 64 px with MKL).
"""

from functools import cache

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from scipy import fft

from cuelens.tensors import Images

__all__ = ["frequencies", "split", "within"]


def frequencies(height: int, width: int) -> Float[NDArray[np.float64], "height half_width"]:
    """Return the radial frequency of each entry of a real two-dimensional Fourier transform.

    Args:
        height: Of the images, in pixels.
        width: Of the images, in pixels.

    Returns:
        Cycles per image, in the layout of `scipy.fft.rfft2`. Where the sides differ, cycles per
        shorter side, so that a frequency means the same pixels in all directions.
    """
    shorter = min(height, width)
    vertical = fft.fftfreq(height)[:, None] * shorter
    horizontal = fft.rfftfreq(width)[None, :] * shorter
    return np.hypot(vertical, horizontal)


@cache
def within(height: int, width: int, cutoff: float) -> Bool[NDArray[np.bool_], "height half_width"]:
    """Return where the radial frequency is at most `cutoff` cycles per image: a sharp disc."""
    # A hair wider, so that a frequency that is the cutoff but for rounding is inside.
    return frequencies(height, width) <= cutoff * (1 + 1e-9) + 1e-9


def split(images: Images, cutoff: float) -> tuple[Images, Images]:
    """Part images into frequencies up to a cutoff and those above it, losing nothing.

    Args:
        images: Any range, float32 or float64.
        cutoff: In cycles per image. At least 0; the mean of a channel has frequency 0.

    Returns:
        The low part, which carries the mean of each channel, and the high part, whose mean is 0.
        Their sum is `images` (to one rounding), and neither is clipped.
    """
    images = images.detach()
    height, width = images.shape[2:]
    kept = within(height, width, cutoff)
    if not len(images) or kept.all():
        return images.clone(), torch.zeros_like(images)
    workers = torch.get_num_threads()
    spectrum = fft.rfft2(images.cpu().numpy(), workers=workers)
    spectrum *= kept
    pixels = fft.irfft2(spectrum, s=(height, width), workers=workers, overwrite_x=True)
    low = torch.from_numpy(pixels).to(images)
    return low, images - low
