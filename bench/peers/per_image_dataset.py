"""Transforms of one image at a time, as the field writes them: the peer of `bench/transforms.py`.

A torch `Dataset` applies the transform in `__getitem__`, a `DataLoader` stacks what comes out. It
is meant to be what a competent person types, and no slower: the images lie ready in memory as
float32, so that nothing is decoded or converted; a power takes one line; a shuffle cuts each patch
as a view and copies pixels once into rows and once into the image; nothing is checked or keyed.

Source:
    Zhang & Zhu, 2019, https://arxiv.org/abs/1905.09797, section 4, for what is computed.
    Differs: written anew.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

__all__ = ["PerImage", "batches_of", "saturated", "shuffled"]


def saturated(image: Tensor, *, level: float) -> Tensor:
    """Return one image, saturated.

    Args:
        image: (channel, height, width), pixels in [0, 1].
        level: The paper's p.
    """
    signed = 2 * image - 1
    return signed.sign() * signed.abs() ** (2 / level) / 2 + 0.5


def shuffled(image: Tensor, *, patches: int) -> Tensor:
    """Return one image with its patches in random order, drawn from torch's global state.

    Args:
        image: (channel, height, width); `patches` divides both sides.
        patches: How many along each side.
    """
    height, width = image.shape[1] // patches, image.shape[2] // patches
    cut = [
        image[:, row * height : (row + 1) * height, column * width : (column + 1) * width]
        for row in range(patches)
        for column in range(patches)
    ]
    order = torch.randperm(patches * patches).tolist()
    rows = [
        torch.cat([cut[order[row * patches + column]] for column in range(patches)], dim=2)
        for row in range(patches)
    ]
    return torch.cat(rows, dim=1)


class PerImage(Dataset[Tensor]):
    """Images of which each is transformed when it is asked for."""

    def __init__(self, images: Tensor, transform: Callable[[Tensor], Tensor]) -> None:
        """Keep the images and what is done to each."""
        self.images = images
        self.transform = transform

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> Tensor:
        """Return one transformed image."""
        return self.transform(self.images[row])


def batches_of(
    images: Tensor, transform: Callable[[Tensor], Tensor], *, size: int, workers: int
) -> Iterable[Tensor]:
    """Return the transformed images in batches.

    Args:
        images: Pixels in [0, 1].
        transform: Of one image.
        size: Of a batch.
        workers: Processes that transform; 0: this one.
    """
    return DataLoader(PerImage(images, transform), batch_size=size, num_workers=workers)
