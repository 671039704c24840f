"""Style pictures of one's own: every image below a folder."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import torch
from jaxtyping import UInt8
from torch import Tensor

from cuelens.datasets.decoding import UnreadableError, decode, quiet_decoding
from cuelens.datasets.fingerprint import content_digest
from cuelens.datasets.folder_scan import DECODER, ENDINGS, Problem, shown
from cuelens.datasets.styles import require_rows
from cuelens.errors import ConfigError, DataError, MissingDataError
from cuelens.tensors import Images

__all__ = ["StyleFolder"]

_REMEDY = "Give a folder that holds image files; folders within it are searched too"
_PROBE = 8
"""Side in pixels at which a file is read to see whether it can be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Listed:
    """A file that lies below the folder; another size or time means another file."""

    path: str
    size: int
    changed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Opened:
    """What reading every file once has told."""

    ids: tuple[str, ...]
    digests: tuple[str, ...]
    problems: tuple[Problem, ...]
    fingerprint: str


def _files(root: Path, inside: str = "", above: tuple[Path, ...] = ()) -> Iterator[_Listed]:
    """Find every file below a folder that is not hidden, by name; links in a circle are cut."""
    folder = root / inside
    here = folder.resolve()
    if here in above:
        return
    for entry in shown(folder):
        path = f"{inside}/{entry.name}" if inside else entry.name
        if entry.is_dir():
            yield from _files(root, path, (*above, here))
        else:
            try:
                found = entry.stat()
            except OSError:  # a link to nothing; reading it will say so
                yield _Listed(path=path, size=-1, changed=-1)
            else:
                yield _Listed(path=path, size=found.st_size, changed=found.st_mtime_ns)


def _digest(content: bytes) -> str:
    return content_digest(content, DECODER)


@lru_cache(maxsize=4)  # a study makes the same folder's object several times
def _opened(root: Path, listing: tuple[_Listed, ...]) -> _Opened:
    """Read every file once; what was read is kept as long as no file of the listing changes."""

    def read(file: _Listed) -> str | Problem:
        if not file.path.lower().endswith(ENDINGS):
            return Problem(path=file.path, reason=f"its name ends in none of {', '.join(ENDINGS)}")
        try:
            content = (root / file.path).read_bytes()
            decode(content, size=_PROBE)
        except UnreadableError as error:
            return Problem(path=file.path, reason=str(error))
        except OSError as error:
            return Problem(path=file.path, reason=f"it cannot be opened ({error.strerror})")
        return _digest(content)

    with quiet_decoding(), ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(read, listing))
    readable = [
        (file.path, result)
        for file, result in zip(listing, results, strict=True)
        if isinstance(result, str)
    ]
    digest = blake2b(digest_size=16)
    for path, pixels in readable:
        digest.update(f"{path}\x1f{pixels}\x1e".encode())
    return _Opened(
        ids=tuple(path for path, _ in readable),
        digests=tuple(digest for _, digest in readable),
        problems=tuple(result for result in results if isinstance(result, Problem)),
        fingerprint=digest.hexdigest(),
    )


@dataclass(frozen=True, kw_only=True)
class StyleFolder:
    """Every image below a folder as a style picture, such as a collection of paintings.

    Every file is read once when the object is made, so that one which cannot be read is known
    before anything is computed; then files are decoded when they are asked for, so that memory
    does not grow with the folder.

    Attributes:
        folder: Searched with everything below it; names that begin with a dot are passed over.

    Raises:
        MissingDataError: If `folder` is not there or holds no file.
        DataError: If none of its files can be read.

    Source:
        ours. Differs: none.
    """

    folder: str

    def __post_init__(self) -> None:
        root = Path(self.folder)
        if not root.is_dir():
            raise MissingDataError(
                f"Expected a folder of style pictures at `{self.folder}`, but there is none. "
                f"{_REMEDY}."
            )
        opened = _opened(root.resolve(), tuple(_files(root)))
        if not opened.ids:
            first = [f"{problem.path} ({problem.reason})" for problem in opened.problems[:5]]
            more = len(opened.problems) - len(first)
            left_out = "; ".join([*first, f"{more} more"] if more else first)
            kind = DataError if opened.problems else MissingDataError
            raise kind(
                f"`{self.folder}` must hold at least one image that can be read, got none. "
                f"{_REMEDY}." + (f" Left out: {left_out}." if left_out else "")
            )
        object.__setattr__(self, "_contents", opened)  # no field: the path alone is the setting

    @property
    def _found(self) -> _Opened:
        opened: _Opened = self.__dict__["_contents"]
        return opened

    @property
    def ids(self) -> tuple[str, ...]:
        """One a row: the path relative to the folder."""
        return self._found.ids

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was left out and why, by path."""
        return self._found.problems

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name all pixels and ids."""
        return self._found.fingerprint

    def __len__(self) -> int:
        return len(self.ids)

    def pictures(self, rows: Tensor, *, size: int) -> Images:
        """Return the pictures at these rows: float32 red, green and blue in [0, 1].

        Args:
            rows: Each in 0 to the number of pictures - 1.
            size: Side in pixels; the largest central square is resized to it (bicubic,
                antialiased).

        Raises:
            ConfigError: If there is no such row, or `size` is not positive.
            DataError: If a file has been changed since the folder was opened.
        """
        if size < 1:
            raise ConfigError(f"`size` must be at least 1 pixel, got {size}.")
        places = require_rows(rows, len(self))
        out = torch.empty((len(places), 3, size, size), dtype=torch.uint8)

        def fill(place: int) -> None:
            out[place] = self._decoded(places[place], size)

        with quiet_decoding(), ThreadPoolExecutor(torch.get_num_threads()) as pool:
            list(pool.map(fill, range(len(places))))
        return out.to(torch.float32) / 255

    def _decoded(self, row: int, size: int) -> UInt8[Tensor, "3 size size"]:
        path = Path(self.folder) / self.ids[row]
        content = path.read_bytes() if path.is_file() else b""
        if _digest(content) != self._found.digests[row]:
            raise DataError(
                f"`{path}` must stay as it was when the folder was opened, but it has been "
                "changed or taken away. Open the folder again."
            )
        return decode(content, size=size).pixels
