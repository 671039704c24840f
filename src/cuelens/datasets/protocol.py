"""What every data set promises."""

from typing import Protocol, runtime_checkable

from torch import Tensor

from cuelens.tensors import Images, Labels, Masks

__all__ = ["CueDataset", "Dataset", "MaskedDataset", "SourcedDataset"]


@runtime_checkable
class Dataset(Protocol):
    """Labelled images of one size, each with an id that no other image of the set has.

    Attributes:
        name: For tables, such as "cifar10-test".
        class_names: In the order of the labels.
        ids: One a row, such as "test/00042"; chance is keyed by it.
        labels: One a row, 0 to class - 1.
        fingerprint: 32 hexadecimal digits that name all pixels, labels and ids.
    """

    @property
    def name(self) -> str:
        """For tables."""
        ...

    @property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the labels."""
        ...

    @property
    def ids(self) -> tuple[str, ...]:
        """One a row."""
        ...

    @property
    def labels(self) -> Labels:
        """One a row, 0 to class - 1."""
        ...

    @property
    def fingerprint(self) -> str:
        """Names all pixels, labels and ids."""
        ...

    def __len__(self) -> int: ...

    def images(self, rows: Tensor) -> Images:
        """Return the images at these rows: float32 pixels in [0, 1]."""
        ...

    def take(self, rows: Tensor, *, name: str) -> "Dataset":
        """Return the data set of these rows alone, under another name."""
        ...


@runtime_checkable
class CueDataset(Dataset, Protocol):
    """A data set whose cues are known for each image.

    Attributes:
        cues: "shape", "texture" and, where it is known, "colour", each to one label a row, 0 to
            class - 1.
    """

    @property
    def cues(self) -> dict[str, Labels]:
        """Each cue to one label a row."""
        ...


@runtime_checkable
class SourcedDataset(CueDataset, Protocol):
    """A data set whose images share shapes and textures, and tell which.

    Attributes:
        sources: "shape" and "texture", each to one text a row: equal where images share it.
    """

    @property
    def sources(self) -> dict[str, tuple[str, ...]]:
        """Shape and texture to what each image took it from."""
        ...


@runtime_checkable
class MaskedDataset(CueDataset, Protocol):
    """A data set that knows where the figure of each image is."""

    def masks(self, rows: Tensor) -> Masks:
        """Return True where the figure is."""
        ...
