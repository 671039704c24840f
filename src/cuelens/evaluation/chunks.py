"""A data set asked once, and chunks of its images, made when they are first asked for."""

from collections.abc import Iterable, Mapping
from functools import cached_property

import torch
from torch import Tensor

from cuelens.datasets.protocol import CueDataset, Dataset, MaskedDataset, SourcedDataset
from cuelens.errors import ConfigError, DataError
from cuelens.evaluation.conditions import Condition
from cuelens.randomness import Chance, keyed_generator
from cuelens.tensors import Images, Labels, require_pixels
from cuelens.transforms import Identity, MaskTransform

__all__ = ["Chunk", "Snapshot", "chunk_of", "chunks_of", "require_masks", "try_conditions"]

_MOST_ROWS = 2000
_MOST_BYTES = 128 * 2**20
"""Of the images of a part; clean and distorted ones, and those coming, make four times this."""
_BYTES_AT_ONCE = 16 * 2**20
"""Of the images that are distorted at once: some transforms take ten times as much themselves."""


class Snapshot:
    """What a data set says of itself, asked once: an answer may cost a pass over all pixels.

    Attributes:
        dataset: The data set.
        name: For tables.
        fingerprint: Of pixels, labels and ids.
        ids: One a row.
        labels: One a row.
        cues: "shape", "texture" and "colour" to one label a row; without those that are unknown.
        sources: "shape" and "texture" to what images share; empty where that is unknown.
    """

    def __init__(self, dataset: Dataset) -> None:
        """Ask `dataset`.

        Raises:
            DataError: If it has no images.
        """
        if not len(dataset):
            raise DataError(
                f"The data set {dataset.name!r} must have at least one image, got none. "
                "Choose other rows, or another folder."
            )
        self.dataset = dataset
        self.name = dataset.name
        self.fingerprint = dataset.fingerprint
        self.ids = dataset.ids
        self.labels = dataset.labels
        self.cues: Mapping[str, Labels] = dataset.cues if isinstance(dataset, CueDataset) else {}
        self.sources: Mapping[str, tuple[str, ...]] = (
            dataset.sources if isinstance(dataset, SourcedDataset) else {}
        )

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, limit: int | None, seed: int) -> Tensor:
        """Return `limit` rows drawn by chance, in ascending order, or all of them.

        The choice depends on the seed and the data alone: every model meets the same images, and
        a smaller choice is part of a larger one. The first rows would be a sample of few classes
        where images lie in the order of their classes.

        Args:
            limit: How many; None, or more than there are: all.
            seed: At least 0.

        Raises:
            ConfigError: If `limit` is below 1.
        """
        if limit is not None and limit < 1:
            raise ConfigError(f"`limit` must be at least 1 or None, got {limit}.")
        if limit is None or limit >= len(self):
            return torch.arange(len(self))
        order = keyed_generator(seed, "rows", self.fingerprint).permutation(len(self))
        return torch.from_numpy(order[:limit]).sort().values


class Chunk:
    """Some rows of a data set, whose images are made when they are first asked for.

    Attributes:
        rows: Places in the data set.
        labels: The true classes.
        cues: The cue labels; without those that are unknown.
        sources: What images share, by cue; empty where that is unknown.
        chance: The seed of the conditions with the ids of the images.
    """

    def __init__(self, snapshot: Snapshot, rows: Tensor, draw: int) -> None:
        """Take `rows` of a data set under the seed `draw`."""
        self.rows = rows
        self.labels: Labels = snapshot.labels[rows]
        self.cues = {cue: labels[rows] for cue, labels in snapshot.cues.items()}
        self.sources = {
            cue: [sources[row] for row in rows.tolist()]
            for cue, sources in snapshot.sources.items()
        }
        self.chance = Chance(draw, tuple(snapshot.ids[row] for row in rows.tolist()))
        self._dataset = snapshot.dataset

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def clean(self) -> Images:
        """The images as they are, pixels in [0, 1]."""
        images = self._dataset.images(self.rows)
        require_pixels(images)
        return images

    def under(self, condition: Condition) -> Images:
        """Return the images under a condition.

        Raises:
            DataError: If the transform changed their shape, or needs masks that the data set does
                not know.
            RangeError: If it left [0, 1].
        """
        if isinstance(condition.transform, Identity):
            return self.clean
        size = max(1, _BYTES_AT_ONCE // self.clean[0].nbytes)
        if size >= len(self):
            return self._distorted(condition, slice(None))
        images = torch.empty_like(self.clean)
        for start in range(0, len(self), size):
            part = slice(start, start + size)
            images[part] = self._distorted(condition, part)
        return images

    def _distorted(self, condition: Condition, part: slice) -> Images:
        """Return some of the images under a condition: the same bits as among all of them."""
        clean, rows = self.clean[part], self.rows[part]
        chance = Chance(self.chance.seed, self.chance.ids[part])
        transform = condition.transform
        if isinstance(transform, MaskTransform):
            masks = _with_masks(self._dataset, condition).masks(rows)
            images = transform(clean, masks=masks, chance=chance)
        else:
            images = transform(clean, chance=chance)
        if images.shape != clean.shape:
            raise DataError(
                f"The condition {condition.name} must keep the shape of the images "
                f"{tuple(clean.shape)}, got {tuple(images.shape)}. Correct its transform."
            )
        require_pixels(images)
        return images


def _with_masks(dataset: Dataset, condition: Condition) -> MaskedDataset:
    """Return a data set that knows masks, or refuse it."""
    if not isinstance(dataset, MaskedDataset):
        raise DataError(
            f"The condition {condition.name} needs to know where the figure of each image is, got "
            f"the data set {dataset.name!r}, which has no masks. Leave the condition out, or take "
            "rendered images."
        )
    return dataset


def require_masks(dataset: Dataset, conditions: Iterable[Condition]) -> None:
    """Refuse conditions that need masks, of a data set that knows none: before anything is made.

    Raises:
        DataError: If there is one.
    """
    for condition in conditions:
        if isinstance(condition.transform, MaskTransform):
            _with_masks(dataset, condition)


def try_conditions(dataset: Dataset, conditions: Iterable[Condition]) -> None:
    """Make the first image under each condition: what cannot be made is known before training.

    Raises:
        CuelensError: What a condition raises: it needs masks that are not known, a package that is
            not installed, larger images.
    """
    conditions = list(conditions)
    require_masks(dataset, conditions)
    one = Chunk(Snapshot(dataset), torch.arange(1), 0)
    for condition in conditions:
        one.under(condition)


def chunk_of(dataset: Dataset, *, at_least: int) -> int:
    """Return how many images make a part: 2,000, or as many as take 128 MiB of float32.

    Args:
        dataset: At least one image of it is asked for.
        at_least: So many, however large they are.
    """
    each: int = dataset.images(torch.arange(1)).nbytes
    return min(_MOST_ROWS, max(at_least, _MOST_BYTES // each))


def chunks_of(rows: Tensor, size: int, *, name: str = "chunk") -> tuple[Tensor, ...]:
    """Return the rows in chunks.

    Raises:
        ConfigError: If `size` is below 1.
    """
    if size < 1:
        raise ConfigError(f"`{name}` must be at least 1, got {size}.")
    return tuple(rows[start : start + size] for start in range(0, len(rows), size))
