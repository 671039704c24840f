"""CIFAR-10 from its publisher's files, each checked against the published MD5 sum.

A distorted copy that `cuelens build` wrote is read too; its files are checked against the SHA-256
sums of its manifest, and its name and ids tell the condition.

Source:
    Krizhevsky, 2009, https://www.cs.toronto.edu/~kriz/cifar.html
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from jaxtyping import UInt8
from torch import Tensor

from cuelens.datasets.built_copy import BuiltCopy, built_copy
from cuelens.datasets.cifar10_batches import read_batch
from cuelens.datasets.in_memory import InMemoryDataset
from cuelens.datasets.published_split import PublishedSplit
from cuelens.datasets.splitting import stratified_rows
from cuelens.errors import DataError, MissingDataError
from cuelens.networks.cifar10_classes import CIFAR10_CLASSES
from cuelens.tensors import Labels

__all__ = [
    "CIFAR10_CLASSES",
    "TEST_BATCHES",
    "TRAIN_BATCHES",
    "Cifar10",
    "batch_content",
    "find_batches",
    "image_ids",
]

_TRAIN_MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
}
_TEST_MD5 = {"test_batch": "40351d587109b95175f43aff81a1287e"}
TRAIN_BATCHES, TEST_BATCHES = tuple(_TRAIN_MD5), tuple(_TEST_MD5)
"""The names of the publisher's files."""

_TRAIN_IMAGES = 50_000
_REMEDY = (
    "Download cifar-10-python.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html and unpack it"
)


def find_batches(folder: Path, names: tuple[str, ...]) -> Path:
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


def batch_content(path: Path, copy: BuiltCopy | None) -> bytes:
    """Return the content of a batch, if it is the published one or that of a distorted copy.

    Args:
        path: Of a file that exists.
        copy: The copy that it belongs to, None where it belongs to none.

    Raises:
        DataError: If it is neither.
    """
    content = path.read_bytes()
    expected = None if copy is None else copy.digest_of(path)
    if expected is None:
        md5 = {**_TRAIN_MD5, **_TEST_MD5}[path.name]
        found = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if found != md5:
            raise DataError(
                f"`{path}` must have the published MD5 sum {md5}, got {found} "
                f"({len(content):,} bytes): it is truncated or altered. {_REMEDY} again."
            )
    elif (sha256 := hashlib.sha256(content).hexdigest()) != expected:
        raise DataError(
            f"`{path}` must have the SHA-256 sum {expected} of its copy's manifest, got {sha256} "
            f"({len(content):,} bytes): it is truncated or altered. Build the copy again."
        )
    return content


def image_ids(part: str, rows: range, condition: str | None) -> tuple[str, ...]:
    """Return the ids of images by their places in the publisher's files.

    Args:
        part: "train" or "test".
        rows: Their places.
        condition: Of a distorted copy, None for the published images.
    """
    told = "" if condition is None else f"{condition}/"
    return tuple(f"cifar10/{told}{part}/{row:05d}" for row in rows)


def _read(path: Path, copy: BuiltCopy | None) -> tuple[UInt8[Tensor, "row 3 32 32"], Labels]:
    """Return pixels and labels of one batch."""
    batch = read_batch(batch_content(path, copy))
    pixels = torch.from_numpy(batch[b"data"].reshape(-1, 3, 32, 32))
    return pixels, torch.tensor(batch[b"labels"])


@dataclass(frozen=True, eq=False)
class Cifar10(PublishedSplit):
    """The 60,000 images of CIFAR-10, 32 px, 10 classes; read when it is made.

    Attributes:
        folder: Holds the publisher's files or their folder cifar-10-batches-py, or a distorted
            copy of them that `cuelens build` wrote.
        split: "test" is the publisher's; "validation" is taken from the publisher's training
            images, and "train" is the rest of them.
        validation: How many training images are set aside, from every class its share. 0 to
            49,999; 0 leaves all to "train".
        seed: Of the choice of these. At least 0.

    Raises:
        ConfigError: If a setting is outside its range.
        MissingDataError: If a file is not there.
        DataError: If a file is neither the published one nor that of its copy's manifest.

    Source:
        Krizhevsky, 2009, https://www.cs.toronto.edu/~kriz/cifar.html
        Differs: none; ids count from 0 through the files, "cifar10/train/00042".
    """

    def __post_init__(self) -> None:
        self._require_held_out(_TRAIN_IMAGES)
        self._require_settings()
        _ = self._data  # so that what is wrong with the files is said at once

    @cached_property
    def _copy(self) -> BuiltCopy | None:
        """The distorted copy that the files belong to, None where they are the publisher's."""
        names = TEST_BATCHES if self.split == "test" else TRAIN_BATCHES
        return built_copy(find_batches(Path(self.folder), names))

    @cached_property
    def _data(self) -> InMemoryDataset:
        names = TEST_BATCHES if self.split == "test" else TRAIN_BATCHES
        place = find_batches(Path(self.folder), names)
        batches = [_read(place / name, self._copy) for name in names]
        pixels = torch.cat([pixels for pixels, _ in batches])
        labels = torch.cat([labels for _, labels in batches])
        part = "test" if self.split == "test" else "train"
        condition = None if self._copy is None else self._copy.condition
        everything = InMemoryDataset(
            name=self.name,
            class_names=CIFAR10_CLASSES,
            ids=image_ids(part, range(len(labels)), condition),
            labels=labels,
            pixels=pixels,
        )
        if self.split == "test" or not self.validation:
            return everything
        # By the published ids: a copy is split as what it is a copy of.
        ids = image_ids(part, range(len(labels)), None)
        kept, chosen = stratified_rows(labels, ids, count=self.validation, seed=self.seed)
        return everything.take(chosen if self.split == "validation" else kept, name=self.name)

    @property
    def name(self) -> str:
        """For tables; the name of a distorted copy tells its condition."""
        told = "" if self._copy is None else f"{self._copy.condition}-"
        return f"cifar10-{told}{self.split}"

    @property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the labels."""
        return CIFAR10_CLASSES
