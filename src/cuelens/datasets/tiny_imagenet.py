"""Tiny ImageNet from its publisher's folders: 200 classes of ImageNet at 64 px.

Source:
    Le & Yang, 2015, http://vision.stanford.edu/teaching/cs231n/reports/2015/pdfs/yle_project.pdf
"""

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import torch
from torch import Tensor

from cuelens.datasets.built_copy import BuiltCopy, built_copy
from cuelens.datasets.decoding import quiet_decoding
from cuelens.datasets.fingerprint import fingerprint_rows
from cuelens.datasets.folder_scan import (
    ENDINGS,
    Conversion,
    ImageFile,
    Problem,
    pixels_of,
    read_files,
    shown,
)
from cuelens.datasets.published_split import PublishedSplit
from cuelens.datasets.selection import Selection
from cuelens.datasets.splitting import stratified_rows
from cuelens.datasets.tiny_imagenet_folder import (
    FOLDER,
    REMEDY,
    find_tiny_imagenet,
    tiny_imagenet_id,
    tiny_imagenet_labels,
)
from cuelens.errors import ConfigError, DataError, MissingDataError
from cuelens.tensors import Images, Labels

__all__ = ["TinyImageNet"]

_MOST_KEPT_BYTES = 256 * 2**20


@dataclass(frozen=True, kw_only=True, eq=False)
class _Files:
    """All images of one of the publisher's parts: what `Selection` takes rows of."""

    name: str
    class_names: tuple[str, ...]
    root: Path
    size: int
    ids: tuple[str, ...]
    labels: Labels
    files: tuple[ImageFile, ...]

    def __len__(self) -> int:
        return len(self.files)

    @cached_property
    def digests(self) -> tuple[str, ...]:
        return tuple(file.digest for file in self.files)

    @cached_property
    def fingerprint(self) -> str:
        return fingerprint_rows(self.ids, self.labels, self.digests)

    def images(self, rows: Tensor) -> Images:
        pixels = torch.empty((len(rows), 3, self.size, self.size), dtype=torch.uint8)
        with quiet_decoding():
            for place, row in enumerate(rows.tolist()):
                pixels[place] = pixels_of(self.root, self.files[row], size=self.size)
        return pixels.to(torch.float32) / 255

    def take(self, rows: Tensor, *, name: str) -> Selection:
        return Selection(source=self, rows=rows, name=name)


@lru_cache(maxsize=2)  # a study opens two splits of one part
def _read(
    root: Path, listing: tuple[tuple[str, int, int], ...], size: int
) -> tuple[tuple[ImageFile, ...], tuple[Problem, ...]]:
    """Read every file once; what was read is kept as long as no file of the listing changes."""
    paths = [path for path, _, _ in listing]
    return read_files(root, paths, size=size, most_kept_bytes=_MOST_KEPT_BYTES)


def _listed(root: Path, path: str) -> tuple[str, int, int]:
    try:
        found = (root / path).stat()
    except OSError:  # a link to nothing; reading it will say so
        return path, -1, -1
    return path, found.st_size, found.st_mtime_ns


