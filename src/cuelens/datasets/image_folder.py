"""Images of one's own: a folder for each class, with image files in it."""

from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from cuelens.datasets.decoding import quiet_decoding
from cuelens.datasets.fingerprint import fingerprint_rows
from cuelens.datasets.folder_scan import Conversion, ImageFile, Problem, pixels_of, scan, shown
from cuelens.datasets.selection import Selection
from cuelens.errors import ConfigError, DataError, MissingDataError
from cuelens.tensors import Images, Labels

__all__ = ["ImageFolder"]

_MOST_KEPT_BYTES = 256 * 2**20
_LAYOUT = "Put the images of each class into a folder of their own: FOLDER/CLASS/IMAGE.png"


@dataclass(frozen=True, eq=False)
class ImageFolder:
    """Image files in one folder for each class, cropped and resized to squares.

    Every file is read once when the data set is made, so that one which cannot be read is known
    before anything is computed; then files are decoded when they are asked for, except where all
    images together take at most 256 MiB, which are kept.

    Attributes:
        folder: Holds one folder for each class; names that begin with a dot are passed over.
        size: Side in pixels; the largest central square is resized to it (bicubic, antialiased).
        classes: The class names in the order of the labels, such as those of a classifier; every
            folder must be one of them. Empty: the folders' names, sorted.

    Raises:
        ConfigError: If `size` is not positive.
        MissingDataError: If `folder` is not there or holds no folder.
        DataError: If no two classes have images that can be read, or a folder is no class.

    Source:
        ours. Differs: none.
    """

    folder: Path | str
    size: int = field(default=224, kw_only=True)
    classes: tuple[str, ...] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ConfigError(f"`size` must be at least 1 pixel, got {self.size}.")
        found = {file.path.split("/", maxsplit=1)[0] for file in self._files}
        if len(found) < 2:
            got = f"only of {found.pop()!r}" if found else "none"
            first = [f"{problem.path} ({problem.reason})" for problem in self.problems[:5]]
            more = len(self.problems) - len(first)
            left_out = "; ".join([*first, f"{more} more"] if more else first)
            raise DataError(
                f"`{self.folder}` must hold readable images of at least two classes, got {got}. "
                f"{_LAYOUT}." + (f" Left out: {left_out}." if left_out else "")
            )

    @property
    def _root(self) -> Path:
        return Path(self.folder)

    @cached_property
    def _class_folders(self) -> tuple[str, ...]:
        if not self._root.is_dir():
            raise MissingDataError(
                f"Expected a folder of images at `{self.folder}`, but there is none. {_LAYOUT}."
            )
        names = tuple(entry.name for entry in shown(self._root) if entry.is_dir())
        if not names:
            raise MissingDataError(
                f"`{self.folder}` must hold one folder for each class, got none. {_LAYOUT}."
            )
        unknown = [name for name in names if self.classes and name not in self.classes]
        if unknown:
            near = get_close_matches(unknown[0], self.classes, n=3)
            raise DataError(
                f"Each folder in `{self.folder}` must be named after one of the "
                f"{len(self.classes)} classes, got {unknown[0]!r}. "
                + (f"Did you mean {' or '.join(near)}?" if near else "Rename it or take it away.")
            )
        return names

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the labels."""
        return self.classes or self._class_folders

    @cached_property
    def _scan(self) -> tuple[tuple[ImageFile, ...], tuple[Problem, ...]]:
        return scan(
            self._root, self._class_folders, size=self.size, most_kept_bytes=_MOST_KEPT_BYTES
        )

    @property
    def _files(self) -> tuple[ImageFile, ...]:
        return self._scan[0]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was left out and why, sorted by path."""
        return self._scan[1]

    @cached_property
    def converted(self) -> tuple[Conversion, ...]:
        """Which images are not shown as they were stored, in the order of the rows."""
        return tuple(
            Conversion(path=file.path, what=", ".join(file.conversions))
            for file in self._files
            if file.conversions
        )

    def __len__(self) -> int:
        return len(self._files)

    @property
    def name(self) -> str:
        """For tables: the folder's name."""
        return self._root.resolve().name

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """One a row: the path relative to the folder."""
        return tuple(file.path for file in self._files)

    @cached_property
    def labels(self) -> Labels:
        """One a row, 0 to class - 1."""
        places = {name: label for label, name in enumerate(self.class_names)}
        return torch.tensor([places[path.split("/", maxsplit=1)[0]] for path in self.ids])

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """One a row; they name the pixels by the bytes of the file and the size."""
        return tuple(file.digest for file in self._files)

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name all pixels, labels and ids."""
        return fingerprint_rows(self.ids, self.labels, self.digests)

    def images(self, rows: Tensor) -> Images:
        """Return the images at these rows: float32 pixels in [0, 1].

        Raises:
            DataError: If a file has been changed since the data set was made.
        """
        pixels = torch.empty((len(rows), 3, self.size, self.size), dtype=torch.uint8)
        with quiet_decoding():
            for place, row in enumerate(rows.tolist()):
                pixels[place] = pixels_of(self._root, self._files[row], size=self.size)
        return pixels.to(torch.float32) / 255

    def take(self, rows: Tensor, *, name: str) -> Selection:
        """Return the data set of these rows alone, under another name."""
        return Selection(source=self, rows=torch.arange(len(self))[rows], name=name)
