"""The files that exported images lie in: PNG of 8 bits a channel, or float32 arrays.

It knows pixels and bytes; which images they are is in `exports`.
"""

import io
import json
from collections.abc import Iterator, Sequence
from enum import StrEnum

import numpy as np
from PIL import Image
from safetensors.torch import save

from cuelens.errors import DataError
from cuelens.tensors import Images

__all__ = ["ImageFormat", "eight_bits", "file_name", "image_files"]


class ImageFormat(StrEnum):
    """How exported images are written."""

    png = "png"
    npz = "npz"
    safetensors = "safetensors"


def eight_bits(images: Images) -> Images:
    """Return the images as PNG keeps them: the nearest of 256 levels, at most 1/510 away."""
    return images.mul(255).round().div(255)


def file_name(number: int, form: ImageFormat) -> str:
    """Return the name of the file that begins with the image of this number."""
    return f"{number:06d}.{form.value}"


def image_files(
    images: Images, ids: Sequence[str], *, form: ImageFormat, start: int
) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of each file: one an image (PNG), or one for all.

    Args:
        images: Pixels in [0, 1].
        ids: One an image.
        form: How they are written.
        start: Number of the first image, for names.

    Raises:
        DataError: If PNG is asked for and the images have neither one channel nor three.
    """
    if form is ImageFormat.png:
        if images.shape[1] not in (1, 3):
            raise DataError(
                f"PNG files need images of 1 or 3 channels, got {images.shape[1]}. "
                "Give `--format npz`."
            )
        pixels = images.mul(255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
        for number, one in enumerate(pixels, start):
            file = io.BytesIO()
            Image.fromarray(one[..., 0] if one.shape[2] == 1 else one).save(file, "PNG")
            yield file_name(number, form), file.getvalue()
        return
    name = file_name(start, form)
    if form is ImageFormat.npz:
        buffer = io.BytesIO()
        np.savez(buffer, images=images.cpu().numpy(), ids=np.array(ids))
        yield name, buffer.getvalue()
    else:
        dense = images.cpu().contiguous()
        yield name, save({"images": dense}, metadata={"ids": json.dumps(list(ids))})
