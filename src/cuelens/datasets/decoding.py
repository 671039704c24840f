"""Reads one image file as 8-bit RGB, framed as stated or of its own size.

It says what was converted and why a file cannot be read; it never guesses a range from values.
"""

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from cuelens.datasets.framing import Framing
from cuelens.errors import DataError, MissingDataError

__all__ = ["Decoded", "UnreadableError", "decode", "quiet_decoding", "read_image"]

_ORIENTATION = 0x0112  # the tag's number in EXIF
_SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I;16N")
_MOST_PIXELS = Image.MAX_IMAGE_PIXELS or 89_478_485
_FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
}


class UnreadableError(DataError):
    """A file is not an image that can be read; the message is the reason alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """An image as it was read.

    Attributes:
        pixels: In 0 to 255.
        conversions: What was done beside cropping and resizing, in the order it was done.
    """

    pixels: UInt8[Tensor, "3 height width"]
    conversions: tuple[str, ...]


class _Quiet:
    """The filters of warnings belong to the process: who comes first sets them, the last resets."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._kept = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._kept = warnings.catch_warnings()
                self._kept.__enter__()
                warnings.filterwarnings("ignore", module="PIL")
                warnings.simplefilter("error", Image.DecompressionBombWarning)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._kept.__exit__(None, None, None)


_QUIET = _Quiet()


@contextmanager
def quiet_decoding() -> Iterator[None]:
    """Turn Pillow's warning of huge images into an error, and silence its other warnings.

    Threads may be inside together; whoever starts threads should be inside around all of them.
    """
    with _QUIET:
        yield


def decode(content: bytes, *, size: int | Framing | None) -> Decoded:
    """Return the image in the bytes of a file; call it within `quiet_decoding`.

    Args:
        content: A whole file, of any format that Pillow reads.
        size: Side of the square in pixels: the largest central square is resized to it
            (bicubic, antialiased); or a framing that says it in full. None: the image keeps its
            own size.

    Returns:
        The first frame, upright, in 8-bit RGB.

    Raises:
        UnreadableError: If it cannot be read, with the reason.
    """
    if not content:
        raise UnreadableError("the file is empty")
    try:
        with Image.open(io.BytesIO(content)) as image:
            rgb, conversions = _as_rgb(image)
            framing = Framing(size=size) if isinstance(size, int) else size
            shown = rgb if framing is None else _framed(rgb, framing)
            return Decoded(pixels=_pixels_of(shown), conversions=conversions)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise UnreadableError(
            f"it has more than {_MOST_PIXELS:,} pixels; resize it if it is no decompression bomb"
        ) from error
    except UnidentifiedImageError as error:
        raise UnreadableError("it is no image of a known format") from error
    except UnreadableError:
        raise
    except MemoryError as error:
        raise UnreadableError("there is not enough memory for it") from error
    # Pillow's decoders raise these on damaged files
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError) as error:
        raise UnreadableError(f"it is damaged ({error})") from error


def _as_rgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """Return the first frame, upright, in RGB, and what was done for it."""
    done = []
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        image.seek(0)
        done.append(f"first of {frames} frames")
    orientation = image.getexif().get(_ORIENTATION, 1)
    image.load()
    upright = image
    if orientation in range(2, 9):
        upright = ImageOps.exif_transpose(image)
        done.append(f"turned upright (EXIF orientation {orientation})")
    mode = upright.mode
    if mode in _SIXTEEN_BIT or (mode == "I" and image.format in ("PNG", "PPM")):
        grey = np.asarray(upright).astype(np.float64) / 65535
        done.append("16-bit greyscale divided by 65,535")
        return Image.fromarray(np.rint(grey * 255).astype(np.uint8)).convert("RGB"), tuple(done)
    if mode in ("I", "F"):
        kind = "32-bit whole" if mode == "I" else "floating-point"
        raise UnreadableError(f"its {kind} numbers state no range; save it with 8 or 16 bits")
    if upright.has_transparency_data:
        done.append("transparent parts laid on white")
        clear = upright.convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(white, clear).convert("RGB"), tuple(done)
    if mode != "RGB":
        name = {"1": "black and white", "L": "greyscale", "P": "palette"}.get(mode, mode)
        done.append(f"{name} converted to RGB")
    return upright.convert("RGB"), tuple(done)


def _framed(image: Image.Image, framing: Framing) -> Image.Image:
    return image.resize(
        (framing.size, framing.size),
        _FILTERS[framing.interpolation],
        box=framing.box(*image.size),
    )


def _pixels_of(image: Image.Image) -> UInt8[Tensor, "3 height width"]:
    return torch.from_numpy(np.asarray(image).transpose(2, 0, 1).copy())


def read_image(path: Path, *, size: int | Framing) -> UInt8[Tensor, "3 size size"]:
    """Return one image file as 8-bit RGB.

    Args:
        path: Of a file in any format that Pillow reads.
        size: Side of the square in pixels, or a framing; see `decode`.

    Returns:
        Pixels in 0 to 255.

    Raises:
        MissingDataError: If there is no such file.
        DataError: If it cannot be read.
    """
    if not path.is_file():
        raise MissingDataError(f"Expected an image at `{path}`, but no such file exists.")
    with quiet_decoding():
        try:
            return decode(path.read_bytes(), size=size).pixels
        except UnreadableError as error:
            raise DataError(
                f"`{path}` must be an image that can be read, but {error}. Give another file."
            ) from error
