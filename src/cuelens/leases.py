"""Who does what where several processes work in one folder: leases, as files in that folder.

It knows processes and files; it does not know what is done under a lease. Nothing here compares
the clocks of two machines, and no lock of the file system is needed.
"""

import json
import os
import platform
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cuelens.errors import ConfigError
from cuelens.files import create_exclusively

__all__ = ["Leases"]


class Leases:
    """Leases that processes take in one folder, each held by at most one of them.

    A lease is a file that only its maker could make. It names the maker and grows by a byte every
    `beat` seconds. It is abandoned when its maker is no process of this machine any more, or, as
    seen from another machine or where its maker stands still, when it has not grown for `patience`
    seconds by the watcher's own clock. Who takes over makes the file of the next number; the
    highest number holds, so that of many watchers one succeeds, and a maker that wakes up again
    finds that it has lost the lease.

    Attributes:
        folder: Where the files lie; made with the first lease, gone with the last.
        patience: Seconds without growth after which a lease is abandoned.
        beat: Seconds between two bytes.
    """

    def __init__(
        self,
        folder: Path,
        *,
        patience: float = 60.0,
        beat: float = 5.0,
        machine: str | None = None,
    ) -> None:
        """Take nothing yet.

        Args:
            folder: Shared by all who work together.
            patience: See the class. More than `beat`.
            beat: See the class.
            machine: Name of this machine, on which processes are found by their ids. None: its
                host name, its last start and its space of process ids.

        Raises:
            ConfigError: If `beat` is not positive, or `patience` not above it.
        """
        if not 0 < beat < patience:
            raise ConfigError(
                f"`beat` must be above 0 and below `patience`, got {beat:g} and {patience:g} "
                "seconds. A living process must be heard of in time."
            )
        self.folder = folder
        self.patience = patience
        self.beat = beat
        self._machine = _this_machine() if machine is None else machine
        self._process = os.getpid()
        self._held: dict[str, Path] = {}
        self._watched: dict[Path, tuple[bytes, float]] = {}
        self._guard = threading.Lock()
        self._pulse: threading.Thread | None = None

    @contextmanager
    def held(self, name: str) -> Iterator[bool]:
        """Yield whether this process has the lease in the block; it is given back at its end."""
        mine = self.take(name)
        try:
            yield mine
        finally:
            if mine:
                self.release(name)

    def take(self, name: str, *, ahead: bool = False) -> bool:
        """Take a lease if nobody holds it.

        Args:
            name: Letters, digits, - and _.
            ahead: Whether it is for work that comes later, so that `lost` does not look at it.

        Returns:
            Whether it is this process's now; False too if it was already.

        Raises:
            StorageError: If the folder cannot be written, or the disk is full.
        """
        self._forget_if_forked()
        before = self._newest(name)
        if before is not None and not self._abandoned(before):
            return False
        path = self.folder / f"{name}.{0 if before is None else _number(before) + 1}"
        if not create_exclusively(path, self._signature()):
            return False
        # What was judged must still hold: an old look at the folder founds no claim.
        valid = self._newest(name) == path and (before is None or before.exists())
        if not valid:
            path.unlink(missing_ok=True)
            return False
        with self._guard:
            self._held = {name: path} | self._held if ahead else self._held | {name: path}
        if before is not None:
            before.unlink(missing_ok=True)
            self._watched.pop(before, None)
        self._beat_on()
        return True

    def release(self, name: str) -> None:
        """Give a lease back that this process holds."""
        with self._guard:
            path = self._held.pop(name)
        with suppress(OSError):  # another process may have taken it over, or be at work here
            path.unlink(missing_ok=True)
            self.folder.rmdir()

    def mine(self, name: str) -> bool:
        """Return whether this process holds a lease: took it, and lost it to nobody since."""
        self._forget_if_forked()
        path = self._held.get(name)
        return path is not None and self._newest(name) == path

    def lost(self) -> bool:
        """Return whether the lease that was taken last was taken over by another process."""
        self._forget_if_forked()
        last = next(reversed(self._held), None)
        return last is not None and not self.mine(last)

    def busy(self) -> bool:
        """Return whether another process holds a lease here; to tell may take `patience` seconds.

        A process of this machine is busy as long as it lives; one of another machine if it is
        heard of while this waits.
        """
        first: dict[Path, bytes] | None = None
        while True:
            found = self._of_others()
            if not found:
                return False
            owners = [_owner(content) for content in found.values()]
            if any(owner.get("machine") == self._machine for owner in owners):
                return True
            if first is not None and any(first.get(path) != found[path] for path in found):
                return True
            first = found
            time.sleep(min(self.beat, 1.0))

    def sweep(self) -> None:
        """Take away the leases of processes of this machine that have ended."""
        self._forget_if_forked()
        for path in self._files():
            if path not in self._held.values() and self._abandoned(path):
                path.unlink(missing_ok=True)
        with suppress(OSError):
            self.folder.rmdir()

    def _of_others(self) -> dict[Path, bytes]:
        """Return the files, with their content, that others hold and have not abandoned."""
        self._forget_if_forked()
        found = {}
        for path in self._files():
            with suppress(FileNotFoundError):
                if path not in self._held.values() and not self._abandoned(path):
                    found[path] = path.read_bytes()
        return found

    def _files(self) -> list[Path]:
        with suppress(FileNotFoundError, NotADirectoryError):
            return [path for path in self.folder.iterdir() if path.suffix[1:].isdigit()]
        return []

    def _newest(self, name: str) -> Path | None:
        """Return the file that holds a lease; None if nobody does."""
        own = [path for path in self._files() if path.name.rpartition(".")[0] == name]
        return max(own, key=_number, default=None)

    def _abandoned(self, path: Path) -> bool:
        """Return whether the maker of a file is dead, as far as this process has seen."""
        try:
            content = path.read_bytes()
        except OSError:
            return False  # given back in this moment
        owner = _owner(content)
        if owner.get("machine") == self._machine and not _lives(owner):
            return True
        now = time.monotonic()
        seen, since = self._watched.get(path, (None, now))
        if seen != content:
            self._watched[path] = (content, now)
            return False
        return now - since > self.patience

    def _signature(self) -> bytes:
        owner = {
            "machine": self._machine,
            "process": self._process,
            "started": _started(self._process),
            "once": secrets.token_hex(8),
        }
        return json.dumps(owner).encode() + b"\n"

    def _forget_if_forked(self) -> None:
        if self._process != os.getpid():
            self._process, self._held, self._pulse = os.getpid(), {}, None
            self._guard = threading.Lock()

    def _beat_on(self) -> None:
        if self._pulse is None or not self._pulse.is_alive():
            self._pulse = threading.Thread(target=self._beats, name="leases", daemon=True)
            self._pulse.start()

    def _beats(self) -> None:
        """Let every lease grow while there are any, and end some beats after the last."""
        idle = 0
        while idle < 3:
            time.sleep(self.beat)
            with self._guard:
                paths = list(self._held.values())
            idle = 0 if paths else idle + 1
            for path in paths:
                with suppress(OSError), path.open("r+b") as file:  # "a" would make it anew
                    file.seek(0, os.SEEK_END)
                    file.write(b".")


def _number(path: Path) -> int:
    return int(path.suffix[1:])


def _owner(content: bytes) -> dict[str, str | int | None]:
    """Return what a file says of its maker; nothing while it is being written."""
    try:
        owner = json.loads(content.partition(b"\n")[0])
    except ValueError:
        return {}
    return owner if isinstance(owner, dict) else {}


def _this_machine() -> str:
    """Return a name under which process ids mean one process each."""
    start, space = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    parts = [platform.node()]
    with suppress(OSError):
        parts += [start.read_text(encoding="ascii").strip(), str(space.readlink())]
    return " ".join(parts)


def _lives(owner: dict[str, str | int | None]) -> bool:
    """Return whether the process that an owner names on this machine is still there."""
    process = int(owner.get("process") or 0)
    try:
        with suppress(PermissionError):  # it is there, and another person's
            os.kill(process, 0)
    except ProcessLookupError:
        return False
    return owner.get("started") == _started(process)


def _started(process: int) -> str | None:
    """Return when a process began, in the system's own ticks; None where that is not told.

    A process that has ended and was not waited for yet began never.
    """
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *fields = text.rpartition(")")[2].split()
    return None if state in "ZX" else fields[18]