@dataclass(frozen=True, eq=False)
class TinyImageNet(PublishedSplit):
    """The labelled images of Tiny ImageNet, 64 px, 200 classes.

    Every file is read once when the data set is made, so that one which cannot be read is known
    before anything is computed; pixels are kept where all images of the publisher's part together
    take at most 256 MiB, else files are decoded when they are asked for. Greyscale files, about
    one in fifty, are converted to RGB and told of.

    Attributes:
        folder: Holds wnids.txt, train and val, or their folder tiny-imagenet-200, or a distorted
            copy of them that `cuelens build` wrote.
        split: "test" is the publisher's validation part (the publisher's test part has no
            labels); "validation" is taken from the publisher's training images, and "train" is
            the rest of them.
        validation: How many training images are set aside, from every class its share. At least
            0; 0 leaves all to "train".
        seed: Of the choice of these. At least 0.
        size: Side in pixels; the largest central square is resized to it, 64 is as published.

    Raises:
        ConfigError: If a setting is outside its range.
        MissingDataError: If a file is not there.
        DataError: If no image can be read.

    Source:
        Le & Yang, 2015, http://vision.stanford.edu/teaching/cs231n/reports/2015/pdfs/yle_project.pdf
        Differs: none; ids are the names of the files, "tiny-imagenet/train/n01443537_0".
    """

    size: int = field(default=64, kw_only=True)

    def __post_init__(self) -> None:
        self._require_settings()
        if self.size < 1:
            raise ConfigError(f"`size` must be at least 1 pixel, got {self.size}.")
        if not self._files:
            raise DataError(
                f"`{self._root / self._part}` must hold images that can be read, got none. "
                f"{REMEDY} again."
            )
        if self.split != "test":
            self._require_held_out(len(self._files))

    @cached_property
    def _root(self) -> Path:
        found = find_tiny_imagenet(Path(self.folder))
        if found is None:
            raise MissingDataError(
                f"`folder` must hold Tiny ImageNet's wnids.txt, train and val; looked in "
                f"`{self.folder}` and in `{Path(self.folder) / FOLDER}`, found none of them. "
                f"{REMEDY}, then give the folder it was unpacked in."
            )
        return found

    @property
    def _part(self) -> str:
        return "val" if self.split == "test" else "train"

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the labels: WordNet's numbers, sorted."""
        return tuple(sorted((self._root / "wnids.txt").read_text(encoding="utf-8").split()))

    @cached_property
    def _copy(self) -> BuiltCopy | None:
        return built_copy(self._root)

    @cached_property
    def _listing(self) -> tuple[dict[str, str], tuple[Problem, ...]]:
        """Each image of the part with its class, and what is there besides."""
        found: dict[str, str] = {}
        problems = []
        annotated = tiny_imagenet_labels(self._root) if self._part == "val" else {}
        folders = (
            {"val/images": None}
            if self._part == "val"
            else {f"train/{name}/images": name for name in self.class_names}
        )
        for folder, label in folders.items():
            entries = shown(self._root / folder) if (self._root / folder).is_dir() else []
            for entry in entries:
                path, known = f"{folder}/{entry.name}", label or annotated.get(entry.name)
                if entry.suffix.lower() not in ENDINGS:
                    reason = f"its name ends in none of {', '.join(ENDINGS)}"
                elif known not in self.class_names:
                    reason = "its class is not known"
                else:
                    found[path] = known
                    continue
                problems.append(Problem(path=path, reason=reason))
        missing = [name for name in annotated if f"val/images/{name}" not in found]
        problems += [
            Problem(path=f"val/images/{name}", reason="it has a class and is not there")
            for name in missing
            if not any(problem.path == f"val/images/{name}" for problem in problems)
        ]
        return found, tuple(problems)

    @property
    def _scan(self) -> tuple[tuple[ImageFile, ...], tuple[Problem, ...]]:
        listing = tuple(_listed(self._root, path) for path in self._listing[0])
        return _read(self._root.resolve(), listing, self.size)

    @cached_property
    def _files(self) -> tuple[ImageFile, ...]:
        return self._scan[0]

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What was left out of the publisher's part and why, sorted by path."""
        return tuple(sorted([*self._listing[1], *self._scan[1]], key=lambda found: found.path))

    @cached_property
    def converted(self) -> tuple[Conversion, ...]:
        """Which images of the publisher's part are not shown as they were stored."""
        return tuple(
            Conversion(path=file.path, what=", ".join(file.conversions))
            for file in self._files
            if file.conversions
        )

    def _ids(self, condition: str | None) -> tuple[str, ...]:
        return tuple(
            tiny_imagenet_id(self._part, Path(file.path).stem, condition) for file in self._files
        )

    @cached_property
    def _data(self) -> Selection:
        labels = {name: label for label, name in enumerate(self.class_names)}
        everything = _Files(
            name=self.name,
            class_names=self.class_names,
            root=self._root,
            size=self.size,
            ids=self._ids(None if self._copy is None else self._copy.condition),
            labels=torch.tensor([labels[self._listing[0][file.path]] for file in self._files]),
            files=self._files,
        )
        rows = torch.arange(len(everything))
        if self.split != "test":
            # By the published ids: a copy is split as what it is a copy of.
            kept, chosen = stratified_rows(
                everything.labels, self._ids(None), count=self.validation, seed=self.seed
            )
            rows = chosen if self.split == "validation" else kept
        return everything.take(rows, name=self.name)

    @property
    def name(self) -> str:
        """For tables; the name of a distorted copy tells its condition."""
        told = "" if self._copy is None else f"{self._copy.condition}-"
        return f"tiny-imagenet-{told}{self.split}"

    @property
    def digests(self) -> tuple[str, ...]:
        """One a row; they name the pixels by the bytes of the file and the size."""
        return self._data.digests
