"""Pixels as pictures in pages and figures, and lines of text beside them.

It encodes; what a picture shows it does not know.
"""

import base64
import io
from typing import Any, Literal

import numpy as np
from markupsafe import escape
from numpy.typing import NDArray
from PIL import Image

from cuelens.tensors import Images

__all__ = [
    "SIDE",
    "Picture",
    "figure_svg",
    "picture_of",
    "picture_uri",
    "shortened",
    "svg_picture",
    "svg_text",
]

Picture = NDArray[np.uint8]
"""Bytes of shape (height, width), grey, or (height, width, 3)."""

SIDE = 96
"""Of a picture in a figure, in its units; in a page no larger one loses anything."""

_UNSEEN = 4.0
"""The most that a large photograph in a page may lose: root mean square, of 255 levels."""


def picture_uri(
    picture: Picture, *, kind: Literal["WEBP", "PNG"] = "WEBP", side: int | None = None
) -> str:
    """Return a picture as a data address, without loss but for large photographs in a page.

    Args:
        picture: Grey or colours.
        kind: "WEBP" for browsers, "PNG" for everything else.
        side: Repeat pixels until the longer side is at least this; None to leave them.
    """
    if side is not None:
        times = max(1, -(-side // max(picture.shape[:2])))
        picture = picture.repeat(times, axis=0).repeat(times, axis=1)
    content = _png(picture) if kind == "PNG" else _webp(picture)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(content).decode('ascii')}"


def _png(picture: Picture) -> bytes:
    return _encoded(picture, format="PNG")


def _webp(picture: Picture) -> bytes:
    """Return the smaller of two: without loss, or with one that nobody sees."""
    # More effort takes several times as long and saves a hundredth at most.
    exact = _encoded(picture, format="WEBP", lossless=True, quality=75, method=3)
    if max(picture.shape[:2]) <= SIDE:
        return exact
    lossy = _encoded(picture, format="WEBP", quality=90)
    shown = np.asarray(Image.open(io.BytesIO(lossy)).convert("L" if picture.ndim == 2 else "RGB"))
    loss = float(np.sqrt(np.square(shown.astype(float) - picture).mean()))
    return min(exact, lossy, key=len) if loss <= _UNSEEN else exact


def _encoded(picture: Picture, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(file, **options)
    return file.getvalue()


def picture_of(image: Images) -> Picture:
    """Return a batch of one image as bytes, channels last; grey images in three channels."""
    pixels: Picture = (image[0].clamp(0, 1) * 255).round().byte().movedim(0, -1).numpy()
    return pixels.repeat(3, axis=-1) if pixels.shape[-1] == 1 else pixels


def svg_picture(x: float, y: float, picture: Picture, *, side: int = SIDE) -> str:
    """Return a picture in a figure, `side` wide and high."""
    uri = picture_uri(picture, kind="PNG", side=side)  # not every viewer knows pixelated
    return f'<image x="{x:g}" y="{y:g}" width="{side}" height="{side}" href="{uri}"/>'


def svg_text(
    x: float, y: float, text: str, *, size: int = 12, weight: str = "normal", ink: str = "#15181b"
) -> str:
    """Return a line of text in a figure."""
    return (
        f'<text x="{x:g}" y="{y:g}" font-family="Helvetica, Arial, DejaVu Sans, sans-serif" '
        f'font-size="{size}" font-weight="{weight}" fill="{ink}">{escape(text)}</text>'
    )


def shortened(text: str, width: float, *, size: int = 12) -> str:
    """Return as much of a text as a width surely holds, with an ellipsis where some is left out."""
    most = max(2, int(width / (0.56 * size)))
    return text if len(text) <= most else text[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def figure_svg(parts: str, *, width: float, height: float, title: str) -> str:
    """Return a figure on white.

    Args:
        parts: What is drawn.
        width: In its units.
        height: Likewise.
        title: What it shows, for people who do not see it.
    """
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img"><title>{escape(title)}</title>'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{parts}</svg>\n'
    )
