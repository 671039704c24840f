"""Where training images wait: on the device that learns from them, if they fit there.

It knows how to keep them; it does not know which are asked for.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from cuelens.datasets.protocol import Dataset
from cuelens.tensors import Images

__all__ = ["at_hand", "kept_on"]

_AT_MOST = 2**31
"""Bytes of 8-bit images that are kept on a device."""
_ROWS = 1000


def at_hand(dataset: Dataset, device: torch.device) -> Callable[[Tensor], Images]:
    """Return what gives the images at some rows, on a device.

    Args:
        dataset: Where the images come from.
        device: Where they are wanted. On any but the CPU, images of 8 bits that fit are moved
            there once; others are moved batch by batch.

    Returns:
        Maps rows, on the CPU, to the same pixels as `dataset.images`.
    """
    kept = None if device.type == "cpu" else kept_on(dataset, device)
    return kept or (lambda rows: dataset.images(rows).to(device))


def kept_on(dataset: Dataset, device: torch.device) -> Callable[[Tensor], Images] | None:
    """Return what gives images that were moved to a device, or None if they are not to be moved."""
    rows = torch.arange(len(dataset))
    first = dataset.images(rows[:1])
    if first.numel() * len(dataset) > _AT_MOST:
        return None
    parts = []
    for some in torch.split(rows, _ROWS):
        images = dataset.images(some)
        pixels = (images * 255).round().to(torch.uint8)
        if not torch.equal(pixels.to(torch.float32) / 255, images):  # more than 8 bits
            return None
        parts.append(pixels.to(device))
    everything = torch.cat(parts)
    return lambda chosen: everything[chosen.to(device)].to(torch.float32) / 255
