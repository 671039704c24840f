"""The normalisation that a network is given before it learns from images."""

import torch
from torch import Tensor

from cuelens.datasets.protocol import Dataset
from cuelens.errors import DataError
from cuelens.networks.classifier import InputSpecification

__all__ = ["normalisation"]

_IMAGES = 2000
_BATCH = 250
_SMALLEST_DEVIATION = 0.01
"""So that images of one colour are not divided by nothing."""


def normalisation(dataset: Dataset) -> InputSpecification:
    """Return the normalisation that gives images mean 0 and deviation 1 in each channel.

    Args:
        dataset: Its first 2,000 images are measured.

    Returns:
        Their height and width; mean and deviation rounded to four decimals.

    Raises:
        DataError: If the images have not three channels.
    """
    count = 0
    total = squares = torch.zeros(3, dtype=torch.float64)
    for start in range(0, min(len(dataset), _IMAGES), _BATCH):
        rows = torch.arange(start, min(start + _BATCH, len(dataset), _IMAGES))
        images = dataset.images(rows).double()
        if images.shape[1] != 3:
            raise DataError(
                f"The images of {dataset.name} must have 3 channels, got {images.shape[1]}. "
                "Convert them to RGB."
            )
        count += images[:, 0].numel()
        total = total + images.sum((0, 2, 3))
        squares = squares + images.square().sum((0, 2, 3))
    mean = total / count
    deviation = ((squares - count * mean.square()).clamp_min(0) / max(count - 1, 1)).sqrt()
    height, width = images.shape[2:]
    return InputSpecification(
        height=height,
        width=width,
        mean=_rounded(mean),
        deviation=tuple(max(value, _SMALLEST_DEVIATION) for value in _rounded(deviation)),
    )


def _rounded(values: Tensor) -> tuple[float, ...]:
    return tuple(round(float(value), 4) for value in values)
