"""What lies in a tar file of samples: files that follow each other and share a name."""

import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from cuelens.datasets.folder_scan import ENDINGS
from cuelens.datasets.roots import is_remote
from cuelens.datasets.spool import Spool
from cuelens.errors import ConfigError

__all__ = ["Sample", "is_plain", "opened_tar", "require_end", "samples_of"]

_CLASS = ("cls", "json")
_COMPRESSED = (b"\x1f\x8b", b"BZ", b"\xfd7", b"(\xb5")


@dataclass(kw_only=True, slots=True)
class Sample:
    """What files of one name say together.

    Attributes:
        image: The tar file's name and theirs.
        suffix: Of the image among them, such as "jpg"; "" if there is none.
        label: Of the class; "" if there is none.
        start: Where the image begins in the tar file.
        size: How many bytes it has.
    """

    image: str
    suffix: str = ""
    label: str = ""
    start: int = 0
    size: int = 0


def is_plain(path: str) -> bool:
    """Return whether a tar file lies here uncompressed, so that images can be found in it."""
    if is_remote(path):
        return False
    with Path(path).open("rb") as file:
        return file.read(2) not in _COMPRESSED


@contextmanager
def opened_tar(path: str, *, plain: bool) -> Iterator[tarfile.TarFile]:
    """Open a tar file, here or elsewhere.

    Args:
        path: Of the file, or a URL that fsspec knows.
        plain: See `is_plain`; else it is read once, from its beginning.

    Raises:
        ConfigError: If fsspec is needed and not installed.
    """
    if plain:
        with tarfile.open(path, "r:") as archive:
            yield archive
        return
    with _stream(path) as file, tarfile.open(fileobj=file, mode="r|*") as archive:
        yield archive


@contextmanager
def _stream(path: str) -> Iterator[IO[bytes]]:
    if not is_remote(path):
        with Path(path).open("rb") as local:
            yield local
        return
    try:
        import fsspec
    except ImportError as error:
        raise ConfigError(
            f"`{path}` needs fsspec, which is not installed. Run pip install 'cuelens[remote]'."
        ) from error
    with fsspec.open(path, "rb") as file:
        yield file


def samples_of(archive: tarfile.TarFile, spool: Spool | None, shard: str) -> Iterator[Sample]:
    """Put together files that share their name up to its first dot and follow each other.

    Args:
        archive: Read from where it is.
        spool: Where images are kept; None: they are found again by their places.
        shard: What the tar file is called in the names of images.
    """
    current: Sample | None = None
    for member in archive:
        folder, _, own = member.name.rpartition("/")
        if not member.isfile() or own.startswith("."):
            continue
        key, _, suffix = own.partition(".")
        image = f"{shard}/{folder}/{key}" if folder else f"{shard}/{key}"
        if current is None or current.image != image:
            if current is not None:
                yield current
            current = Sample(image=image)
        _add(current, archive, member, suffix.lower(), spool)
    if current is not None:
        yield current


def require_end(archive: tarfile.TarFile, path: str) -> None:
    """Refuse a tar file, read to its last header, that is cut where a header would begin.

    Raises:
        ReadError: If it has no mark of its end.
    """
    with Path(path).open("rb") as file:
        file.seek(archive.offset)
        if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError("no mark of its end")


def _add(
    sample: Sample,
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    suffix: str,
    spool: Spool | None,
) -> None:
    if f".{suffix}".endswith(ENDINGS) and not sample.suffix:
        sample.suffix, sample.start, sample.size = suffix, member.offset_data, member.size
        content = archive.extractfile(member)
        if spool is not None and content is not None:
            spool.add(sample.image, content.read())
    elif suffix in _CLASS and not sample.label:
        content = archive.extractfile(member)
        sample.label = _label(suffix, b"" if content is None else content.read())


def _label(suffix: str, content: bytes) -> str:
    text = content.decode("utf-8", errors="replace").strip()
    if suffix == "cls":
        return text
    try:
        described: Any = json.loads(text)
    except ValueError:
        return ""
    label = described.get("label", "") if isinstance(described, dict) else ""
    return str(label).strip()
