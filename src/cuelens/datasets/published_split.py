"""One split of a data set that its publisher parted in training and test images.

It knows how the split is named and that its images lie in another data set; which files they come
from is known by the class of each publisher.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from torch import Tensor

from cuelens.datasets.protocol import Dataset
from cuelens.errors import ConfigError
from cuelens.tensors import Images, Labels

__all__ = ["PublishedSplit"]


@dataclass(frozen=True, eq=False)
class PublishedSplit(ABC):
    """The images of a split, which `_data` holds.

    Attributes:
        folder: Where the publisher's files are.
        split: "test" is the publisher's; "validation" is taken from the publisher's training
            images, and "train" is the rest of them.
        validation: How many training images are set aside, from every class its share.
        seed: Of the choice of these.
    """

    folder: Path | str
    split: Literal["train", "validation", "test"] = field(default="train", kw_only=True)
    validation: int = field(default=5_000, kw_only=True)
    seed: int = field(default=0, kw_only=True)

    @property
    @abstractmethod
    def _data(self) -> Dataset:
        """The split itself, read once."""

    def _require_settings(self) -> None:
        """Refuse a split that is none, or that would be empty, and a negative seed."""
        if self.split not in ("train", "validation", "test"):
            raise ConfigError(
                f'`split` must be "train", "validation" or "test", got {self.split!r}.'
            )
        if self.split == "validation" and not self.validation:
            raise ConfigError(
                '`validation` must be at least 1 where `split` is "validation", got 0.'
            )
        if self.seed < 0:
            raise ConfigError(f"`seed` must be at least 0, got {self.seed}.")

    def _require_held_out(self, images: int) -> None:
        """Refuse to set aside all training images, of which there are so many, or fewer than 0."""
        if not 0 <= self.validation < images:
            raise ConfigError(
                f"`validation` must be from 0 to {images - 1:,} (of {images:,} training images), "
                f"got {self.validation:,}."
            )

    def __len__(self) -> int:
        return len(self._data)

    @property
    def ids(self) -> tuple[str, ...]:
        """One a row: the part, and the image's place or name in the publisher's files."""
        return self._data.ids

    @property
    def labels(self) -> Labels:
        """One a row, 0 to class - 1."""
        return self._data.labels

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name all pixels, labels and ids."""
        return self._data.fingerprint

    def images(self, rows: Tensor) -> Images:
        """Return the images at these rows: float32 pixels in [0, 1].

        Raises:
            DataError: If they are read when asked for, and a file has been changed since.
        """
        return self._data.images(rows)

    def take(self, rows: Tensor, *, name: str) -> Dataset:
        """Return the data set of these rows alone, under another name."""
        return self._data.take(rows, name=name)
