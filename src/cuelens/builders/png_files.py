"""One PNG file an output."""

import hashlib
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cuelens.builders.items import Item, Task, Write, Written, draw_folder
from cuelens.files import settle, write_atomically

__all__ = ["PNG_LEVEL", "PngFiles", "png_bytes"]

PNG_LEVEL = 2
"""zlib's: photographs take 15 ms at 400 x 500 px and .635 of their size; 6, Pillow's own, takes
35 ms for .617, and 1 is no faster."""


def png_bytes(pixels: NDArray[np.uint8]) -> bytes:
    """Return a PNG file of 8-bit RGB pixels (height, width, channel)."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=PNG_LEVEL)
    return file.getvalue()


@dataclass(frozen=True, kw_only=True, slots=True)
class PngFiles:
    """Writes each output into a file of its own.

    Attributes:
        items_a_task: How many items are made at most before they are noted.
        crosses_files: Always.
        needs_all: Never.
    """

    items_a_task: int = 64
    crosses_files: bool = True
    needs_all: bool = False

    @contextmanager
    def opened(
        self, out: Path, task: Task, *, draws: int, files: dict[str, str]
    ) -> Iterator[Write]:
        """Yield what writes the items of a task; see `Output`."""
        written: list[Path] = []

        def write(item: Item, draw: int, pixels: NDArray[np.uint8]) -> Written:
            content = png_bytes(pixels)
            output = draw_folder(draw, draws) + item.output
            write_atomically(out / output, content, settled=False)
            written.append(out / output)
            return Written(output=output, entry=None, digest=hashlib.sha256(content).hexdigest())

        yield write
        settle(written)

    def finish(self, out: Path, tasks: tuple[Task, ...], *, draws: int) -> Mapping[str, str]:
        """Return nothing: no file holds several outputs."""
        return {}
