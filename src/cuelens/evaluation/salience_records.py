"""Measures of salience maps, as records: how sparse, how much of it on contours, how stable.

It makes maps and hands them to measures that are passed in; it does not know what they measure.
"""

from collections.abc import Mapping
from functools import partial

import numpy as np
import polars as pl
import torch
from torch import Tensor

from cuelens.datasets.protocol import Dataset, MaskedDataset
from cuelens.errors import ConfigError
from cuelens.evaluation.attacked_images import AttackCondition
from cuelens.evaluation.chunks import Chunk, Snapshot, chunks_of
from cuelens.evaluation.conditions import Condition
from cuelens.evaluation.forward import machine_notes, map_form, precision_name
from cuelens.evaluation.jobs import Evaluated, Progress, Tally
from cuelens.evaluation.keys import identity_of, key_of
from cuelens.evaluation.map_cases import MapCase, MapMaker
from cuelens.evaluation.map_measures import MapMeasures
from cuelens.evaluation.records import RecordStore
from cuelens.evaluation.subjects import Subject
from cuelens.evaluation.tables import table_of
from cuelens.evaluation.target import Target
from cuelens.networks.classifier import Classifier
from cuelens.salience.protocol import Salience
from cuelens.sharing import Task, share
from cuelens.tensors import PerImage

__all__ = ["measure_salience"]

_VERSION = 2
"""Raised whenever the same maps give other rows."""


def measure_salience(
    classifier: Classifier,
    dataset: Dataset,
    method: Salience,
    measures: MapMeasures,
    *,
    method_name: str,
    store: RecordStore,
    condition: Condition | AttackCondition | None = None,
    target: Target = Target.TRUE,
    draw: int = 0,
    limit: int | None = None,
    chunk: int = 500,
    micro_batch: int = 100,
    name: str | None = None,
    training_seed: int | None = None,
    progress: Progress | None = None,
) -> Evaluated:
    """Record measures of salience maps that are made on the fast path.

    Args:
        classifier: The model.
        dataset: Where the images come from.
        method: Makes the maps.
        measures: What is measured of them.
        method_name: Of the method in the records, such as "gradient".
        store: Where the records go.
        condition: What is done to the images first. None: nothing.
        target: Which class is explained.
        draw: Seed of the condition, of the method, of the measures and of the choice of images.
            At least 0.
        limit: Take so many images, drawn by chance, the same for every model. None: all.
        chunk: How many images make a part. At least 1.
        micro_batch: How many images are explained at once. At least 1.
        name: Of the model in the records; None: the classifier's own.
        training_seed: None where unknown.
        progress: Called after each part; counts images.

    Returns:
        Where the records are: one row an image and measure. Values that are no numbers are
        recorded and named among the problems.

    Raises:
        ConfigError: If a size is below 1, or measures of masks meet a data set without masks.
        DataError: If a measure does not give one number an image.
        StorageError: If the disk is full.
    """
    masked = _masked(dataset, measures)
    condition = Condition.clean() if condition is None else condition
    subject = Subject.of(classifier, name=name, training_seed=training_seed)
    snapshot = Snapshot(dataset)
    rows = snapshot.rows(limit, draw)
    form = map_form(classifier, dataset.images(rows[:1]))
    maker = MapMaker(
        classifier=classifier, form=form, method=method, target=target, micro_batch=micro_batch
    )
    columns = subject.columns(
        snapshot,
        condition=condition.name,
        family=condition.family,
        level=condition.level,
        draw=draw,
        precision=precision_name(form.precision),
        settings=maker.settings,
    )
    parts = {
        key_of(
            table="salience",
            version=_VERSION,
            method=identity_of(method),
            method_name=method_name,
            transform=identity_of(condition.transform),
            measures=measures.identity(),
            micro_batch=micro_batch,
            rows=part.tolist(),
            **columns,
        ): part
        for part in chunks_of(rows, chunk)
    }
    tally = Tally(progress, len(rows))

    def done(key: str, part: Tensor) -> bool:
        there = store.has("salience", key)
        if there:
            tally(key, len(part), f"{subject.name}, {condition.name}, {method_name}")
        return there

    def do(key: str, part: Tensor) -> int:
        case = maker.case(Chunk(snapshot, part, draw), condition)
        values = measures.of(case, None if masked is None else masked.masks(part))
        frame = _frame(case, values, columns | {"method": method_name})
        store.write("salience", key, frame, notes=machine_notes(classifier.device))
        return int(done(key, part))

    tasks = [
        Task(name=key, done=partial(done, key, part), do=partial(do, key, part))
        for key, part in parts.items()
    ]
    computed = share(tasks, store.leases)
    problems = _no_numbers(store.read("salience", tuple(parts)))
    return Evaluated(table="salience", keys=tuple(parts), computed=computed, problems=problems)


def _masked(dataset: Dataset, measures: MapMeasures) -> MaskedDataset | None:
    """Return the data set that knows masks, if there are measures of them."""
    if not measures.masks:
        return None
    if not isinstance(dataset, MaskedDataset):
        raise ConfigError(
            f"Measures of masks need a data set that knows where its figures are, got "
            f"{dataset.name!r}. Leave out {', '.join(measures.masks)}."
        )
    return dataset


def _frame(
    case: MapCase, values: Mapping[str, PerImage], columns: Mapping[str, object]
) -> pl.DataFrame:
    """Return the rows of a part, measure by measure."""
    count = len(values)
    varying = {
        "image": case.chance.ids * count,
        "label": np.tile(case.labels.numpy(), count),
        "measure": np.repeat(list(values), len(case.maps)),
        "value": torch.cat(list(values.values())).double().numpy(),
    }
    return table_of("salience", varying, columns)


def _no_numbers(frame: pl.DataFrame) -> tuple[str, ...]:
    """Return a sentence for the maps of each method with measures that are no numbers."""
    bad = (
        frame.filter(~pl.col("value").is_finite())
        .group_by("model", "condition", "method", maintain_order=True)
        .agg(
            n=pl.col("image").n_unique(),
            image=pl.col("image").first(),
            measures=pl.col("measure").unique(maintain_order=True),
        )
    )
    return tuple(
        f"{row['model']} under {row['condition']}: expected numbers, got NaN or infinity as "
        f"{', '.join(row['measures'])} of {row['method']} for {row['n']} images, the first of them "
        f"{row['image']}. A map that is zero everywhere has no such measure, nor has one of a "
        "network whose logits are no numbers."
        for row in bad.iter_rows(named=True)
    )
