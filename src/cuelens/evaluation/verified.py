"""Which files of the records were found whole, so that nobody reads them again to find out.

It knows sizes and times of change; it does not know what a file holds or what makes it whole.
"""

import json
from contextlib import suppress
from pathlib import Path

from cuelens.errors import StorageError
from cuelens.files import write_atomically

__all__ = ["Verified"]

_FILE = ".verified.json"
_EVERY = 100
"""After so many new files the memory is written down, so that a kill costs little of it."""

Stamp = tuple[int, int]
"""Size in bytes and time of change in nanoseconds."""

_NEVER: Stamp = (-1, -1)
"""The stamp of no file."""


class Verified:
    """The memory of a folder: each file that was found whole, with its stamp at that time.

    A file whose size or time of change is another counts as never seen. A file that is altered
    and keeps both is not noticed: only its digest tells, which `RecordStore.check` computes.
    The memory is a convenience: where it is lost, or cannot be written, files are read again.
    """

    def __init__(self, folder: Path) -> None:
        """Read what earlier processes remembered."""
        self._folder = folder
        self._stamps = self._written()
        self._fresh: dict[str, Stamp] = {}

    def stamp(self, path: Path) -> Stamp:
        """Return the stamp of a file that is there; ask before its content is read."""
        found = path.stat()
        return found.st_size, found.st_mtime_ns

    def holds(self, path: Path, stamp: Stamp) -> bool:
        """Return whether a file with this stamp was found whole."""
        return self._stamps.get(self._name(path)) == stamp

    def add(self, path: Path, stamp: Stamp) -> None:
        """Remember that a file with this stamp is whole."""
        name = self._name(path)
        self._stamps[name] = self._fresh[name] = stamp
        if len(self._fresh) >= _EVERY:
            self.save()

    def forget(self, path: Path) -> None:
        """Believe nothing of a file any more."""
        self._stamps.pop(self._name(path), None)
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

    def _written(self) -> dict[str, Stamp]:
        """Return what is written down; nothing where that cannot be read."""
        with suppress(OSError, ValueError, TypeError, AttributeError):
            read = json.loads((self._folder / _FILE).read_text(encoding="utf-8"))
            return {str(name): (int(size), int(time)) for name, (size, time) in read.items()}
        return {}
