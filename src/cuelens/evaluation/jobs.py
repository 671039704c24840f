"""What every job of evaluation shares: a model by name, a chunk of images, progress, the outcome.

It knows which columns are the same in every row of a part, and that they determine its key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl
import torch
from torch import Tensor

from cuelens.datasets.protocol import CueDataset, Dataset
from cuelens.errors import ConfigError, DataError
from cuelens.evaluation.conditions import Condition
from cuelens.networks.classifier import Classifier
from cuelens.randomness import Chance, keyed_generator
from cuelens.tensors import Images, Labels, require_pixels

__all__ = ["Chunk", "Evaluated", "Progress", "Snapshot", "Subject", "chunks_of", "unanswered"]

Progress = Callable[[int, int, str], None]
"""Called with how much is done, how much there is, and what was done last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluated:
    """Where the records of a job are.

    Attributes:
        table: The table that holds them.
        keys: Of its parts, for `RecordStore.read`.
        computed: How many parts were computed now; the others were there.
        problems: Sentences that name what is wrong with the answers; none if nothing is.
    """

    table: str
    keys: tuple[str, ...]
    computed: int
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A model as the records name it.

    Attributes:
        classifier: As it was given, untouched.
        name: In every table.
        weights: Its fingerprint.
        training_seed: None where unknown.
    """

    classifier: Classifier
    name: str
    weights: str
    training_seed: int | None

    @classmethod
    def of(
        cls, classifier: Classifier, *, name: str | None = None, training_seed: int | None = None
    ) -> "Subject":
        """Return the subject of a classifier, by its own name or another."""
        return cls(
            classifier=classifier,
            name=classifier.name if name is None else name,
            weights=classifier.fingerprint(),
            training_seed=training_seed,
        )

    def columns(
        self,
        snapshot: "Snapshot",
        *,
        condition: str,
        family: str,
        level: float | None,
        draw: int,
        precision: str,
        settings: str,
    ) -> dict[str, str | float | int | None]:
        """Return the columns that are the same in every row; all of them determine the key."""
        return {
            "model": self.name,
            "dataset": snapshot.name,
            "condition": condition,
            "family": family,
            "level": None if level is None else float(level),
            "draw": draw,
            "weights": self.weights,
            "data": snapshot.fingerprint,
            "precision": precision,
            "training_seed": self.training_seed,
            "settings": settings,
        }


class Snapshot:
    """What a data set says of itself, asked once: an answer may cost a pass over all pixels.

    Attributes:
        dataset: The data set.
        name: For tables.
        fingerprint: Of pixels, labels and ids.
        ids: One a row.
        labels: One a row.
        cues: "shape", "texture" and "colour" to one label a row; empty where they are unknown.
    """

    def __init__(self, dataset: Dataset) -> None:
        """Ask `dataset`."""
        self.dataset = dataset
        self.name = dataset.name
        self.fingerprint = dataset.fingerprint
        self.ids = dataset.ids
        self.labels = dataset.labels
        self.cues: Mapping[str, Labels] = dataset.cues if isinstance(dataset, CueDataset) else {}

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
        cues: The cue labels; empty where they are unknown.
        chance: The seed of the conditions with the ids of the images.
    """

    def __init__(self, snapshot: Snapshot, rows: Tensor, draw: int) -> None:
        """Take `rows` of a data set under the seed `draw`."""
        self.rows = rows
        self.labels: Labels = snapshot.labels[rows]
        self.cues = {cue: labels[rows] for cue, labels in snapshot.cues.items()}
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
            DataError: If the transform changed their shape.
            RangeError: If it left [0, 1].
        """
        images = condition.transform(self.clean, chance=self.chance)
        if images is self.clean:
            return images
        if images.shape != self.clean.shape:
            raise DataError(
                f"The condition {condition.name} must keep the shape of the images "
                f"{tuple(self.clean.shape)}, got {tuple(images.shape)}. Correct its transform."
            )
        require_pixels(images)
        return images


def chunks_of(rows: Tensor, size: int, *, name: str = "chunk") -> tuple[Tensor, ...]:
    """Return the rows in chunks.

    Raises:
        ConfigError: If `size` is below 1.
    """
    if size < 1:
        raise ConfigError(f"`{name}` must be at least 1, got {size}.")
    return tuple(rows[start : start + size] for start in range(0, len(rows), size))


def unanswered(frame: pl.DataFrame) -> tuple[str, ...]:
    """Return a sentence for each model and condition with answers that are no numbers.

    Args:
        frame: Rows with the columns model, condition, image and loss, the loss NaN where the
            network's logits held NaN or +inf.
    """
    bad = (
        frame.group_by("model", "condition", maintain_order=True)
        .agg(
            n=pl.len(),
            bad=pl.col("loss").is_nan().sum(),
            image=pl.col("image").filter(pl.col("loss").is_nan()).first(),
        )
        .filter(pl.col("bad") > 0)
    )
    return tuple(
        f"{row['model']} under {row['condition']}: expected logits that are numbers, got NaN or "
        f"infinity for {row['bad']} of {row['n']} images, the first of them {row['image']}. They "
        "count as wrong; look at the network's weights and its input specification."
        for row in bad.iter_rows(named=True)
    )
