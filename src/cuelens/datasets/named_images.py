"""Images that a person names, file by file or as folders, whose classes may be unknown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from jaxtyping import UInt8
from torch import Tensor

from cuelens.datasets.decoding import UnreadableError, read_image
from cuelens.datasets.fingerprint import fingerprint_pixels
from cuelens.datasets.folder_scan import ENDINGS, Problem, read_files
from cuelens.datasets.framing import Framing
from cuelens.datasets.named_classes import UNKNOWN, named_classes
from cuelens.errors import ConfigError, DataError, MissingDataError
from cuelens.tensors import Images, Labels

__all__ = ["UNKNOWN", "NamedImages"]

Found = tuple[Path, UInt8[Tensor, "3 height width"]]
"""An image and where it is."""

_TOLD = 5
"""So many files that cannot be read are told in a message."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NamedImages:
    """Images in one tensor, each with its label or `UNKNOWN`; made by `NamedImages.at`.

    Attributes:
        name: For tables.
        class_names: In the order of the labels.
        ids: The paths as they were named.
        labels: One a row, -1 to class - 1.
        pixels: In 0 to 255, one image a row.
        problems: What lies in the folders and was left out, by its whole path.
        refused: What was itself named and cannot be read, file or folder.
    """

    name: str = "images"
    class_names: tuple[str, ...]
    ids: tuple[str, ...]
    labels: Labels
    pixels: UInt8[Tensor, "row 3 height width"]
    problems: tuple[Problem, ...] = ()
    refused: tuple[Problem, ...] = ()

    @classmethod
    def at(
        cls, paths: Sequence[Path], *, class_names: tuple[str, ...], size: int | Framing
    ) -> "NamedImages":
        """Read images; the class of one is what its folder or its own name tells.

        Args:
            paths: Image files, and folders, of which every image below is taken, by name.
            class_names: Those of the models.
            size: Side in pixels; the largest central square is resized to it (bicubic). Or a
                framing that says it in full.

        Raises:
            ConfigError: If there is no image, or one is named twice.
            MissingDataError: If the only path is not there, or a folder without readable image.
            DataError: If nothing that is named can be read.
        """
        found: list[Found] = []
        problems: list[Problem] = []
        refused: dict[Path, DataError] = {}
        for path in paths:
            try:
                images, left_out = _read(path, size)
            except DataError as error:
                refused[path] = error
                continue
            found += images
            problems += left_out
        if refused and not found:
            raise _nothing_read(refused)
        _require_each_once([path for path, _ in found])
        labels = named_classes([path for path, _ in found], class_names)
        return cls(
            class_names=class_names,
            ids=tuple(str(path) for path, _ in found),
            labels=torch.tensor(labels),
            pixels=torch.stack([pixels for _, pixels in found]),
            problems=tuple(problems),
            refused=tuple(_problem(path, error) for path, error in refused.items()),
        )

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name all pixels, labels and ids."""
        return fingerprint_pixels(self.ids, self.labels, self.pixels)

    def images(self, rows: Tensor) -> Images:
        """Return the images at these rows: float32 pixels in [0, 1]."""
        return self.pixels[rows].to(torch.float32) / 255

    def take(self, rows: Tensor, *, name: str) -> "NamedImages":
        """Return the images of these rows alone, under another name."""
        return NamedImages(
            name=name,
            class_names=self.class_names,
            ids=tuple(self.ids[row] for row in rows.tolist()),
            labels=self.labels[rows],
            pixels=self.pixels[rows],
        )


def _read(path: Path, size: int | Framing) -> tuple[list[Found], list[Problem]]:
    if path.is_dir():
        return _in_folder(path, size)
    return [(path, read_image(path, size=size))], []


def _problem(path: Path, error: DataError) -> Problem:
    """Return why something that was named cannot be read, in a few words."""
    if isinstance(error.__cause__, UnreadableError):
        reason = str(error.__cause__)
    elif path.is_dir():
        reason = "it is a folder without an image that can be read"
    else:
        reason = "no such file exists"
    return Problem(path=str(path), reason=reason)


def _nothing_read(refused: Mapping[Path, DataError]) -> DataError:
    """Return the error of images of which none can be read: a single one's own."""
    if len(refused) == 1:
        return next(iter(refused.values()))
    told = [_problem(path, error) for path, error in refused.items()]
    named = "; ".join(f"`{one.path}` ({one.reason})" for one in told[:_TOLD])
    more = f"; {len(told) - _TOLD:,} more" if len(told) > _TOLD else ""
    return DataError(
        f"At least one of the {len(told)} images that are named must be readable, got none: "
        f"{named}{more}. Name other files."
    )


def _in_folder(folder: Path, size: int | Framing) -> tuple[list[Found], list[Problem]]:
    """Return every image below a folder, by name, and what was left out."""
    relative = [file.relative_to(folder) for file in folder.rglob("*") if file.is_file()]
    seen = sorted(str(file) for file in relative if not any(p.startswith(".") for p in file.parts))
    paths = [name for name in seen if name.lower().endswith(ENDINGS)]
    side = size if isinstance(size, int) else size.size
    kept = len(paths) * 3 * side**2
    files, unread = read_files(folder, paths, size=size, most_kept_bytes=kept)
    ending = f"its name ends in none of {', '.join(ENDINGS)}"
    others = [Problem(path=name, reason=ending) for name in seen if name not in set(paths)]
    problems = [
        Problem(path=str(folder / problem.path), reason=problem.reason)
        for problem in (*unread, *others)
    ]
    if not files:
        first = f" Left out: {problems[0].path} ({problems[0].reason})." if problems else ""
        raise MissingDataError(
            f"Expected images in the folder `{folder}`, got none that can be read.{first} "
            "Name another folder, or files."
        )
    images = [(folder / file.path, file.pixels) for file in files if file.pixels is not None]
    return images, problems


def _require_each_once(paths: Sequence[Path]) -> None:
    if not paths:
        raise ConfigError("Expected at least one image besides the models, got none. Name a file.")
    seen: set[Path] = set()
    for path in paths:
        if path.resolve() in seen:
            raise ConfigError(f"Images must be named once each, got `{path}` twice.")
        seen.add(path.resolve())
