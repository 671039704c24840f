"""A picture that came from the page: bytes of unknown origin, taken only within limits.

No path and no address ever comes from the page; what comes is the content itself.
"""

import base64
import binascii
import io

from PIL import Image, UnidentifiedImageError

from cuelens.datasets.decoding import UnreadableError, decode
from cuelens.errors import DataError
from cuelens.explore.pictures import Picture

__all__ = ["MOST_BYTES", "MOST_PIXELS", "read_data_address", "read_upload"]

MOST_BYTES = 10 * 2**20
MOST_PIXELS = 25_000_000
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
"""No others: some of Pillow's readers start programs, or are seldom looked at."""
_NAME = 80
"""Characters of a name that are kept."""


def read_data_address(address: object, *, name: object, side: int) -> Picture:
    """Return the picture in a data address, as a browser makes it of a dropped file.

    Args:
        address: Such as "data:image/png;base64,...".
        name: What the file is called; shown, never opened.
        side: In pixels; the largest central square is resized to it.

    Raises:
        DataError: If it is no such address, too large, or no picture that can be read.
    """
    head, comma, content = address.partition(",") if isinstance(address, str) else ("", "", "")
    if not (comma and head.startswith("data:") and head.endswith(";base64")):
        raise DataError("The page must send a picture as a data address, got something else.")
    if len(content) > MOST_BYTES * 4 // 3 + 4:
        raise DataError(_too_large(len(content) * 3 // 4))
    try:
        raw = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise DataError(f"The picture's data address is damaged ({error}). Try again.") from error
    return read_upload(raw, name=str(name)[:_NAME], side=side)


def read_upload(content: bytes, *, name: str, side: int) -> Picture:
    """Return a picture of unknown origin; call it within `quiet_decoding`.

    Args:
        content: A whole PNG, JPEG, WebP, GIF or BMP file.
        name: What it is called; shown, never opened.
        side: In pixels; the largest central square is resized to it.

    Raises:
        DataError: If it is too large, of another format, or cannot be read.
    """
    if len(content) > MOST_BYTES:
        raise DataError(_too_large(len(content)))
    try:
        # Opening reads the header alone: the size is known before a pixel is decoded.
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            pixels = image.width * image.height
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise DataError(
            f"A picture must be one of {', '.join(_FORMATS)}, got a file that is none. "
            "Give another."
        ) from error
    except Exception as error:
        raise DataError(
            "The picture cannot be read: its file is damaged or cut short. Open it in a program "
            "that shows pictures, save it anew as PNG or JPEG, or give another."
        ) from error
    if pixels > MOST_PIXELS:
        raise DataError(
            f"A picture must have at most {MOST_PIXELS:,} pixels, got {pixels:,}. Make it smaller."
        )
    try:
        decoded = decode(content, size=side)
    except UnreadableError as error:
        raise DataError(f"The picture cannot be read: {error}. Give another.") from error
    return Picture(name=name, label=None, images=decoded.pixels[None].float() / 255)


def _too_large(size: int) -> str:
    return (
        f"A picture must have at most {MOST_BYTES // 2**20} MiB, got {size / 2**20:.1f}. "
        "Make it smaller."
    )
