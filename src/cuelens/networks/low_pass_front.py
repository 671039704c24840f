"""A low-pass filter in front of a network: a part of it, through which gradients pass."""

from functools import lru_cache

import torch
from jaxtyping import Bool
from torch import Tensor

from cuelens.spectra import within
from cuelens.tensors import Images

__all__ = ["low_passed"]


def low_passed(images: Images, cutoff: float) -> Images:
    """Return the spatial frequencies up to a cutoff; gradients pass through.

    The same sharp disc as the transform `LowPass`. It is linear: what rings beyond [0, 1] is left
    as it is, so that no gradient is lost there.

    Args:
        images: Any range.
        cutoff: In cycles per image. At least 0.

    Returns:
        Same shape, type and device; images that have no higher frequencies as they are.
    """
    height, width = images.shape[2:]
    if not len(images) or within(height, width, cutoff).all():
        return images
    spectra = torch.fft.rfft2(images) * _kept(height, width, cutoff, images.device)
    low: Tensor = torch.fft.irfft2(spectra, s=(height, width))
    return low


@lru_cache(maxsize=16)
def _kept(
    height: int, width: int, cutoff: float, device: torch.device
) -> Bool[Tensor, "height half_width"]:
    with torch.inference_mode(mode=False):
        return torch.from_numpy(within(height, width, cutoff)).to(device)
