"""Spatial frequencies of images: which there are, some kept, low and high parted, phases moved.

Frequencies are in cycles per image: of a square image a frequency of f repeats f times along a
side, up to half the side in pixels along an axis. Nothing here knows what a filtered image is
for, nothing is clipped, and no gradient passes.

The transforms are SciPy's: torch's own give an image other bits in another batch and on another
number of threads (seen at 7, 32 and 64 px with MKL).
"""

from functools import cache

import numpy as np
import scipy
import torch
from jaxtyping import Bool, Complex, Float

from cuelens.tensors import Images

_NO_ENERGY = 1e-12
"""The share of an image's largest amplitude below which a frequency is only rounding."""

Spectra = Complex[np.ndarray, "batch channel height half_width"]
"""Real two-dimensional Fourier transforms, in the layout of `scipy.fft.rfft2`."""

__all__ = ["filtered", "frequencies", "in_band", "shift_phase", "split", "swap_phase", "within"]


def frequencies(height: int, width: int) -> Float[np.ndarray, "height half_width"]:
    """Return the radial frequency of each entry of a real two-dimensional Fourier transform.

    Args:
        height: Of the images, in pixels.
        width: Of the images, in pixels.

    Returns:
        Cycles per image, in the layout of `scipy.fft.rfft2`. Where the sides differ, cycles per
        shorter side, so that a frequency means the same pixels in all directions.
    """
    shorter = min(height, width)
    vertical = scipy.fft.fftfreq(height)[:, None] * shorter
    horizontal = scipy.fft.rfftfreq(width)[None, :] * shorter
    return np.hypot(vertical, horizontal)


@cache
def within(height: int, width: int, cutoff: float) -> Bool[np.ndarray, "height half_width"]:
    """Return where the radial frequency is at most `cutoff` cycles per image: a sharp disc."""
    # A hair wider, so that a frequency that is the cutoff but for rounding is inside.
    return frequencies(height, width) <= cutoff * (1 + 1e-9) + 1e-9


@cache
def in_band(
    height: int, width: int, centre: float, octaves: float
) -> Bool[np.ndarray, "height half_width"]:
    """Return where the radial frequency lies in a band around `centre`, a sharp ring.

    The band reaches half of its octaves to either side. What lies on its upper edge is inside, on
    its lower edge outside, so that adjoining bands share nothing and leave nothing out.
    """
    half = 2 ** (octaves / 2)
    outer, inner = (within(height, width, edge) for edge in (centre * half, centre / half))
    ring: Bool[np.ndarray, "height half_width"] = outer & ~inner
    return ring


def filtered(images: Images, gains: Float[np.ndarray, "... height half_width"]) -> Images:
    """Return images whose every frequency is multiplied by a gain, the same in all channels.

    Args:
        images: Any range, float32 or float64.
        gains: In the layout of `frequencies`, one for all images or one an image; alike at
            opposite frequencies, as those of a real filter are.

    Returns:
        Nothing is clipped.
    """
    if not len(images):
        return images.detach().clone()
    transformed = _spectra(images)
    transformed *= gains[..., None, :, :] if gains.ndim == 3 else gains
    return _images(transformed, like=images)


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
    spectrum = scipy.fft.rfft2(images.cpu().numpy(), workers=workers)
    spectrum *= kept
    pixels = scipy.fft.irfft2(spectrum, s=(height, width), workers=workers, overwrite_x=True)
    low = torch.from_numpy(pixels).to(images)
    return low, images - low


def _spectra(images: Images) -> Spectra:
    pixels = np.ascontiguousarray(images.detach().cpu().numpy(), dtype=np.float64)
    transformed: Spectra = scipy.fft.rfft2(pixels, workers=torch.get_num_threads())
    return transformed


def _images(transformed: Spectra, *, like: Images) -> Images:
    size = (like.shape[2], like.shape[3])
    pixels = scipy.fft.irfft2(
        transformed, s=size, workers=torch.get_num_threads(), overwrite_x=True
    )
    return torch.from_numpy(pixels).to(like)


def shift_phase(images: Images, offsets: Float[np.ndarray, "batch height half_width"]) -> Images:
    """Return images whose every wave is moved along by an offset, the same in all channels.

    Amplitudes stay, and so do the relations between the channels: it is a convolution, the same
    for each.

    Args:
        images: Any range, float32 or float64.
        offsets: In radians, in the layout of `frequencies`, of opposite sign at opposite
            frequencies, as the phases of a real picture are. Where a frequency is its own
            opposite (the mean and at most three others) a real picture has the phases 0 and pi
            alone: the nearer one is taken, and 0 for the mean.

    Returns:
        Nothing is clipped; the mean of each channel is kept.
    """
    if not len(images):
        return images.detach().clone()
    height, width = images.shape[2:]
    turns = np.exp(1j * offsets)
    for row in {0, height // 2} if height % 2 == 0 else {0}:
        for column in {0, width // 2} if width % 2 == 0 else {0}:
            turns[:, row, column] = np.where(turns[:, row, column].real < 0, -1, 1)
    turns[:, 0, 0] = 1
    transformed = _spectra(images)
    transformed *= turns[:, None]
    return _images(transformed, like=images)


def swap_phase(amplitude_of: Images, phase_of: Images) -> Images:
    """Return images with the amplitudes of one and the phases of another.

    The phase says where things are, the amplitude how strong each frequency is.

    Args:
        amplitude_of: Any range, float32 or float64.
        phase_of: As many, of the same size. A frequency at which one of them holds nothing but
            rounding has no phase, and the result holds nothing there either.

    Returns:
        Nothing is clipped. Of an image with itself: the image, to one rounding.

    Source:
        Oppenheim & Lim, 1981, https://doi.org/10.1109/PROC.1981.12022, section III.
        Differs: none.
    """
    if not len(phase_of):
        return phase_of.detach().clone()
    transformed = _spectra(phase_of)
    own = np.abs(transformed)
    held = own > _NO_ENERGY * own.max((1, 2, 3), keepdims=True)
    wanted = np.abs(_spectra(amplitude_of))
    transformed *= np.divide(wanted, own, out=np.zeros_like(own), where=held)
    return _images(transformed, like=phase_of)
