"""The pickled batches that CIFAR-10 and -100 are published in: written, and read as data alone.

It knows the form of a batch; it does not know which batches are the published ones.
"""

import io
import pickle
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["batch_bytes", "read_batch"]


class _BatchUnpickler(pickle.Unpickler):
    """Reads dictionaries, lists and arrays; whatever else a pickle may name is refused."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("numpy", "dtype"):
            return np.dtype
        if (module, name) == ("numpy", "ndarray"):
            return np.ndarray
        if (module, name) == ("numpy.core.multiarray", "_reconstruct"):
            return lambda _kind, _shape, _code: np.ndarray((0,), dtype=np.uint8)
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a CIFAR batch")


def read_batch(content: bytes) -> dict[bytes, Any]:
    """Return a batch: at least `data`, one row of 3,072 pixels an image, and `labels`.

    Raises:
        UnpicklingError: If it names anything but dictionaries, lists and arrays.
    """
    batch: dict[bytes, Any] = _BatchUnpickler(io.BytesIO(content), encoding="bytes").load()
    return batch


def batch_bytes(batch: Mapping[bytes, Any]) -> bytes:
    """Return a batch in the publisher's form: protocol 2, with Python 2's texts.

    Both usual ways of reading it, `encoding="bytes"` and `encoding="latin1"`, give what they give
    for the published files.

    Args:
        batch: Texts, lists of texts, lists of small whole numbers and arrays of 8-bit pixels.
    """
    items = b"".join(_text(name) + _value(value) for name, value in batch.items())
    return b"\x80\x02}(" + items + b"u."


def _value(value: Any) -> bytes:
    if isinstance(value, bytes):
        return _text(value)
    if isinstance(value, np.ndarray):
        return _array(value)
    parts = (_text(part) if isinstance(part, bytes) else _whole(part) for part in value)
    return b"](" + b"".join(parts) + b"e"


def _text(text: bytes) -> bytes:
    if len(text) < 256:
        return b"U" + bytes([len(text)]) + text
    return b"T" + struct.pack("<i", len(text)) + text


def _whole(number: int) -> bytes:
    return b"J" + struct.pack("<i", number)


_EMPTY = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
_BYTES = (
    b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
)


def _array(pixels: NDArray[np.uint8]) -> bytes:
    shape = _whole(pixels.shape[0]) + _whole(pixels.shape[1]) + b"\x86"
    return _EMPTY + b"(K\x01" + shape + _BYTES + b"\x89" + _text(pixels.tobytes()) + b"tb"
