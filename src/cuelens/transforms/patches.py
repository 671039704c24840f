"""The grid that patch transforms cut along: k x k patches of the floor size, and a margin.

Where k does not divide a side, the pixels that are left over lie at the bottom and the right and
belong to no patch.
"""

import math

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from cuelens.errors import ConfigError
from cuelens.tensors import Images

__all__ = ["move_patches", "patch_size", "require_patches", "seams"]

_BLOCK = 2**20
"""How many pixels are moved at a time, so that the list of places stays small."""


def require_patches(patches: int) -> None:
    """Refuse a number of patches a side that leaves nothing to move.

    Raises:
        ConfigError: If `patches` is below 2.
    """
    if patches < 2:
        raise ConfigError(
            f"`patches` must be at least 2 (an image is cut into patches x patches), got {patches}."
        )


def patch_size(images: Images, patches: int) -> tuple[int, int]:
    """Return the height and width of a patch, in pixels.

    Raises:
        ConfigError: If the images have fewer pixels a side than patches.
    """
    height, width = images.shape[2:]
    if patches > min(height, width):
        raise ConfigError(
            f"`patches` must be at most the shorter side of the images, {min(height, width)} px, "
            f"got {patches}. Use fewer patches or larger images."
        )
    return height // patches, width // patches


def seams(side: int, patches: int) -> list[int]:
    """Return where a side is cut: the first pixel behind each cut, the margin's included.

    Args:
        side: In pixels.
        patches: How many along the side.
    """
    size = side // patches
    return [cut for cut in range(size, patches * size + 1, size) if cut < side]


def move_patches(images: Images, orders: Int[Tensor, "batch place"], patches: int) -> Images:
    """Return the images with their patches in another order.

    Args:
        images: Any range.
        orders: Row by row of patches; place j of an image shows what was at place orders[j].
        patches: How many along each side.

    Returns:
        A new tensor; the margin, if any, is where it was.
    """
    height, width = patch_size(images, patches)
    images, orders = images.contiguous(), orders.to(images.device)
    if (height * patches, width * patches) == images.shape[2:]:
        return _moved(images, orders, patches)
    out = images.clone()
    inner = images[:, :, : patches * height, : patches * width].contiguous()
    out[:, :, : patches * height, : patches * width] = _moved(inner, orders, patches)
    return out


def _moved(images: Images, orders: Int[Tensor, "batch place"], patches: int) -> Images:
    """Return the moved patches of images that have no margin, a few images at a time."""
    width = images.shape[3] // patches
    out = torch.empty_like(images)
    pixels = math.prod(images.shape[1:])
    rows = max(1, _BLOCK // max(1, pixels)) if images.device.type == "cpu" else max(1, len(images))
    blocks = (torch.split(part, rows) for part in (images, orders, out))
    for block, order, result in zip(*blocks, strict=True):
        lines = _source_lines(order, images.shape[1], images.shape[2] // patches, patches)
        _take(block.view(-1, width), lines, out=result.view(-1, width))
    return out


def _take(source: Tensor, lines: Int[Tensor, " line"], *, out: Tensor) -> None:
    """Copy these lines of `source` into `out`."""
    if source.device.type != "cpu":
        torch.index_select(source, 0, lines, out=out)
        return
    # NumPy moves a line as one item, which is three times faster than torch's loop over lines.
    item = f"V{source.shape[1] * source.element_size()}"
    values, moved = (tensor.view(torch.uint8).numpy().view(item)[:, 0] for tensor in (source, out))
    np.take(values, lines.numpy(), out=moved, mode="clip")  # "raise" would copy `out` first


def _source_lines(
    orders: Int[Tensor, "batch place"], channels: int, height: int, patches: int
) -> Int[Tensor, " line"]:
    """Return from which line each line of the result comes: a line is one pixel row of a patch."""
    orders = orders.view(-1, patches, 1, patches)
    down = orders // patches
    tops = down * (height * patches) + (orders - down * patches)
    step = torch.arange(0, height * patches, patches, device=orders.device)
    lines = (tops + step[:, None]).flatten(1)
    firsts = torch.arange(len(orders) * channels, device=orders.device) * lines.shape[1]
    return (lines[:, None] + firsts.view(len(orders), channels, 1)).flatten()
