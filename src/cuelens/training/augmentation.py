"""Random changes of training images that keep their class."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch.nn.functional import pad

from cuelens.errors import ConfigError
from cuelens.randomness import keyed_generator
from cuelens.tensors import Images

__all__ = ["Augmentation", "CropAndFlip", "Shift", "shifts_of_epoch"]

Shift = Float[np.ndarray, "batch 3"]
"""Uniform numbers in [0, 1), one row an image: row offset, column offset, flip."""


def shifts_of_epoch(count: int, *, seed: int, epoch: int) -> Shift:
    """Return the chance of an epoch's augmentation: one row for each image of the data set.

    Args:
        count: How many images the data set has.
        seed: The training seed.
        epoch: Counted from 0.
    """
    return keyed_generator(seed, "augmentation", epoch).random((count, 3), dtype=np.float32)


@runtime_checkable
class Augmentation(Protocol):
    """Maps images and their chance to images of the same shape."""

    def __call__(self, images: Images, shifts: Shift) -> Images:
        """Return the changed images, pixels in [0, 1]."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class CropAndFlip:
    """Pad with black, crop back at a random place, mirror every second image.

    Attributes:
        padding: Pixels added on each side. At least 0.
        flip: Whether images may be mirrored.

    Raises:
        ConfigError: If `padding` is negative.

    Source:
        He et al., 2016, https://arxiv.org/abs/1512.03385, section 4.2 (pad 4, crop, flip).
        Differs: none.
    """

    padding: int = 4
    flip: bool = True

    def __post_init__(self) -> None:
        if self.padding < 0:
            raise ConfigError(
                f"`padding` must be at least 0 pixels, got {self.padding}. Usual is 4."
            )

    def __call__(self, images: Images, shifts: Shift) -> Images:
        """Return the cropped images.

        Args:
            images: Pixels in [0, 1].
            shifts: The chance of each image.

        Returns:
            Same shape; pixels that were padded are 0.
        """
        height, width = images.shape[2:]
        offsets = np.floor(shifts[:, :2] * (2 * self.padding + 1)).astype(np.int64)
        rows = torch.from_numpy(offsets[:, :1] + np.arange(height)).to(images.device)
        columns = np.arange(width) + offsets[:, 1:]
        if self.flip:
            columns = np.where(shifts[:, 2:] < 0.5, columns[:, ::-1], columns)
        places = torch.from_numpy(columns).to(images.device)
        batch = torch.arange(len(images), device=images.device)[:, None, None]
        padded = pad(images, (self.padding,) * 4).permute(0, 2, 3, 1)
        cropped = padded[batch, rows[:, :, None], places[:, None, :]]
        return cropped.permute(0, 3, 1, 2)
