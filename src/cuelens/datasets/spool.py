"""Keeps what comes once, from a stream, on the disk until it is read again.

It knows bytes by name; memory holds none of them.
"""

import os
import tempfile
import weakref
from pathlib import Path

from cuelens.errors import StorageError

__all__ = ["Spool"]


class Spool:
    """Bytes by name in a file without a name, which goes with the last one that knows it."""

    def __init__(self) -> None:
        """Begin with nothing; there is no file yet."""
        self._handle: int | None = None
        self._places: dict[str, tuple[int, int]] = {}
        self._end = 0

    def __len__(self) -> int:
        return len(self._places)

    def add(self, name: str, content: bytes) -> None:
        """Keep bytes; what was kept under the name before stays.

        Raises:
            StorageError: If the disk is full.
        """
        if name in self._places:
            return
        try:
            written = 0
            while written < len(content):
                written += os.pwrite(self._opened(), content[written:], self._end + written)
        except OSError as error:
            raise StorageError(
                f"Expected room for images that come from a stream in {tempfile.gettempdir()}, "
                f"got: {error.strerror}. Free some, or name another folder by TMPDIR."
            ) from error
        self._places[name] = self._end, len(content)
        self._end += len(content)

    def read(self, image: str) -> bytes:
        """Return the bytes of a name; several threads may ask at once."""
        start, size = self._places[image]
        return os.pread(self._opened(), size, start)

    def _opened(self) -> int:
        if self._handle is None:
            self._handle, path = tempfile.mkstemp(prefix="cuelens-")
            weakref.finalize(self, os.close, self._handle)
            Path(path).unlink()
        return self._handle
