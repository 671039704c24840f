"""Writing files so that a reader meets the old file or the new one, never a torn one.

It knows about temporary files, full disks and folders; it does not know what is in a file.
"""

import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from cuelens.errors import StorageError

__all__ = [
    "create_exclusively",
    "make_folder",
    "remove_stale",
    "replacing",
    "require_place",
    "settle",
    "write_atomically",
]

_SUFFIX = ".partial"
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FULL_SENTENCES = ("No space left on device", "os error 28", "Disk quota exceeded", "os error 122")
_AT_A_TIME = 16
_SLIVER = 64 * 1024
"""Free bytes below which a writer that names no cause has met a full disk."""


@contextmanager
def replacing(path: Path, *, size: int | None = None, settled: bool = True) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`; when the block ends, it becomes `path`.

    After an error, a kill or a power cut, what was at `path` before is still there. Folders are
    made as needed. Any library may write to the temporary path.

    Args:
        path: The file to write.
        size: How many bytes will be written, where known; an error then names it.
        settled: Whether it is on the disk when this returns. If not, a power cut may leave an
            empty file until `settle` has seen to it; a kill cannot.

    Raises:
        StorageError: If the disk is full, or the folder cannot be written.
    """
    make_folder(path.parent)
    try:
        temporary, handle = _reserve(path)
    except OSError as error:
        raise _storage_error(error, path, size) from error
    try:
        yield temporary
        if settled:
            _to_disk(temporary)
        temporary.replace(path)
        if settled:
            _to_disk(path.parent)
    except Exception as error:
        # Read before the temporary goes: torch.save names no cause, only the disk shows it.
        full = _says_full(error) or (isinstance(error, RuntimeError) and _free(path) < _SLIVER)
        os.ftruncate(handle, 0)  # the open handle would keep the room that the message counts
        temporary.unlink(missing_ok=True)
        if full or _blames(error, path):
            raise _storage_error(error, path, size) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)
        os.close(handle)


def require_place(path: Path) -> None:
    """Try whether a file could be written, before the work whose result it shall hold.

    Args:
        path: The file, which is left as it is; its folder is made as needed.

    Raises:
        StorageError: If the folder cannot be written, or a folder lies where the file shall be.
    """
    if path.is_dir():
        raise StorageError(f"`{path}` must be a file, got a folder. Choose another output.")
    make_folder(path.parent)
    try:
        temporary, handle = _reserve(path)
    except OSError as error:
        raise _storage_error(error, path, None) from error
    temporary.unlink(missing_ok=True)
    os.close(handle)


def write_atomically(path: Path, content: bytes | str, *, settled: bool = True) -> None:
    """Write a whole file, or leave what was there.

    Args:
        path: The file to write; its folder is made as needed.
        content: All of it; text is written as UTF-8.
        settled: See `replacing`.

    Raises:
        StorageError: If the disk is full, or the folder cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    with replacing(path, size=len(data), settled=settled) as temporary:
        temporary.write_bytes(data)


def create_exclusively(path: Path, content: bytes) -> bool:
    """Make a small file that is not there, unless another process was faster.

    Args:
        path: The file; its folder is made as needed, and may go away meanwhile.
        content: All of it. A reader may meet an empty file for a moment.

    Returns:
        Whether this process made it.

    Raises:
        StorageError: If the disk is full, or the folder cannot be written.
    """
    while True:
        make_folder(path.parent)
        try:
            with path.open("xb") as file:
                try:
                    file.write(content)
                    file.flush()
                except OSError:
                    path.unlink(missing_ok=True)
                    raise
        except FileExistsError:
            return False
        except FileNotFoundError:
            continue
        except OSError as error:
            raise _storage_error(error, path, len(content)) from error
        return True


def settle(paths: Iterable[Path]) -> None:
    """Wait until files that were just written are on the disk, and so are their names.

    Many at a time: a disk that is waited for after each small file does little else.

    Raises:
        StorageError: If the disk is full.
    """
    files = list(paths)
    try:
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            list(pool.map(_to_disk, files))
            list(pool.map(_to_disk, {path.parent for path in files}))
    except OSError as error:
        raise _storage_error(error, Path(error.filename or files[0]), None) from error


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, as needed.

    Raises:
        StorageError: If the disk is full, or the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _storage_error(error, folder, None) from error


def remove_stale(folder: Path) -> tuple[Path, ...]:
    """Remove the temporary files that killed processes left; those still being written stay.

    Args:
        folder: Searched with everything below it; it need not exist.

    Returns:
        What was removed.
    """
    removed = []
    for temporary in sorted(folder.rglob(f".*{_SUFFIX}")):
        with suppress(OSError):
            handle = os.open(temporary, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                temporary.unlink()
                removed.append(temporary)
            finally:
                os.close(handle)
    return tuple(removed)


def _reserve(path: Path) -> tuple[Path, int]:
    """Return a new temporary file and the handle whose lock says that its writer lives."""
    while True:
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}{_SUFFIX}")
        # Plain open rather than `tempfile`: the file gets the permissions that the umask gives.
        handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        with suppress(OSError):  # some network folders know no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        if temporary.exists():  # nobody removed it between its making and its locking
            return temporary, handle
        os.close(handle)


def _to_disk(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _free(path: Path) -> int:
    """Return how many bytes are free on the disk of a path, whose folders need not exist."""
    folder = next(parent for parent in (path, *path.absolute().parents) if parent.is_dir())
    return shutil.disk_usage(folder).free


def _says_full(error: Exception) -> bool:
    """Return whether an error of any library says that the disk is full."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    return any(sentence in str(error) for sentence in _FULL_SENTENCES)


def _blames(error: Exception, path: Path) -> bool:
    """Return whether the system refused to put the file at its path."""
    names = (getattr(error, "filename", None), getattr(error, "filename2", None))
    return isinstance(error, OSError) and str(path) in map(str, names)


def _storage_error(error: Exception, path: Path, size: int | None) -> StorageError:
    """Return what the disk refused, as expected, got, remedy."""
    if _says_full(error) or not isinstance(error, OSError):
        needed = "more room" if size is None else f"{size:,} bytes"
        return StorageError(
            f"Writing `{path}` needs {needed}, got a full disk with {_free(path):,} bytes free. "
            "Free some space and run the same command again: nothing already written is lost, "
            "and it goes on where it was."
        )
    return StorageError(
        f"`{path}` must be a place that can be written, got: {error.strerror}. "
        "Choose another output folder, or change what is there."
    )
