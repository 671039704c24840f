"""CIFAR-100 from its publisher's files, each checked against the published MD5 sum.

The files are pickles; they are read as data, and one that names any code is refused.

Source:
    Krizhevsky, 2009, https://www.cs.toronto.edu/~kriz/cifar.html
"""

import hashlib
import pickle
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import torch

from cuelens.datasets.cifar10_batches import read_batch
from cuelens.datasets.in_memory import InMemoryDataset
from cuelens.datasets.published_split import PublishedSplit
from cuelens.datasets.splitting import stratified_rows
from cuelens.errors import ConfigError, DataError, MissingDataError

__all__ = ["Cifar100", "find_cifar100"]

_FOLDER = "cifar-100-python"
_MD5 = {
    "train": "16019d7e3df5f24257cddd939b257f8d",
    "test": "f0ef6b0ae62326f3e7ffdfab6717acfc",
    "meta": "7973b15100ade9c7d40fb424638fde48",
}
_TRAIN_IMAGES = 50_000
_REMEDY = (
    "Download cifar-100-python.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html and unpack "
    "it"
)


def find_cifar100(folder: Path) -> Path | None:
    """Return the folder of train, test and meta: the one given, or the archive's inside it."""
    for place in (folder, folder / _FOLDER):
        if all((place / name).is_file() for name in _MD5):
            return place
    return None


def _batch(path: Path) -> dict[bytes, Any]:
    """Return the content of one of the publisher's files."""
    content = path.read_bytes()
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != _MD5[path.name]:
        raise DataError(
            f"`{path}` must have the published MD5 sum {_MD5[path.name]}, got {found} "
            f"({len(content):,} bytes): it is truncated or altered. {_REMEDY} again."
        )
    try:
        return read_batch(content)
    except pickle.UnpicklingError as error:
        raise DataError(f"`{path}` must hold data alone, but {error}. {_REMEDY} again.") from error


@dataclass(frozen=True, eq=False)
class Cifar100(PublishedSplit):
    """The 60,000 images of CIFAR-100, 32 px, 100 classes; read when it is made.

    Attributes:
        folder: Holds the publisher's files or their folder cifar-100-python.
        split: "test" is the publisher's; "validation" is taken from the publisher's training
            images, and "train" is the rest of them.
        validation: How many training images are set aside, from every class its share. 0 to
            49,999; 0 leaves all to "train".
        seed: Of the choice of these. At least 0.
        labelled: By the 100 fine classes, or by the publisher's 20 coarse ones.

    Raises:
        ConfigError: If a setting is outside its range.
        MissingDataError: If a file is not there.
        DataError: If a file is not the published one.

    Source:
        Krizhevsky, 2009, https://www.cs.toronto.edu/~kriz/cifar.html
        Differs: none; ids count from 0 through the files, "cifar100/train/00042".
    """

    labelled: Literal["fine", "coarse"] = field(default="fine", kw_only=True)

    def __post_init__(self) -> None:
        if self.labelled not in ("fine", "coarse"):
            raise ConfigError(f"`labelled` must be one of fine, coarse, got {self.labelled!r}.")
        self._require_held_out(_TRAIN_IMAGES)
        self._require_settings()
        _ = self._data  # so that what is wrong with the files is said at once

    @cached_property
    def _place(self) -> Path:
        found = find_cifar100(Path(self.folder))
        if found is None:
            raise MissingDataError(
                f"`folder` must hold CIFAR-100's files {', '.join(_MD5)}; looked in "
                f"`{self.folder}` and in `{Path(self.folder) / _FOLDER}`, did not find all of "
                f"them. {_REMEDY}, then give the folder it was unpacked in."
            )
        return found

    @cached_property
    def _data(self) -> InMemoryDataset:
        part = "test" if self.split == "test" else "train"
        batch = _batch(self._place / part)
        labels = torch.tensor(batch[f"{self.labelled}_labels".encode()])
        everything = InMemoryDataset(
            name=self.name,
            class_names=self.class_names,
            ids=tuple(f"cifar100/{part}/{row:05d}" for row in range(len(labels))),
            labels=labels,
            pixels=torch.from_numpy(batch[b"data"].reshape(-1, 3, 32, 32)),
        )
        if self.split == "test" or not self.validation:
            return everything
        fine = torch.tensor(batch[b"fine_labels"])  # the split is the same for both labellings
        kept, chosen = stratified_rows(fine, everything.ids, count=self.validation, seed=self.seed)
        return everything.take(chosen if self.split == "validation" else kept, name=self.name)

    @property
    def name(self) -> str:
        """For tables."""
        return f"cifar100-{self.split}"

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the labels: the publisher's."""
        names = _batch(self._place / "meta")[f"{self.labelled}_label_names".encode()]
        return tuple(name.decode() for name in names)
