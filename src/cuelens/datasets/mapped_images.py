"""Images of a data set under a model's classes: the same pixels, the model's labels."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from cuelens.datasets.class_mapping import ClassMapping
from cuelens.datasets.fingerprint import content_digest
from cuelens.datasets.protocol import Dataset
from cuelens.errors import DataError
from cuelens.tensors import Images, Labels

__all__ = ["MappedImages", "mapped_images", "unmatched_images"]


def unmatched_images(source: Dataset, mapping: ClassMapping) -> dict[str, int]:
    """Return how many images each unmatched class has, by its name; classes without any not."""
    counts = Counter(source.labels.tolist())
    return {
        name: counts[label]
        for label, (name, index) in enumerate(
            zip(mapping.class_names, mapping.indices, strict=True)
        )
        if index is None and counts[label]
    }


def mapped_images(source: Dataset, mapping: ClassMapping) -> Dataset:
    """Return the images whose class is one of the model's, labelled by it.

    Args:
        source: Its classes are those of the mapping, in their order.
        mapping: Which class of the model each of them is.

    Returns:
        Without the images of unmatched classes, which `unmatched_images` counts; the source itself
        where both have the same classes in the same order.

    Raises:
        DataError: If the classes are others, or no image is left.
    """
    if tuple(source.class_names) != mapping.class_names:
        raise DataError(
            f"A mapping of the classes {', '.join(mapping.class_names[:3])}, ... must go with "
            f"images of these classes, got {source.name}, whose are "
            f"{', '.join(source.class_names[:3])}, ... Match its own classes."
        )
    if mapping.is_identity:
        return source
    rows = (_codes(mapping.indices)[source.labels] >= 0).nonzero().flatten()
    if not len(rows):
        raise DataError(
            f"At least one image of {source.name} must be of a class that the model has, got none: "
            f"{mapping.told()} Give a file that maps the classes."
        )
    kept = source if len(rows) == len(source) else source.take(rows, name=source.name)
    return MappedImages(source=kept, mapping=mapping, name=source.name)


def _codes(indices: tuple[int | None, ...]) -> Labels:
    return torch.tensor([-1 if index is None else index for index in indices])


@dataclass(frozen=True, kw_only=True, eq=False)
class MappedImages:
    """A data set under the labels of a model; made by `mapped_images`.

    Attributes:
        source: Every class of its images is one of the model's.
        mapping: Which class of the model each of its classes is.
        name: For tables.
    """

    source: Dataset
    mapping: ClassMapping
    name: str

    def __len__(self) -> int:
        return len(self.source)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Those of the model."""
        return self.mapping.model_class_names

    @property
    def ids(self) -> tuple[str, ...]:
        """One a row; those of the source."""
        return self.source.ids

    @cached_property
    def labels(self) -> Labels:
        """One a row, 0 to model class - 1."""
        return _codes(self.mapping.indices)[self.source.labels]

    @property
    def class_counts(self) -> Mapping[str, int]:
        """How many images each class of the data set has here, by its own name."""
        counts = Counter(self.source.labels.tolist())
        return {self.source.class_names[label]: count for label, count in sorted(counts.items())}

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name all pixels, labels and ids."""
        return content_digest(self.source.fingerprint.encode(), self.labels.tolist())

    def images(self, rows: Tensor) -> Images:
        """Return the images at these rows: float32 pixels in [0, 1]."""
        return self.source.images(rows)

    def take(self, rows: Tensor, *, name: str) -> "MappedImages":
        """Return the data set of these rows alone, under another name."""
        return MappedImages(
            source=self.source.take(rows, name=name), mapping=self.mapping, name=name
        )
