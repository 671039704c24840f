"""Images that show one class's shape under another class's texture, made elsewhere, in a folder.

Their names tell both classes and what images share; where the figure is, nobody knows.
"""

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from cuelens.datasets.conflict_names import ConflictName, read_conflict_name
from cuelens.datasets.folder_scan import ENDINGS, Conversion, Problem, shown
from cuelens.datasets.image_folder import ImageFolder
from cuelens.datasets.selection import ConflictSelection
from cuelens.errors import DataError
from cuelens.tensors import Images, Labels

__all__ = ["CueConflictFolder", "is_conflict_folder"]

_BESIDE = ("manifest.parquet", "README", "README.md", "README.txt")


def is_conflict_folder(folder: Path) -> bool:
    """Return whether a folder holds cue-conflict images, by the name of one image a class."""
    if not folder.is_dir():
        return False
    names = tuple(entry.name for entry in shown(folder) if entry.is_dir())
    seen = 0
    for name in names:
        with os.scandir(folder / name) as files:  # a class may hold very many
            images = (file.name for file in files if file.name.lower().endswith(ENDINGS))
            image = next((one for one in images if not one.startswith(".")), None)
        try:
            seen += image is not None and bool(read_conflict_name(image, names))
        except DataError:
            return False
    return seen > 1


@dataclass(frozen=True, eq=False)
class CueConflictFolder:
    """Image files FOLDER/cat/cat7-elephant1.png: the shape of a cat under an elephant's texture.

    Attributes:
        folder: Holds one folder for each class of shapes, as `ImageFolder` reads them; a manifest
            and a README beside them are passed over.
        size: Side in pixels; the largest central square is resized to it (bicubic, antialiased).
        classes: The class names in the order of the labels, such as those of a classifier; all
            shapes and textures must be among them. Empty: the folders' names, sorted.

    Raises:
        ConfigError: If `size` is not positive.
        MissingDataError: If `folder` is not there or holds no folder.
        DataError: If a name is not made so, a shape lies in another class's folder, or what
            `ImageFolder` refuses.

    Source:
        Geirhos et al., 2019, https://arxiv.org/abs/1811.12231 (the layout).
        Differs: none.
    """

    folder: Path | str
    size: int = field(default=224, kw_only=True)
    classes: tuple[str, ...] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        for path, name in zip(self.ids, self._names, strict=True):
            if path.split("/", maxsplit=1)[0] != name.shape:
                raise DataError(
                    f"`{Path(self.folder) / path}` must lie in the folder of its shape, "
                    f"{name.shape!r}. Move it there, or rename it."
                )

    @cached_property
    def _plain(self) -> ImageFolder:
        return ImageFolder(self.folder, size=self.size, classes=self.classes)

    @cached_property
    def _names(self) -> tuple[ConflictName, ...]:
        return tuple(read_conflict_name(path, self.class_names) for path in self.ids)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was left out and why, sorted by path."""
        return tuple(problem for problem in self._plain.problems if problem.path not in _BESIDE)

    @property
    def converted(self) -> tuple[Conversion, ...]:
        """Which images are not shown as they were stored, in the order of the rows."""
        return self._plain.converted

    def __len__(self) -> int:
        return len(self._plain)

    @property
    def name(self) -> str:
        """For tables: the folder's name."""
        return self._plain.name

    @property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the labels."""
        return self._plain.class_names

    @property
    def ids(self) -> tuple[str, ...]:
        """One a row: the path relative to the folder."""
        return self._plain.ids

    @property
    def labels(self) -> Labels:
        """One a row: the class of the shape."""
        return self._plain.labels

    @cached_property
    def cues(self) -> dict[str, Labels]:
        """Shape and texture: one label a row each. The colour is the texture's, mixed."""
        places = {name: label for label, name in enumerate(self.class_names)}
        return {
            "shape": torch.tensor([places[name.shape] for name in self._names]),
            "texture": torch.tensor([places[name.texture] for name in self._names]),
        }

    @cached_property
    def sources(self) -> dict[str, tuple[str, ...]]:
        """Shape and texture: the picture that each came from, one a row."""
        return {
            "shape": tuple(name.shape_source for name in self._names),
            "texture": tuple(name.texture_source for name in self._names),
        }

    @property
    def digests(self) -> tuple[str, ...]:
        """One a row; they name the pixels by the bytes of the file and the size."""
        return self._plain.digests

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name all pixels, labels and ids."""
        return self._plain.fingerprint

    def images(self, rows: Tensor) -> Images:
        """Return the images at these rows: float32 pixels in [0, 1].

        Raises:
            DataError: If a file has been changed since the data set was made.
        """
        return self._plain.images(rows)

    def take(self, rows: Tensor, *, name: str) -> ConflictSelection:
        """Return the data set of these rows alone, under another name."""
        return ConflictSelection(source=self, rows=torch.arange(len(self))[rows], name=name)
