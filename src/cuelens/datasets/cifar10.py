"""CIFAR-10 from its publisher's files, each checked against the published MD5 sum.

Source:
    Krizhevsky, 2009, https://www.cs.toronto.edu/~kriz/cifar.html
"""

import hashlib
import io
import pickle
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from cuelens.datasets.in_memory import InMemoryDataset
from cuelens.datasets.splitting import stratified_rows
from cuelens.errors import ConfigError, DataError, MissingDataError
from cuelens.tensors import Images, Labels

__all__ = ["CIFAR10_CLASSES", "Cifar10"]

CIFAR10_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
"""The publisher's class names, in the order of the labels."""

_TRAIN_MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
}
_TEST_MD5 = {"test_batch": "40351d587109b95175f43aff81a1287e"}
_TRAIN_IMAGES = 50_000
_REMEDY = (
    "Download cifar-10-python.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html and unpack it"
)


class _BatchUnpickler(pickle.Unpickler):
    """Reads dictionaries, lists and arrays; whatever else a pickle may name is refused."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("numpy", "dtype"):
            return np.dtype
        if (module, name) == ("numpy", "ndarray"):
            return np.ndarray
        if (module, name) == ("numpy.core.multiarray", "_reconstruct"):
            return lambda _kind, _shape, _code: np.ndarray((0,), dtype=np.uint8)
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a CIFAR-10 batch")


def _find(folder: Path, names: tuple[str, ...]) -> Path:
    """Return the folder that holds these files: the one given, or the archive's inside it."""
    places = (folder, folder / "cifar-10-batches-py")
    for place in places:
        missing = [name for name in names if not (place / name).is_file()]
        if not missing:
            return place
        if len(missing) < len(names):
            raise MissingDataError(
                f"`{place}` must hold all of CIFAR-10's files {', '.join(names)}, but "
                f"{', '.join(missing)} is missing. {_REMEDY} there again."
            )
    raise MissingDataError(
        f"`folder` must hold CIFAR-10's files {', '.join(names)}; looked in `{places[0]}` and in "
        f"`{places[1]}`, found none of them. {_REMEDY}, then give the folder it was unpacked in."
    )


def _read(path: Path, md5: str) -> tuple[UInt8[Tensor, "row 3 32 32"], Int[Tensor, " row"]]:
    """Return pixels and labels of one batch whose content is the published one."""
    content = path.read_bytes()
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != md5:
        raise DataError(
            f"`{path}` must have the published MD5 sum {md5}, got {found} "
            f"({len(content):,} bytes): it is truncated or altered. {_REMEDY} again."
        )
    batch = _BatchUnpickler(io.BytesIO(content), encoding="bytes").load()
    pixels = torch.from_numpy(batch[b"data"].reshape(-1, 3, 32, 32))
    return pixels, torch.tensor(batch[b"labels"])


@dataclass(frozen=True, eq=False)
class Cifar10:
    """The 60,000 images of CIFAR-10, 32 px, 10 classes; read when it is made.

    Attributes:
        folder: Holds the publisher's files or their folder cifar-10-batches-py.
        split: "test" is the publisher's; "validation" is taken from the publisher's training
            images, and "train" is the rest of them.
        validation: How many training images are set aside, from every class its share. 0 to
            49,999; 0 leaves all to "train".
        seed: Of the choice of these. At least 0.

    Raises:
        ConfigError: If a setting is outside its range.
        MissingDataError: If a file is not there.
        DataError: If a file is not the published one.

    Source:
        Krizhevsky, 2009, https://www.cs.toronto.edu/~kriz/cifar.html
        Differs: none; ids count from 0 through the files, "cifar10/train/00042".
    """

    folder: Path | str
    split: Literal["train", "validation", "test"] = field(default="train", kw_only=True)
    validation: int = field(default=5_000, kw_only=True)
    seed: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        if self.split not in ("train", "validation", "test"):
            raise ConfigError(
                f'`split` must be "train", "validation" or "test", got {self.split!r}.'
            )
        if not 0 <= self.validation < _TRAIN_IMAGES:
            raise ConfigError(
                f"`validation` must be from 0 to 49,999 (of 50,000 training images), got "
                f"{self.validation:,}."
            )
        if self.split == "validation" and not self.validation:
            raise ConfigError(
                '`validation` must be at least 1 where `split` is "validation", got 0.'
            )
        if self.seed < 0:
            raise ConfigError(f"`seed` must be at least 0, got {self.seed}.")
        _ = self._data  # so that what is wrong with the files is said at once

    @cached_property
    def _data(self) -> InMemoryDataset:
        sums = _TEST_MD5 if self.split == "test" else _TRAIN_MD5
        place = _find(Path(self.folder), tuple(sums))
        batches = [_read(place / name, md5) for name, md5 in sums.items()]
        pixels = torch.cat([pixels for pixels, _ in batches])
        labels = torch.cat([labels for _, labels in batches])
        part = "test" if self.split == "test" else "train"
        everything = InMemoryDataset(
            name=self.name,
            class_names=CIFAR10_CLASSES,
            ids=tuple(f"cifar10/{part}/{row:05d}" for row in range(len(labels))),
            labels=labels,
            pixels=pixels,
        )
        if self.split == "test" or not self.validation:
            return everything
        kept, chosen = stratified_rows(
            labels, everything.ids, count=self.validation, seed=self.seed
        )
        return everything.take(chosen if self.split == "validation" else kept, name=self.name)

    def __len__(self) -> int:
        return len(self._data)

    @property
    def name(self) -> str:
        """For tables."""
        return f"cifar10-{self.split}"

    @property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the labels."""
        return CIFAR10_CLASSES

    @property
    def ids(self) -> tuple[str, ...]:
        """One a row; the number is the image's place in the publisher's files."""
        return self._data.ids

    @property
    def labels(self) -> Labels:
        """One a row, 0 to 9."""
        return self._data.labels

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name all pixels, labels and ids."""
        return self._data.fingerprint

    def images(self, rows: Tensor) -> Images:
        """Return the images at these rows: float32 pixels in [0, 1]."""
        return self._data.images(rows)

    def take(self, rows: Tensor, *, name: str) -> InMemoryDataset:
        """Return the data set of these rows alone, under another name."""
        return self._data.take(rows, name=name)
