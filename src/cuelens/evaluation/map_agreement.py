"""How alike the maps of two models are, image by image, as records."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
import torch
from torch import Tensor

from cuelens.datasets.protocol import Dataset
from cuelens.errors import ConfigError
from cuelens.evaluation.attacked_images import AttackCondition
from cuelens.evaluation.chunks import Chunk, Snapshot, chunks_of
from cuelens.evaluation.conditions import Condition
from cuelens.evaluation.forward import machine_notes, map_form, precision_name
from cuelens.evaluation.jobs import Evaluated, Progress, Tally
from cuelens.evaluation.keys import identity_of, key_of
from cuelens.evaluation.map_cases import MapMaker
from cuelens.evaluation.map_stability import similarities
from cuelens.evaluation.records import RecordStore
from cuelens.evaluation.subjects import Subject
from cuelens.evaluation.tables import table_of
from cuelens.evaluation.target import Target
from cuelens.networks.classifier import Classifier
from cuelens.salience.protocol import Salience
from cuelens.sharing import Task, share
from cuelens.tensors import Images, PerImage

__all__ = ["measure_agreement"]

_TABLE = "agreements"
_VERSION = 1
"""Raised whenever the same maps give other rows."""


def measure_agreement(
    classifiers: Mapping[str, Classifier],
    dataset: Dataset,
    method: Salience,
    *,
    method_name: str,
    store: RecordStore,
    pairs: Sequence[tuple[str, str]] | None = None,
    condition: Condition | AttackCondition | None = None,
    target: Target = Target.TRUE,
    draw: int = 0,
    limit: int | None = None,
    chunk: int = 500,
    micro_batch: int = 100,
    training_seeds: Mapping[str, int | None] | None = None,
    progress: Progress | None = None,
) -> Evaluated:
    """Record the likeness of the maps of two models of one image, for every pair of models.

    Maps are compared by all of `metrics.SIMILARITIES`; measures are named `agreement_...`. Under
    an attack each model explains the image that was made to fool it.

    Args:
        classifiers: By the name in the records.
        dataset: Where the images come from.
        method: Makes the maps; each model's once, for all its pairs.
        method_name: Of the method in the records.
        store: Where the records go, table "agreements".
        pairs: Names of the first and the second model. None: each model with each before it.
        condition: What is done to the images first. None: nothing.
        target: Which class is explained.
        draw: Seed, as in `measure_salience`.
        limit: Take so many images, the same as `measure_salience` takes. None: all.
        chunk: How many images make a part. At least 1.
        micro_batch: How many images are explained at once. At least 1.
        training_seeds: By model; that of the first is recorded.
        progress: Called after each pair and part; counts images of pairs.

    Returns:
        Where the records are: one row a pair, image and likeness.

    Raises:
        ConfigError: If a pair names no model, or a size is below 1.
        StorageError: If the disk is full.
    """
    names = tuple(classifiers)
    pairs = [(b, a) for a, b in itertools.combinations(names, 2)] if pairs is None else pairs
    _require_known(pairs, names)
    snapshot = Snapshot(dataset)
    rows = snapshot.rows(limit, draw)
    first = dataset.images(rows[:1])
    sides = {
        name: _Side(
            subject=Subject.of(one, name=name, training_seed=(training_seeds or {}).get(name)),
            maker=MapMaker(
                classifier=one,
                form=map_form(one, first),
                method=method,
                target=target,
                micro_batch=micro_batch,
            ),
        )
        for name, one in classifiers.items()
    }
    work = _Agreement(
        snapshot=snapshot,
        condition=Condition.clean() if condition is None else condition,
        method_name=method_name,
        draw=draw,
        store=store,
    )
    matched = [(sides[a], sides[b]) for a, b in pairs]
    chunks = [
        (part, {work.key(*pair, part): pair for pair in matched}) for part in chunks_of(rows, chunk)
    ]
    tally = Tally(progress, len(rows) * len(pairs))

    def tell(key: str, part: Tensor, pair: tuple[_Side, _Side]) -> None:
        names = " and ".join(side.subject.name for side in pair)
        tally(key, len(part), f"{names}, {work.named}")

    def done(part: Tensor, own: Mapping[str, tuple[_Side, _Side]]) -> bool:
        there = all(store.has(_TABLE, key) for key in own)
        for key, pair in own.items() if there else ():
            tell(key, part, pair)
        return there

    def do(part: Tensor, own: Mapping[str, tuple[_Side, _Side]]) -> int:
        images = Chunk(snapshot, part, draw)
        maps: dict[str, Images] = {}
        new = [key for key in own if not store.has(_TABLE, key)]
        for key, pair in own.items():
            if key in new:
                work.keep(key, *pair, images, maps)
            tell(key, part, pair)
        return len(new)

    tasks = [
        Task(name=next(iter(own)), done=partial(done, part, own), do=partial(do, part, own))
        for part, own in chunks
        if own
    ]
    computed = share(tasks, store.leases)
    keys = tuple(key for _, own in chunks for key in own)
    return Evaluated(table=_TABLE, keys=keys, computed=computed)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Side:
    """One of two models, and what makes its maps."""

    subject: Subject
    maker: MapMaker

    @property
    def precision(self) -> str:
        return precision_name(self.maker.form.precision)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Agreement:
    """What is the same for all pairs of models."""

    snapshot: Snapshot
    condition: Condition | AttackCondition
    method_name: str
    draw: int
    store: RecordStore

    @property
    def named(self) -> str:
        return f"{self.condition.name}, {self.method_name}"

    def key(self, one: _Side, other: _Side, rows: Tensor) -> str:
        """Return the key of the part of a pair and some rows."""
        return key_of(
            table=_TABLE,
            version=_VERSION,
            method_identity=identity_of(one.maker.method),
            transform=identity_of(self.condition.transform),
            micro_batch=one.maker.micro_batch,
            rows=rows.tolist(),
            **self._columns(one, other),
        )

    def keep(
        self, key: str, one: _Side, other: _Side, images: Chunk, maps: dict[str, Images]
    ) -> None:
        """Record a pair on some images.

        Args:
            key: Of the part.
            one: The first model.
            other: The second.
            images: Of what the maps are.
            maps: By model, those that were made for other pairs; what is made now is added.
        """
        columns = self._columns(one, other)
        for side in (one, other):
            if side.subject.name not in maps:
                maps[side.subject.name] = side.maker.case(images, self.condition).maps
        found = similarities("agreement", maps[one.subject.name], maps[other.subject.name])
        notes = machine_notes(one.maker.classifier.device)
        self.store.write(_TABLE, key, _frame(images, found, columns), notes=notes)

    def _columns(self, one: _Side, other: _Side) -> dict[str, str | float | int | None]:
        """Return the columns that are the same in every row of a pair."""
        columns = one.subject.columns(
            self.snapshot,
            condition=self.condition.name,
            family=self.condition.family,
            level=self.condition.level,
            draw=self.draw,
            precision=" and ".join(dict.fromkeys((one.precision, other.precision))),
            settings=one.maker.settings,
        )
        return columns | {
            "method": self.method_name,
            "other": other.subject.name,
            "other_weights": other.subject.weights,
        }


def _require_known(pairs: Sequence[tuple[str, str]], names: Sequence[str]) -> None:
    unknown = [name for pair in pairs for name in pair if name not in names]
    if unknown:
        raise ConfigError(
            f"`pairs` must name models, of {', '.join(names)}, got {unknown[0]!r}. Give it among "
            "`classifiers` too."
        )


def _frame(
    chunk: Chunk, values: Mapping[str, PerImage], columns: Mapping[str, object]
) -> pl.DataFrame:
    """Return the rows of a pair, likeness by likeness."""
    varying = {
        "image": chunk.chance.ids * len(values),
        "measure": np.repeat(list(values), len(chunk)),
        "value": torch.cat(list(values.values())).double().numpy(),
    }
    return table_of(_TABLE, varying, columns)
