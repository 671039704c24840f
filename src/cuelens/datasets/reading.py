"""Reads encoded images once each, on several threads, and says of each what it is or what is wrong.

It knows bytes and how they are decoded; it does not know where they lie.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from jaxtyping import UInt8
from torch import Tensor

from cuelens.datasets.decoding import UnreadableError, decode, quiet_decoding
from cuelens.datasets.fingerprint import content_digest
from cuelens.datasets.framing import Framing

__all__ = [
    "DECODER",
    "Conversion",
    "ImageFile",
    "Problem",
    "image_digest",
    "read_all",
    "told_first",
]

DECODER = 1
"""Part of every digest; raised when the same file gives other pixels."""

_AT_A_TIME = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Something that is there and was left out.

    Attributes:
        path: Relative to the folder.
        reason: Why.
    """

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversion:
    """An image that is not shown as it was stored.

    Attributes:
        path: Relative to the folder.
        what: What was done beside cropping and resizing.
    """

    path: str
    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageFile:
    """An image that can be read.

    Attributes:
        path: Relative to the folder: class folder and file name.
        digest: Names its pixels; see `image_digest`.
        conversions: What was done to it beside cropping and resizing.
        pixels: In 0 to 255; None where they are not kept.
    """

    path: str
    digest: str
    conversions: tuple[str, ...]
    pixels: UInt8[Tensor, "3 height width"] | None


def image_digest(content: bytes, framing: Framing) -> str:
    """Return 32 hexadecimal digits that name the pixels of an encoded image under a framing."""
    return content_digest(content, DECODER, *framing.settings)


def told_first(problems: Sequence[Problem], *, most: int = 5) -> str:
    """Return the first problems in words, to stand in an error; "" where there is none."""
    first = [f"{problem.path} ({problem.reason})" for problem in problems[:most]]
    more = len(problems) - len(first)
    told = "; ".join([*first, f"{more} more"] if more else first)
    return f" Left out: {told}." if told else ""


def read_all(
    read: Callable[[int], bytes], paths: Sequence[str], *, framing: Framing, keep: bool
) -> Iterator[ImageFile | Problem]:
    """Decode images once each, some at a time.

    Args:
        read: Gives the bytes of the image at a place among `paths`; called on several threads.
        paths: What the images are called.
        framing: How they are seen.
        keep: Whether their pixels are kept.

    Yields:
        What each is, or why it cannot be read, in the order of the paths.
    """

    def one(place: int) -> ImageFile | Problem:
        path = paths[place]
        try:
            content = read(place)
            decoded = decode(content, size=framing)
        except UnreadableError as error:
            return Problem(path=path, reason=str(error))
        except OSError as error:
            return Problem(path=path, reason=f"it cannot be opened ({error.strerror or error})")
        return ImageFile(
            path=path,
            digest=image_digest(content, framing),
            conversions=decoded.conversions,
            pixels=decoded.pixels if keep else None,
        )

    with quiet_decoding(), ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(paths), _AT_A_TIME):
            yield from pool.map(one, range(start, min(start + _AT_A_TIME, len(paths))))
