"""Takes images to the size at which a network paints, and back; each image by itself.

It knows sizes, channels and threads; it does not know what is done at the working size.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from jaxtyping import Float, Float32
from numpy import ndarray
from PIL import Image
from torch import Tensor

from cuelens.errors import ConfigError, DataError
from cuelens.tensors import Images

__all__ = [
    "Pixels",
    "back_from_pixels",
    "central_square",
    "for_each",
    "require_working_size",
    "resized",
    "to_pixels",
    "working_sides",
]

Pixels = Float32[ndarray, "_ _ 3"]
"""One image, red, green and blue in [0, 1]."""

_LEAST, _MOST = 32, 1024
_LONGEST = 4
"""How many times longer than the short side the long one may be at the working size."""

_BRIGHTNESS = np.array((0.299, 0.587, 0.114), dtype=np.float32)


def require_working_size(working_size: int) -> None:
    """Refuse a working size at which nothing can be painted.

    Raises:
        ConfigError: If it is outside 32 to 1024.
    """
    if not _LEAST <= working_size <= _MOST:
        raise ConfigError(
            f"`working_size` must be {_LEAST} to {_MOST} pixels (the networks were trained at "
            f"256), got {working_size}."
        )


def working_sides(height: int, width: int, working_size: int) -> tuple[int, int]:
    """Return the height and width whose shorter one is the working size, in proportion.

    The longer one is at most four times as long, whatever the image.
    """
    short = min(height, width)
    sides = (
        min(round(side * working_size / short), _LONGEST * working_size) for side in (height, width)
    )
    high, wide = sides
    return high, wide


def to_pixels(image: Float[Tensor, "channel height width"]) -> Pixels:
    """Return an image as an array; grey becomes three equal channels.

    Raises:
        DataError: If there are neither three channels nor one.
    """
    if len(image) not in (1, 3):
        raise DataError(
            f"`images` must have 3 channels (red, green, blue) or 1, got {len(image)}. "
            "Convert them before."
        )
    colours = image.detach().to("cpu", torch.float32).expand(3, -1, -1)
    return np.ascontiguousarray(colours.permute(1, 2, 0).numpy())


def back_from_pixels(pixels: Pixels, image: Float[Tensor, "channel height width"]) -> Tensor:
    """Return an array as a tensor with the channels, the size and the type of `image`."""
    own_size = resized(pixels, *image.shape[1:])
    if len(image) == 1:
        own_size = (own_size * _BRIGHTNESS).sum(-1, keepdims=True)
    tensor = torch.from_numpy(np.ascontiguousarray(own_size)).permute(2, 0, 1)
    return tensor.clamp(0, 1).to(image)


def resized(pixels: Pixels, height: int, width: int) -> Pixels:
    """Return an image at another size: bicubic, antialiased, cut to [0, 1].

    Pillow computes each image by itself on one thread, so that bits depend on nothing else.
    """
    if pixels.shape[:2] == (height, width):
        return pixels
    channels = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(pixels[..., channel])).resize(
                (width, height), Image.Resampling.BICUBIC
            )
        )
        for channel in range(3)
    ]
    stacked: Pixels = np.stack(channels, axis=-1).clip(0, 1)
    return stacked


def central_square(pixels: Pixels, size: int) -> Pixels:
    """Return the largest central square at another size."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return resized(pixels[top : top + side, left : left + side], size, size)


def for_each(images: Images, work: Callable[[int], Tensor]) -> Images:
    """Return what `work` makes of the image at each place, on as many threads as torch has.

    Args:
        images: Only their shape, type and device are read.
        work: From a place in the batch to the new image at it; called on any thread.
    """
    out = torch.empty_like(images, requires_grad=False, memory_format=torch.contiguous_format)

    def fill(place: int) -> None:
        out[place] = work(place)

    if len(images) == 1:  # a thread of its own would begin with memory that it has to ask for
        fill(0)
        return out
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        try:
            list(pool.map(fill, range(len(images))))
        except BaseException:
            pool.shutdown(cancel_futures=True)  # the rest would be worked on before the error
            raise
    return out
