"""Images that are held in memory, 8 bits a channel. It does not know where they came from."""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import UInt8
from torch import Tensor

from cuelens.datasets.fingerprint import fingerprint_pixels
from cuelens.errors import DataError
from cuelens.tensors import Images, Labels

__all__ = ["InMemoryDataset"]


@dataclass(frozen=True, kw_only=True, eq=False)
class InMemoryDataset:
    """Labelled 8-bit images in one tensor.

    Attributes:
        name: For tables.
        class_names: In the order of the labels.
        ids: One a row, each different.
        labels: One a row, 0 to class - 1.
        pixels: In 0 to 255, one image a row.

    Raises:
        DataError: If the lengths differ, an id stands twice or a label has no class name.
    """

    name: str
    class_names: tuple[str, ...]
    ids: tuple[str, ...]
    labels: Labels
    pixels: UInt8[Tensor, "row channel height width"]

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.labels) == len(self.pixels):
            raise DataError(
                f"`ids`, `labels` and `pixels` must have one row an image each, got "
                f"{len(self.ids)}, {len(self.labels)} and {len(self.pixels)}."
            )
        if len(set(self.ids)) < len(self.ids):
            twice = next(image for image in self.ids if self.ids.count(image) > 1)
            raise DataError(f"`ids` must differ, got {twice!r} more than once.")
        classes = len(self.class_names)
        if len(self.labels) and not (self.labels.min() >= 0 and self.labels.max() < classes):
            raise DataError(
                f"`labels` must lie in 0 to {classes - 1} ({classes} class names), got "
                f"{int(self.labels.min())} to {int(self.labels.max())}."
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

    def take(self, rows: Tensor, *, name: str) -> "InMemoryDataset":
        """Return the data set of these rows alone, under another name."""
        return InMemoryDataset(
            name=name,
            class_names=self.class_names,
            ids=tuple(self.ids[row] for row in rows.tolist()),
            labels=self.labels[rows],
            pixels=self.pixels[rows],
        )
