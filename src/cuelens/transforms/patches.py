"""The grid that patch transforms cut along: k x k patches of the floor size, and a margin.

Where k does not divide a side, the pixels that are left over lie at the bottom and the right and
belong to no patch.
"""

import torch
from jaxtyping import Int
from torch import Tensor

from cuelens.errors import ConfigError
from cuelens.tensors import Images

__all__ = ["move_patches", "patch_size", "require_patches", "seams"]


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
    batch, channels = images.shape[:2]
    height, width = patch_size(images, patches)
    inner = images[:, :, : patches * height, : patches * width]
    # One row of pixels of one patch is what is copied as a whole.
    rows = inner.reshape(-1, width)
    orders = orders.to(images.device).view(batch, 1, patches, 1, patches)
    first = torch.arange(batch * channels, device=images.device).view(batch, channels, 1, 1, 1)
    within = torch.arange(height, device=images.device).view(1, 1, 1, height, 1)
    lines = first * (patches * height) + (orders // patches) * height + within
    places = lines * patches + orders % patches
    moved = rows.index_select(0, places.view(-1)).view(inner.shape)
    if inner.shape == images.shape:
        return moved
    out = images.clone(memory_format=torch.contiguous_format)
    out[:, :, : patches * height, : patches * width] = moved
    return out
