"""Some rows of a data set whose images are made when they are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from torch import Tensor

from cuelens.datasets.fingerprint import fingerprint_rows
from cuelens.datasets.protocol import Dataset, MaskedDataset, SourcedDataset
from cuelens.tensors import Images, Labels, Masks

__all__ = ["ConflictSelection", "CueSelection", "Selection"]


class _Digested(Dataset, Protocol):
    @property
    def digests(self) -> Sequence[str]: ...


class _DigestedCues(MaskedDataset, _Digested, Protocol):
    @property
    def cue_names(self) -> dict[str, tuple[str, ...]]: ...


class _DigestedSources(SourcedDataset, _Digested, Protocol): ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Selection:
    """Rows of a data set, under a name of their own.

    Attributes:
        source: Where the images are; its `digests` name the pixels of each row.
        rows: Of `source`, in the order of this data set.
        name: For tables.
    """

    source: _Digested
    rows: Tensor
    name: str

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the labels; those of the source."""
        return self.source.class_names

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """One a row."""
        ids = self.source.ids
        return tuple(ids[row] for row in self.rows.tolist())

    @cached_property
    def labels(self) -> Labels:
        """One a row."""
        return self.source.labels[self.rows]

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """One a row; they name the pixels."""
        digests = self.source.digests
        return tuple(digests[row] for row in self.rows.tolist())

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name all pixels, labels and ids."""
        return fingerprint_rows(self.ids, self.labels, self.digests)

    def images(self, rows: Tensor) -> Images:
        """Return the images at these rows: float32 pixels in [0, 1]."""
        return self.source.images(self.rows[rows])

    def take(self, rows: Tensor, *, name: str) -> "Selection":
        """Return the data set of these rows alone, under another name."""
        return Selection(source=self.source, rows=self.rows[rows], name=name)


@dataclass(frozen=True, kw_only=True, eq=False)
class CueSelection:
    """Rows of a data set whose cues and masks are known.

    Attributes:
        source: Where the images are.
        rows: Of `source`, in the order of this data set.
        name: For tables.
    """

    source: _DigestedCues
    rows: Tensor
    name: str

    @cached_property
    def _plain(self) -> Selection:
        return Selection(source=self.source, rows=self.rows, name=self.name)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the labels; those of the source."""
        return self.source.class_names

    @property
    def cue_names(self) -> dict[str, tuple[str, ...]]:
        """The names of each cue's labels; those of the source."""
        return self.source.cue_names

    @property
    def ids(self) -> tuple[str, ...]:
        """One a row."""
        return self._plain.ids

    @property
    def labels(self) -> Labels:
        """One a row."""
        return self._plain.labels

    @cached_property
    def cues(self) -> dict[str, Labels]:
        """Shape, texture and colour: one label a row each."""
        return {cue: labels[self.rows] for cue, labels in self.source.cues.items()}

    @property
    def digests(self) -> tuple[str, ...]:
        """One a row; they name the pixels."""
        return self._plain.digests

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name all pixels, labels and ids."""
        return self._plain.fingerprint

    def images(self, rows: Tensor) -> Images:
        """Return the images at these rows: float32 pixels in [0, 1]."""
        return self.source.images(self.rows[rows])

    def masks(self, rows: Tensor) -> Masks:
        """Return True where the figure is."""
        return self.source.masks(self.rows[rows])

    def take(self, rows: Tensor, *, name: str) -> "CueSelection":
        """Return the data set of these rows alone, under another name."""
        return CueSelection(source=self.source, rows=self.rows[rows], name=name)


@dataclass(frozen=True, kw_only=True, eq=False)
class ConflictSelection:
    """Rows of a data set whose shapes, textures and their sources are known, and no masks.

    Attributes:
        source: Where the images are.
        rows: Of `source`, in the order of this data set.
        name: For tables.
    """

    source: _DigestedSources
    rows: Tensor
    name: str

    @cached_property
    def _plain(self) -> Selection:
        return Selection(source=self.source, rows=self.rows, name=self.name)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the labels; those of the source."""
        return self.source.class_names

    @property
    def ids(self) -> tuple[str, ...]:
        """One a row."""
        return self._plain.ids

    @property
    def labels(self) -> Labels:
        """One a row: the class of the shape."""
        return self._plain.labels

    @cached_property
    def cues(self) -> dict[str, Labels]:
        """Shape and texture: one label a row each."""
        return {cue: labels[self.rows] for cue, labels in self.source.cues.items()}

    @cached_property
    def sources(self) -> dict[str, tuple[str, ...]]:
        """Shape and texture: what each image took it from."""
        rows = self.rows.tolist()
        return {
            cue: tuple(sources[row] for row in rows) for cue, sources in self.source.sources.items()
        }

    @property
    def digests(self) -> tuple[str, ...]:
        """One a row; they name the pixels."""
        return self._plain.digests

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name all pixels, labels and ids."""
        return self._plain.fingerprint

    def images(self, rows: Tensor) -> Images:
        """Return the images at these rows: float32 pixels in [0, 1]."""
        return self.source.images(self.rows[rows])

    def take(self, rows: Tensor, *, name: str) -> "ConflictSelection":
        """Return the data set of these rows alone, under another name."""
        return ConflictSelection(source=self.source, rows=self.rows[rows], name=name)
