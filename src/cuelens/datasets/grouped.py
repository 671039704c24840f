"""Labelled images whose fine classes are put into coarse ones: the same pixels, other labels."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from cuelens.datasets.fingerprint import content_digest
from cuelens.datasets.protocol import Dataset, MaskedDataset
from cuelens.networks import ClassGroups
from cuelens.tensors import Images, Labels, Masks

__all__ = ["GroupedCues", "GroupedImages", "grouped_images"]


def grouped_images(source: Dataset, groups: ClassGroups) -> Dataset:
    """Return the images whose classes are in a group, labelled by it.

    Args:
        source: Its classes are the ones that the groups are made of, in their order.
        groups: Which fine classes make which coarse one.

    Returns:
        Without the images whose class is in no group. Cues and masks are kept where they are
        known, cues only where every image's own is in a group.
    """
    rows = (_codes(groups)[source.labels] >= 0).nonzero().flatten()
    kept = source if len(rows) == len(source) else source.take(rows, name=source.name)
    return _view(kept, groups, f"{source.name} ({groups.name})")


def _view(source: Dataset, groups: ClassGroups, name: str) -> Dataset:
    if isinstance(source, MaskedDataset):
        return GroupedCues(source=source, groups=groups, name=name)
    return GroupedImages(source=source, groups=groups, name=name)


def _codes(groups: ClassGroups) -> Labels:
    """Return each fine class's group; -1 where it is in none."""
    codes = torch.full((groups.classes,), -1)
    for code, members in enumerate(groups.members.values()):
        codes[list(members)] = code
    return codes


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupedImages:
    """A data set under coarse labels.

    Attributes:
        source: Every class of its images is in a group.
        groups: Which fine classes make which coarse one.
        name: For tables.
    """

    source: Dataset
    groups: ClassGroups
    name: str

    def __len__(self) -> int:
        return len(self.source)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the groups."""
        return self.groups.names

    @property
    def ids(self) -> tuple[str, ...]:
        """One a row; those of the source."""
        return self.source.ids

    @cached_property
    def labels(self) -> Labels:
        """One a row, 0 to group - 1."""
        return _codes(self.groups)[self.source.labels]

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name all pixels, labels and ids."""
        return content_digest(self.source.fingerprint.encode(), *self.groups.members.items())

    def images(self, rows: Tensor) -> Images:
        """Return the images at these rows: float32 pixels in [0, 1]."""
        return self.source.images(rows)

    def take(self, rows: Tensor, *, name: str) -> Dataset:
        """Return the data set of these rows alone, under another name."""
        return _view(self.source.take(rows, name=name), self.groups, name)


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupedCues:
    """A data set whose cues and masks are known, under coarse labels.

    Attributes:
        source: Every class of its images is in a group.
        groups: Which fine classes make which coarse one.
        name: For tables.
    """

    source: MaskedDataset
    groups: ClassGroups
    name: str

    @cached_property
    def _plain(self) -> GroupedImages:
        return GroupedImages(source=self.source, groups=self.groups, name=self.name)

    def __len__(self) -> int:
        return len(self.source)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the groups."""
        return self.groups.names

    @property
    def ids(self) -> tuple[str, ...]:
        """One a row; those of the source."""
        return self.source.ids

    @property
    def labels(self) -> Labels:
        """One a row, 0 to group - 1."""
        return self._plain.labels

    @cached_property
    def cues(self) -> dict[str, Labels]:
        """Each cue to one label a row; without those of which some are in no group."""
        codes = _codes(self.groups)
        found = {cue: codes[labels] for cue, labels in self.source.cues.items()}
        return {cue: labels for cue, labels in found.items() if (labels >= 0).all()}

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name all pixels, labels and ids."""
        return self._plain.fingerprint

    def images(self, rows: Tensor) -> Images:
        """Return the images at these rows: float32 pixels in [0, 1]."""
        return self.source.images(rows)

    def masks(self, rows: Tensor) -> Masks:
        """Return True where the figure is."""
        return self.source.masks(rows)

    def take(self, rows: Tensor, *, name: str) -> Dataset:
        """Return the data set of these rows alone, under another name."""
        return _view(self.source.take(rows, name=name), self.groups, name)
