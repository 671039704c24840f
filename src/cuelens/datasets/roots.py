"""Places that hold files in folders: a folder of this machine, or one that fsspec reaches.

They are listed when they are asked, one folder at a time, and no file is opened for it. What the
folders mean, others know.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from urllib.parse import quote, unquote

from cuelens.errors import ConfigError, MissingDataError

__all__ = ["Entry", "LocalRoot", "RemoteRoot", "Root", "is_remote", "root_at"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """Something in a folder.

    Attributes:
        name: Without the folder. What is no Unicode in it is written in hexadecimal.
        is_folder: Whether it is a folder or a link to one.
        is_named: Whether its name is Unicode, so that it can be called by it.
    """

    name: str
    is_folder: bool
    is_named: bool = True


@runtime_checkable
class Root(Protocol):
    """A folder, wherever it is, and what lies below it."""

    @property
    def address(self) -> str:
        """As a person wrote it."""
        ...

    @property
    def name(self) -> str:
        """The folder's own name."""
        ...

    def entries(self, folder: str = "") -> Iterator[Entry]:
        """Return what lies in a folder below this one, by name, without what is hidden."""
        ...

    def has(self, path: str) -> bool:
        """Return whether a file or folder is there."""
        ...

    def read(self, path: str) -> bytes:
        """Return the content of a file; OSError if it cannot be read."""
        ...

    def inside(self, folder: str) -> "Root":
        """Return a folder below this one."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalRoot:
    """A folder of this machine.

    Attributes:
        folder: Where it is.
    """

    folder: Path

    @property
    def address(self) -> str:
        """As a person wrote it."""
        return str(self.folder)

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.folder.resolve().name

    def entries(self, folder: str = "") -> Iterator[Entry]:
        """Return what lies in a folder below this one, by name, without what is hidden."""
        with os.scandir(self.folder / folder) as found:
            kept = [(one.name, _is_folder(one)) for one in found if not one.name.startswith(".")]
        for name, is_folder in sorted(kept):
            shown = os.fsencode(name).decode(errors="backslashreplace")
            yield Entry(name=shown, is_folder=is_folder, is_named=shown == name)

    def has(self, path: str) -> bool:
        """Return whether a file or folder is there."""
        return (self.folder / path).exists()

    def read(self, path: str) -> bytes:
        """Return the content of a file; OSError if it cannot be read."""
        return (self.folder / path).read_bytes()

    def inside(self, folder: str) -> "LocalRoot":
        """Return a folder below this one."""
        return LocalRoot(folder=self.folder / folder)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in a circle; reading it will say so
        return False


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoteRoot:
    """A folder that fsspec reaches: on a server, in a bucket, in an archive.

    A web server writes names for URLs, a space as %20: they are told as they are. What it links to
    with a question, to sort its list by size, is no file.

    Attributes:
        address: As a person wrote it.
        path: In the file system.
        system: Of fsspec.
    """

    address: str
    path: str
    system: Any = field(repr=False)

    @property
    def name(self) -> str:
        """The folder's own name."""
        own = self._told(_last(self.path))
        return own or self.address.rsplit("/", maxsplit=1)[-1]

    @property
    def _is_web(self) -> bool:
        return "https" in self.system.protocol

    def _told(self, name: str) -> str:
        return unquote(name) if self._is_web else name

    def _at(self, path: str) -> str:
        written = quote(path) if self._is_web else path
        return "/".join(part for part in (self.path.rstrip("/"), written) if part)

    def entries(self, folder: str = "") -> Iterator[Entry]:
        """Return what lies in a folder below this one, by name, without what is hidden."""
        place = self._at(folder)
        found = {
            self._told(_last(one["name"])): one["type"] == "directory"
            for one in self.system.ls(place, detail=True)
            if one["name"].strip("/") != place.strip("/")  # some systems list the folder itself
            and not (self._is_web and "?" in _last(one["name"]))
        }
        for name, is_folder in sorted(found.items()):
            if name and not name.startswith("."):
                yield Entry(name=name, is_folder=is_folder)

    def has(self, path: str) -> bool:
        """Return whether a file or folder is there."""
        return bool(self.system.exists(self._at(path)))

    def read(self, path: str) -> bytes:
        """Return the content of a file; OSError if it cannot be read."""
        try:
            content: bytes = self.system.cat_file(self._at(path))
        except OSError:
            raise
        except Exception as error:  # every kind of server and archive has errors of its own
            raise OSError(str(error)) from error
        return content

    def inside(self, folder: str) -> "RemoteRoot":
        """Return a folder below this one."""
        return RemoteRoot(
            address=f"{self.address.rstrip('/')}/{folder}",
            path=self._at(folder),
            system=self.system,
        )


def _last(path: str) -> str:
    return path.rstrip("/").rsplit("/", maxsplit=1)[-1]


def is_remote(address: str) -> bool:
    """Return whether an address is one for fsspec, such as s3://bucket/folder."""
    return "://" in address


def root_at(address: str) -> Root:
    """Return the folder at an address.

    Args:
        address: A path, a zip file's path, or a URL that fsspec knows.

    Raises:
        MissingDataError: If nothing is there.
        ConfigError: If fsspec, or what it needs for this kind of URL, is not installed.
    """
    if not is_remote(address):
        folder = Path(address)
        if folder.is_file() and folder.suffix.lower() == ".zip":
            return _opened(f"zip://::{folder.resolve()}", address)
        if not folder.is_dir():
            raise MissingDataError(
                f"Expected a folder of images at `{address}`, but there is none. Correct `--data`."
            )
        return LocalRoot(folder=folder)
    return _opened(address, address)


def _opened(url: str, address: str) -> RemoteRoot:
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise ConfigError(
            f"`{address}` needs fsspec, which is not installed. Run pip install 'cuelens[remote]'."
        ) from error
    try:
        system, path = url_to_fs(url)
        there = system.isdir(path) or (not path.strip("/") and bool(system.ls(path)))
    except (ImportError, ValueError) as error:  # a protocol that is unknown, or lacks its package
        raise ConfigError(
            f"`{address}` must be a URL that fsspec can open, got: {error}. Install what it names, "
            "or correct the address."
        ) from error
    except OSError as error:
        raise MissingDataError(
            f"Expected a folder of images at `{address}`, got: {error}. Correct `--data`."
        ) from error
    if not there:
        raise MissingDataError(
            f"Expected a folder of images at `{address}`, but there is none. Correct `--data`."
        )
    return RemoteRoot(address=address, path=path, system=system)
