"""How alike two images are in structure: local means, contrasts and their correlation.

It compares pixels; what was done to the images it does not know.
"""

from functools import cache

import numpy as np
import scipy
import torch
from jaxtyping import Float

from cuelens.tensors import Images, PerImage

__all__ = ["structural_similarity"]

_WINDOW = 11
_DEVIATION = 1.5
_STEADY_MEANS, _STEADY_CONTRASTS = 0.01**2, 0.03**2
"""Wang's C1 and C2 for pixels in [0, 1]."""
_LUMINANCE = (0.299, 0.587, 0.114)
"""Of red, green and blue: ITU-R BT.601, as in Wang's own code."""
_PIXELS_AT_ONCE = 2**16
"""So many stay in the cache while they are filtered."""

Planes = Float[np.ndarray, "plane height width"]
Windows = Float[np.ndarray, "plane row column"]


def structural_similarity(images: Images, others: Images) -> PerImage:
    """Return the mean structural similarity (SSIM) of each image to another one.

    Args:
        images: Pixels in [0, 1].
        others: As many of the same shape, on the same scale.

    Returns:
        In [-1, 1], float64 on the CPU: 1 where an image is the other one, 0 where they share
        nothing. Colour counts through its luminance alone. The same bits whatever shares the
        batch.

    Source:
        Wang et al., 2004, https://doi.org/10.1109/TIP.2003.819861: Gaussian windows of 11 pixels
        and deviation 1.5 that lie wholly within the image, K1 = .01, K2 = .03.
        Differs: windows shrink to the largest odd size that fits an image below 11 pixels; large
        images are not scaled down first.
    """
    rows = max(1, _PIXELS_AT_ONCE // max(1, images[0, 0].numel())) if len(images) else 1
    found = [
        _similarity(*(_luminance(part[start : start + rows]) for part in (images, others)))
        for start in range(0, len(images), rows)
    ]
    return torch.from_numpy(np.concatenate([np.zeros(0), *found]))


def _luminance(images: Images) -> Planes:
    """Return images of three channels as grey levels, others as the mean of their channels."""
    channels = images.detach().cpu().numpy().astype(np.float64).swapaxes(0, 1)
    weights = _LUMINANCE if len(channels) == 3 else (1 / len(channels),) * len(channels)
    planes = np.zeros(channels.shape[1:])
    for channel, weight in zip(channels, weights, strict=True):
        planes += weight * channel
    return planes


def _similarity(one: Planes, other: Planes) -> Float[np.ndarray, " plane"]:
    """Return the mean over windows for each pair of planes.

    Only the sum of both variances and the sum of both squared means occur: four filters, not five.
    """
    mean, mean_of_other = _filtered(one), _filtered(other)
    product = mean * mean_of_other
    squares = np.square(mean) + np.square(mean_of_other)
    covariances = _filtered(one * other) - product
    variances = _filtered(np.square(one) + np.square(other)) - squares
    above = (2 * product + _STEADY_MEANS) * (2 * covariances + _STEADY_CONTRASTS)
    below = (squares + _STEADY_MEANS) * (variances + _STEADY_CONTRASTS)
    # One plane after the other: a mean over an axis may add in another order in another batch.
    return np.array([plane.mean() for plane in above / below])


def _filtered(planes: Planes) -> Windows:
    """Return the weighted mean of each window that lies within its plane."""
    height, width = planes.shape[1:]
    weights = _weights(_window(min(height, width)))
    margin = len(weights) // 2
    rows = scipy.ndimage.correlate1d(planes, weights, axis=1)[:, margin : height - margin]
    found: Windows = scipy.ndimage.correlate1d(rows, weights, axis=2)[:, :, margin : width - margin]
    return found


def _window(shorter: int) -> int:
    """Return the largest odd size up to 11 that fits."""
    return min(_WINDOW, shorter - (shorter + 1) % 2)


@cache
def _weights(size: int) -> Float[np.ndarray, " size"]:
    places = np.arange(size) - size // 2
    weights = np.exp(-np.square(places) / (2 * _DEVIATION**2))
    return np.asarray(weights / weights.sum())
