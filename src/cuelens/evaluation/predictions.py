"""Predictions of models under conditions, as records.

Each distorted image is made once for all models, in chunks; a chunk of one model under one
condition is a part of the records, and a part that exists is not computed again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
import torch

from cuelens.datasets.protocol import CueDataset, Dataset
from cuelens.errors import ConfigError, DataError
from cuelens.evaluation.answers import answers, pixel_change
from cuelens.evaluation.conditions import Condition, Unchanged
from cuelens.evaluation.forward import logits_of, machine_notes
from cuelens.evaluation.keys import identity_of, key_of
from cuelens.evaluation.records import RecordStore
from cuelens.evaluation.tables import table_of
from cuelens.networks.classifier import Classifier
from cuelens.networks.fast_path import fast
from cuelens.randomness import Chance
from cuelens.tensors import Images, PerImageInt, require_pixels

__all__ = ["Evaluated", "Progress", "evaluate", "evaluate_models", "unanswered"]

Progress = Callable[[int, int, str], None]
"""Called with how much is done, how much there is, and what was done last."""

_TABLE = "predictions"
_VERSION = 1
"""Raised whenever the same logits give other columns."""


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
class _Model:
    """A classifier, what names it, and its fast form once it is needed."""

    classifier: Classifier
    name: str
    weights: str
    training_seed: int | None


def evaluate(
    classifier: Classifier,
    dataset: Dataset,
    condition: Condition,
    *,
    store: RecordStore,
    draw: int = 0,
    micro_batch: int = 250,
    chunk: int = 2000,
    training_seed: int | None = None,
    progress: Progress | None = None,
) -> Evaluated:
    """Record the predictions of one model under one condition: see `evaluate_models`."""
    return evaluate_models(
        {classifier.name: classifier},
        dataset,
        [condition],
        store=store,
        draw=draw,
        micro_batch=micro_batch,
        chunk=chunk,
        training_seeds={classifier.name: training_seed},
        progress=progress,
    )


def evaluate_models(
    classifiers: Mapping[str, Classifier],
    dataset: Dataset,
    conditions: Sequence[Condition],
    *,
    store: RecordStore,
    draw: int = 0,
    micro_batch: int = 250,
    chunk: int = 2000,
    training_seeds: Mapping[str, int | None] | None = None,
    progress: Progress | None = None,
) -> Evaluated:
    """Record the predictions of models under conditions, in float32.

    Every model meets the same distorted images. Stop at any moment and call again: at most the
    part in hand is lost, and the records are the same in every value.

    Args:
        classifiers: By the name that the records have.
        dataset: Where the images come from.
        conditions: What is done to the images.
        store: Where the records go.
        draw: Seed of the conditions. At least 0.
        micro_batch: How many images go through a network at once. At least 1.
        chunk: How many images make a part. At least 1.
        training_seeds: By name of the model; None where unknown.
        progress: Called after each part with images x models x conditions.

    Returns:
        The parts. A network whose answer is no number is named among the problems; its rows have
        prediction -1 and loss NaN.

    Raises:
        ConfigError: If `chunk` or `micro_batch` is below 1.
        DataError: If a transform changes the shape of the images.
        RangeError: If images leave [0, 1].
        StorageError: If the disk is full.
    """
    if chunk < 1:
        raise ConfigError(f"`chunk` must be at least 1, got {chunk}.")
    models = [
        _Model(
            classifier=classifier,
            name=name,
            weights=classifier.fingerprint(),
            training_seed=(training_seeds or {}).get(name),
        )
        for name, classifier in classifiers.items()
    ]
    chunks = torch.arange(len(dataset)).split(chunk)
    total = len(dataset) * len(models) * len(conditions)
    copies: dict[str, Classifier] = {}
    keys: list[str] = []
    done = computed = 0
    for rows in chunks:
        clean: Images | None = None
        for condition in conditions:
            parts = {
                model.name: _key(model, dataset, condition, draw, micro_batch, rows)
                for model in models
            }
            missing = [model for model in models if not store.has(_TABLE, parts[model.name])]
            keys.extend(parts.values())
            if missing:
                clean = _clean(dataset, rows) if clean is None else clean
                images = _transformed(dataset, condition, clean, rows, draw)
                shared = {
                    **_constants(dataset, condition, draw),
                    "images": [dataset.ids[row] for row in rows.tolist()],
                }
            del shared
    raise NotImplementedError
