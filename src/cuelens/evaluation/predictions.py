"""Predictions of models under conditions, as records.

Each distorted image is made once for all models. A chunk of images of one model under one
condition is a part of the records; a part that exists is not computed again.
"""

from collections.abc import Mapping, Sequence

import torch

from cuelens.datasets.protocol import Dataset
from cuelens.evaluation.answers import Numbers, answers, image_change
from cuelens.evaluation.chunks import Chunk, Snapshot, chunks_of, require_masks
from cuelens.evaluation.conditions import Condition
from cuelens.evaluation.forward import logits_of, machine_notes
from cuelens.evaluation.jobs import Evaluated, Progress, unanswered
from cuelens.evaluation.keys import identity_of, key_of
from cuelens.evaluation.records import RecordStore
from cuelens.evaluation.subjects import Subject
from cuelens.evaluation.tables import table_of
from cuelens.networks.classifier import Classifier
from cuelens.networks.fast_path import fast
from cuelens.tensors import Images, Logits

__all__ = ["evaluate", "evaluate_models"]

_VERSION = 1
"""Raised whenever the same images and weights give other columns."""


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
        progress: Called after each part; counts images x models x conditions.

    Returns:
        Where the records are. A network whose answer is no number is named among the problems;
        those rows have prediction -1 and loss NaN.

    Raises:
        ConfigError: If `chunk` or `micro_batch` is below 1.
        DataError: If a transform changes the shape of the images, or needs masks that the data set
            does not know.
        RangeError: If images leave [0, 1].
        StorageError: If the disk is full.
    """
    require_masks(dataset, conditions)
    snapshot = Snapshot(dataset)
    seeds = training_seeds or {}
    subjects = [
        Subject.of(classifier, name=name, training_seed=seeds.get(name))
        for name, classifier in classifiers.items()
    ]
    forms: dict[str, Classifier] = {}
    keys: list[str] = []
    done = computed = 0
    total = len(snapshot) * len(subjects) * len(conditions)
    for rows in chunks_of(torch.arange(len(snapshot)), chunk):
        part = Chunk(snapshot, rows, draw)
        for condition in conditions:
            images: Images | None = None
            change: dict[str, Numbers] = {}
            for subject in subjects:
                columns = subject.columns(
                    snapshot,
                    condition=condition.name,
                    family=condition.family,
                    level=condition.level,
                    draw=draw,
                    precision="float32",
                    settings=repr(condition.transform),
                )
                key = key_of(
                    table="predictions",
                    version=_VERSION,
                    method=identity_of(condition.transform),
                    micro_batch=micro_batch,
                    rows=rows.tolist(),
                    **columns,
                )
                keys.append(key)
                if not store.has("predictions", key):
                    if images is None:
                        images = part.under(condition)
                        change = image_change(images, part.clean)
                    if subject.name not in forms:
                        forms[subject.name] = fast(subject.classifier, precision=torch.float32)
                    logits = logits_of(forms[subject.name], images, micro_batch=micro_batch)
                    frame = table_of("predictions", _varying(part, logits) | change, columns)
                    notes = machine_notes(subject.classifier.device)
                    store.write("predictions", key, frame, notes=notes)
                    computed += 1
                done += len(rows)
                if progress is not None:
                    progress(done, total, f"{subject.name}, {condition.name}")
    frame = store.read("predictions", keys, columns=["model", "condition", "image", "loss"])
    return Evaluated(
        table="predictions", keys=tuple(keys), computed=computed, problems=unanswered(frame)
    )


def _varying(part: Chunk, logits: Logits) -> dict[str, object]:
    """Return the columns that differ from image to image."""
    return {
        "image": part.chance.ids,
        **answers(logits, part.labels, part.cues),
        **{f"{cue}_source": sources for cue, sources in part.sources.items()},
    }
