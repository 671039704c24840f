"""Which files of the records were found whole, so that nobody reads them again to find out.

It knows sizes, times of change and bytes, not what a file holds or what makes it whole.
"""

import json
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from cuelens.errors import StorageError
from cuelens.files import write_atomically

__all__ = ["Verified", "digest_of_bytes"]

_FILE = ".verified.json"
_EVERY = 100
"""After so many new files the memory is written down, so that a kill costs little of it."""

Stamp = tuple[int, int]
"""Size in bytes and time of change in nanoseconds."""

Known = tuple[int, int, str]
"""A stamp, and the digest of the file's bytes; empty where it was not taken."""

_NEVER: Known = (-1, -1, "")
"""What is known of no file."""


def digest_of_bytes(content: bytes) -> str:
    """Return a digest of a file's bytes, which costs a small part of that of its values."""
    return blake2b(content, digest_size=16).hexdigest()


class Verified:
    """The memory of a folder: each file that was found whole, with its stamp at that time.

    A file whose size or time of change is another counts as never seen. A file that is altered
    and keeps both is noticed by its bytes alone, where they are asked for.
    The memory is a convenience: where it is lost, or cannot be written, files are read again.
    """

    def __init__(self, folder: Path) -> None:
        """Read what earlier processes remembered."""
        self._folder = folder
        self._known = self._written()
        self._fresh: dict[str, Known] = {}

    def stamp(self, path: Path) -> Stamp:
        """Return the stamp of a file that is there; ask before its content is read."""
        found = path.stat()
        return found.st_size, found.st_mtime_ns

    def holds(self, path: Path, stamp: Stamp) -> bool:
        """Return whether a file with this stamp was found whole."""
        return self._known.get(self._name(path), _NEVER)[:2] == stamp

    def unaltered(self, path: Path) -> bool:
        """Return whether a file has the bytes that it had when it was found whole; reads them."""
        digest = self._known.get(self._name(path), _NEVER)[2]
        return bool(digest) and digest == digest_of_bytes(path.read_bytes())

    def add(self, path: Path, stamp: Stamp, digest: str = "") -> None:
        """Remember that a file with this stamp, and with these bytes, is whole.

        Args:
            path: The file.
            stamp: From `stamp`.
            digest: From `digest_of_bytes`; empty where that was not taken.
        """
        name = self._name(path)
        self._known[name] = self._fresh[name] = (*stamp, digest)
        if len(self._fresh) >= _EVERY:
            self.save()

    def forget(self, path: Path) -> None:
        """Believe nothing of a file any more."""
        self._known.pop(self._name(path), None)
        self._fresh[self._name(path)] = _NEVER

    def save(self) -> None:
        """Write down what is new, beside what other processes wrote down meanwhile."""
        if not self._fresh:
            return
        known = self._written() | self._fresh
        with suppress(StorageError):
            write_atomically(self._folder / _FILE, json.dumps(known), settled=False)
        self._fresh.clear()

    def _name(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()

    def _written(self) -> dict[str, Known]:
        """Return what is written down; nothing where that cannot be read."""
        with suppress(OSError, ValueError, TypeError, AttributeError):
            read = json.loads((self._folder / _FILE).read_text(encoding="utf-8"))
            return {
                str(name): (int(size), int(time), str(digest[0]) if digest else "")
                for name, (size, time, *digest) in read.items()
            }
        return {}
