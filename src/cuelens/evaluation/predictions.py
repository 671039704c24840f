"""Predictions of models under conditions, as records.

Images are read once for all conditions, and made once under each for all models. A chunk of images
of one model under one condition is a part of the records; a part that exists is not computed
again. Processes that do the same work in one folder share it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor

from cuelens.datasets.protocol import Dataset
from cuelens.evaluation.ahead import Ahead
from cuelens.evaluation.answers import Numbers, answers, image_change
from cuelens.evaluation.chunks import Chunk, Snapshot, chunk_of, chunks_of, require_masks
from cuelens.evaluation.conditions import Condition
from cuelens.evaluation.forms import Forms
from cuelens.evaluation.forward import logits_of, machine_notes, micro_batches
from cuelens.evaluation.jobs import Evaluated, Progress, Tally, unanswered_of
from cuelens.evaluation.keys import identity_of, key_of
from cuelens.evaluation.records import RecordStore
from cuelens.evaluation.subjects import Subject, require_classes
from cuelens.evaluation.tables import table_of
from cuelens.networks.classifier import Classifier
from cuelens.sharing import Task, whole_first
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
    micro_batch: int | None = None,
    chunk: int | None = None,
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
    micro_batch: int | None = None,
    chunk: int | None = None,
    limit: int | None = None,
    training_seeds: Mapping[str, int | None] | None = None,
    device: torch.device | None = None,
    memory: int | None = None,
    progress: Progress | None = None,
) -> Evaluated:
    """Record the predictions of models under conditions, in float32.

    Every model meets the same distorted images. Stop at any moment and call again: at most the
    part in hand is lost, and the records are the same in every value. Call in several processes
    at once, on any machines that share the folder: each does what no other is doing, and all
    return when everything is there. While models answer, the images that come next are decoded and
    distorted on another thread.

    Args:
        classifiers: By the name that the records have.
        dataset: Where the images come from.
        conditions: What is done to the images.
        store: Where the records go.
        draw: Seed of the conditions. At least 0.
        micro_batch: How many images go through a network at once. At least 1. None: 250, fewer
            through a network of large images.
        chunk: How many images make a part. At least 1; None: 2,000, fewer where they are large.
        limit: Ask of so many images, drawn by chance, the same for every model and condition; a
            smaller choice is a part of a larger one. None: all.
        training_seeds: By name of the model; None where unknown.
        device: Where the models answer; None: each where it is.
        memory: Bytes of parameters that may be there at once; models that need more together take
            turns. None: half of what is free on a GPU, any on a CPU.
        progress: Called after each part; counts images x models x conditions.

    Returns:
        Where the records are. A network whose answer is no number is named among the problems;
        those rows have prediction -1 and loss NaN.

    Raises:
        ConfigError: If `chunk`, `micro_batch`, `limit` or `memory` is below 1, or a model has fewer
            classes than the labels.
        DataError: If a transform changes the shape of the images, or needs masks that the data set
            does not know.
        RangeError: If images leave [0, 1].
        StorageError: If the disk is full.
    """
    require_masks(dataset, conditions)
    snapshot = Snapshot(dataset)
    wanted = snapshot.rows(limit, draw)
    require_classes(classifiers, snapshot)
    seeds = training_seeds or {}
    subjects = {
        name: Subject.of(classifier, name=name, training_seed=seeds.get(name))
        for name, classifier in classifiers.items()
    }
    chunk = chunk_of(dataset, at_least=micro_batch or 1) if chunk is None else chunk
    work = _Predicting(
        snapshot=snapshot,
        subjects=subjects,
        forms=Forms(classifiers, device=device, memory=memory),
        store=store,
        draw=draw,
        micro_batches=micro_batches(classifiers, dataset, micro_batch),
        tally=Tally(progress, len(wanted) * len(subjects) * len(conditions)),
    )
    sheets = [
        (rows, [work.sheet(rows, condition) for condition in conditions])
        for rows in chunks_of(wanted, chunk)
    ]
    groups = [(own[0].group, partial(work.tasks, rows, own)) for rows, own in sheets if own]
    order = [sheet for _, own in sheets for sheet in own]
    work.following.update({one.name: other for one, other in pairwise(order)})
    with work.ahead:
        computed = whole_first(groups, store.leases, reserved=work.reserved)
    keys = tuple(key for _, own in sheets for sheet in own for key in sheet.keys.values())
    columns = ["model", "condition", "image", "loss"]
    frames = (store.read("predictions", [key], columns=columns) for key in keys)
    problems = unanswered_of(frames)
    return Evaluated(table="predictions", keys=keys, computed=computed, problems=problems)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sheet:
    """Some images under one condition, and the part of each model that is to meet them.

    Its group is that of all sheets of these images.
    """

    name: str
    group: str
    rows: Tensor
    condition: Condition
    columns: Mapping[str, Mapping[str, str | float | int | None]]
    keys: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class _Predicting:
    """What all chunks have in common, and which parts were told of."""

    snapshot: Snapshot
    subjects: Mapping[str, Subject]
    forms: Forms
    store: RecordStore
    draw: int
    micro_batches: Mapping[str, int]
    tally: Tally
    ahead: Ahead[tuple[Images, dict[str, Numbers]]] = field(default_factory=Ahead)
    following: dict[str, _Sheet] = field(default_factory=dict)
    reserved: set[str] = field(default_factory=set)
    parts: dict[int, Chunk] = field(default_factory=dict)

    def part(self, rows: Tensor) -> Chunk:
        """Return some rows; the images of these and of those asked for before are kept."""
        first = int(rows[0])
        if first not in self.parts:
            for other in list(self.parts)[:-1]:
                del self.parts[other]
            self.parts[first] = Chunk(self.snapshot, rows, self.draw)
        return self.parts[first]

    def sheet(self, rows: Tensor, condition: Condition) -> _Sheet:
        """Return the sheet of some rows, whose name is the same whatever models meet it."""
        shared: dict[str, int | str | list[int]] = {
            "version": _VERSION,
            "method": identity_of(condition.transform),
            "rows": rows.tolist(),
        }
        columns = {
            name: subject.columns(
                self.snapshot,
                condition=condition.name,
                family=condition.family,
                level=condition.level,
                draw=self.draw,
                precision="float32",
                settings=repr(condition.transform),
            )
            for name, subject in self.subjects.items()
        }
        data = self.snapshot.fingerprint
        return _Sheet(
            name=key_of(table="sheets", condition=condition.name, data=data, **shared),
            group=key_of(table="sheets", data=data, rows=rows.tolist()),
            rows=rows,
            condition=condition,
            columns=columns,
            keys={
                name: key_of(
                    table="predictions", micro_batch=self.micro_batches[name], **shared, **own
                )
                for name, own in columns.items()
            },
        )

    def tasks(self, rows: Tensor, sheets: Sequence[_Sheet]) -> list[Task]:
        """Return a task for each condition of some rows, which are read once for all of them."""
        part = self.part(rows)
        return [
            Task(
                name=sheet.name,
                done=partial(self._done, sheet, len(rows)),
                do=partial(self._do, sheet, part),
            )
            for sheet in sheets
        ]

    def _done(self, sheet: _Sheet, count: int) -> bool:
        there = {name for name, key in sheet.keys.items() if self.store.has("predictions", key)}
        whole = len(there) == len(sheet.keys)
        for name in sheet.keys if whole else ():
            self._tell(sheet, name, count)
        return whole

    def _do(self, sheet: _Sheet, part: Chunk) -> int:
        """Ask the models that were not asked yet, and keep what each answers."""
        names = [name for name, key in sheet.keys.items() if not self.store.has("predictions", key)]
        for name in sheet.keys.keys() - names:
            self._tell(sheet, name, len(part))
        images, change = self.ahead.get(sheet.name, partial(_shown, part, sheet.condition))
        self._begin_next(sheet)
        for name, form in self.forms.in_turn(names):
            logits = logits_of(form, images, micro_batch=self.micro_batches[name])
            frame = table_of("predictions", _varying(part, logits) | change, sheet.columns[name])
            notes = machine_notes(form.device)
            self.store.write("predictions", sheet.keys[name], frame, notes=notes)
            self._tell(sheet, name, len(part))
        return len(names)

    def _begin_next(self, sheet: _Sheet) -> None:
        """Begin to make the images of the next sheet that has models to meet them.

        Those of another group only where nobody else is at it: it is reserved.
        """
        coming = self.following.get(sheet.name)
        others = set()
        while coming is not None:
            asked = all(self.store.has("predictions", key) for key in coming.keys.values())
            if not asked and coming.group not in others:
                if coming.group == sheet.group or self._reserve(coming.group):
                    shown = partial(_shown, self.part(coming.rows), coming.condition)
                    self.ahead.begin(coming.name, shown)
                    return
                others.add(coming.group)
            coming = self.following.get(coming.name)

    def _reserve(self, group: str) -> bool:
        """Return whether a group is this process's to do, whose turn comes later."""
        if group not in self.reserved and self.store.leases.take(group, ahead=True):
            self.reserved.add(group)
        return group in self.reserved

    def _tell(self, sheet: _Sheet, name: str, count: int) -> None:
        self.tally(sheet.keys[name], count, f"{name}, {sheet.condition.name}")


def _shown(part: Chunk, condition: Condition) -> tuple[Images, dict[str, Numbers]]:
    """Return images under a condition, and the columns that tell how far they are from clean."""
    images = part.under(condition)
    return images, image_change(images, part.clean)


def _varying(part: Chunk, logits: Logits) -> dict[str, object]:
    """Return the columns that differ from image to image."""
    return {
        "image": part.chance.ids,
        **answers(logits, part.labels, part.cues),
        **{f"{cue}_source": sources for cue, sources in part.sources.items()},
    }
