"""Cue-conflict images of a data set's own images: one class's shape in another class's texture.

They are painted when they are asked for, so that a study needs no folder of them. Which image gives
the shape and which the texture is in `datasets.pairs`.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from cuelens.datasets import Dataset
from cuelens.datasets.fingerprint import content_digest, fingerprint_rows
from cuelens.datasets.pairs import Pair, balanced_pairs
from cuelens.datasets.selection import ConflictSelection
from cuelens.tensors import Images, Labels
from cuelens.transforms.painting import painted, styles_of

__all__ = ["ComposedConflict"]

_VERSION = 1
"""Raised whenever the same pairs give other pixels."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ComposedConflict:
    """Images of a data set, each painted in the style of an image of another class.

    Attributes:
        dataset: Where shapes and textures come from.
        count: How many; every ordered pair of two classes comes as often as any other, or once
            more.
        seed: Of the choice of pairs. At least 0.
        working_size: The shorter side in pixels at which images are painted.

    Raises:
        ConfigError: If `count` is below 1, or there are too few images for it.
        ModelError: If what painting needs is not installed.

    Source:
        Geirhos et al., 2019, https://arxiv.org/abs/1811.12231, section 2.3, with the networks of
        Ghiasi et al., 2017, https://arxiv.org/abs/1705.06830.
        Differs: those networks, where the paper has Gatys et al., 2016; shape images have
        backgrounds; classes and images are balanced.
    """

    dataset: Dataset
    count: int
    seed: int = 0
    working_size: int = 256

    @cached_property
    def _pairs(self) -> tuple[Pair, ...]:
        names, labels = self.dataset.class_names, self.dataset.labels.tolist()
        images: dict[str, list[str]] = {name: [] for name in names}
        for row, label in enumerate(labels):
            images[names[label]].append(str(row))
        return balanced_pairs(images, count=self.count, seed=self.seed)

    @cached_property
    def _rows(self) -> dict[str, Tensor]:
        """Rows of the data set that give the shapes, and those that give the textures."""
        return {
            "shape": torch.tensor([int(pair.shape) for pair in self._pairs]),
            "texture": torch.tensor([int(pair.texture) for pair in self._pairs]),
        }

    def __len__(self) -> int:
        return len(self._pairs)

    @property
    def name(self) -> str:
        """For tables."""
        return f"{self.dataset.name}-conflict"

    @property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the labels; those of the data set."""
        return self.dataset.class_names

    @cached_property
    def sources(self) -> dict[str, tuple[str, ...]]:
        """Shape and texture to the id of the image that each was taken from."""
        ids = self.dataset.ids
        return {cue: tuple(ids[row] for row in rows.tolist()) for cue, rows in self._rows.items()}

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """One a row: the shape's and the texture's."""
        pairs = zip(self.sources["shape"], self.sources["texture"], strict=True)
        return tuple(f"{shape} in {texture}" for shape, texture in pairs)

    @cached_property
    def labels(self) -> Labels:
        """One a row: the class of the shape."""
        return self.cues["shape"]

    @cached_property
    def cues(self) -> dict[str, Labels]:
        """Each cue to one label a row."""
        labels = self.dataset.labels
        return {cue: labels[rows] for cue, rows in self._rows.items()}

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """One a row; they name the pixels by what they are made of, unpainted."""
        made = (self.dataset.fingerprint, self.working_size, _VERSION)
        return tuple(content_digest(image.encode(), *made) for image in self.ids)

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name all pixels, labels and ids."""
        return fingerprint_rows(self.ids, self.labels, self.digests)

    def images(self, rows: Tensor) -> Images:
        """Return the images at these rows, painted now: float32 pixels in [0, 1]."""
        shapes, textures = (self.dataset.images(own[rows]) for own in self._rows.values())
        return painted(shapes, styles_of(textures), working_size=self.working_size, strength=1.0)

    def take(self, rows: Tensor, *, name: str) -> ConflictSelection:
        """Return the data set of these rows alone, under another name."""
        return ConflictSelection(source=self, rows=rows, name=name)
