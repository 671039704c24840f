"""Measures of salience maps, as records: how sparse, how much of it on contours, how large.

It makes maps and hands them to measures that are passed in; it does not know what they measure.
"""

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
import torch

from cuelens.datasets.protocol import Dataset, MaskedDataset
from cuelens.errors import ConfigError, DataError
from cuelens.evaluation.chunks import Chunk, Snapshot, chunks_of
from cuelens.evaluation.conditions import Condition
from cuelens.evaluation.forward import fast_form, machine_notes, precision_name
from cuelens.evaluation.jobs import Evaluated, Progress
from cuelens.evaluation.keys import identity_of, key_of
from cuelens.evaluation.records import RecordStore
from cuelens.evaluation.subjects import Subject
from cuelens.evaluation.tables import table_of
from cuelens.networks.classifier import Classifier
from cuelens.salience.protocol import Salience
from cuelens.tensors import Images, Masks, PerImage

__all__ = ["MapMeasure", "MaskMeasure", "measure_salience"]

MapMeasure = Callable[[Images], PerImage]
"""Raw signed maps to one number an image."""

MaskMeasure = Callable[[Images, Masks], PerImage]
"""Raw signed maps, and where the figure is, to one number an image."""

_VERSION = 1
"""Raised whenever the same maps give other rows."""


def measure_salience(
    classifier: Classifier,
    dataset: Dataset,
    method: Salience,
    measures: Mapping[str, MapMeasure],
    *,
    method_name: str,
    store: RecordStore,
    mask_measures: Mapping[str, MaskMeasure] | None = None,
    condition: Condition | None = None,
    draw: int = 0,
    limit: int | None = None,
    chunk: int = 500,
    micro_batch: int = 100,
    name: str | None = None,
    training_seed: int | None = None,
    progress: Progress | None = None,
) -> Evaluated:
    """Record measures of the salience maps of the true classes, made on the fast path.

    Args:
        classifier: The model.
        dataset: Where the images come from.
        method: Makes the maps.
        measures: By name: what is measured of a map alone.
        method_name: Of the method in the records, such as "gradient".
        store: Where the records go.
        mask_measures: By name: what is measured of a map and the figure's mask. Only for a data
            set that knows masks, and for conditions that leave the figure where it is.
        condition: What is done to the images first. None: nothing.
        draw: Seed of the condition, of the method and of the choice of images. At least 0.
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
        ConfigError: If there is nothing to measure, a size is below 1, or `mask_measures` meet a
            data set without masks.
        DataError: If a measure does not give one number an image.
        StorageError: If the disk is full.
    """
    masked = dict(mask_measures or {})
    every = (*measures.items(), *masked.items())
    _require_measures(measures, masked, dataset)
    condition = Condition.clean() if condition is None else condition
    subject = Subject.of(classifier, name=name, training_seed=training_seed)
    snapshot = Snapshot(dataset)
    rows = snapshot.rows(limit, draw)
    cheapest = fast_form(classifier, dataset.images(rows[:1]))
    columns = subject.columns(
        snapshot,
        condition=condition.name,
        family=condition.family,
        level=condition.level,
        draw=draw,
        precision=precision_name(cheapest.precision),
        settings=repr(method),
    )
    what = f"{subject.name}, {condition.name}, {method_name}"
    form: Classifier | None = None
    keys: list[str] = []
    done = computed = 0
    for part in chunks_of(rows, chunk):
        key = key_of(
            table="salience",
            version=_VERSION,
            method=identity_of(method),
            method_name=method_name,
            transform=identity_of(condition.transform),
            measures={n: identity_of(measure) for n, measure in every},
            micro_batch=micro_batch,
            rows=part.tolist(),
            **columns,
        )
        keys.append(key)
        if not store.has("salience", key):
            form = cheapest.of(classifier) if form is None else form
            images = Chunk(snapshot, part, draw)
            maps = _maps(form, method, images, condition, micro_batch)
            values = {n: _value(n, measure(maps), len(part)) for n, measure in measures.items()}
            if masked and isinstance(dataset, MaskedDataset):
                masks = dataset.masks(part)
                values |= {n: _value(n, m(maps, masks), len(part)) for n, m in masked.items()}
            frame = _frame(images, values, columns | {"method": method_name})
            store.write("salience", key, frame, notes=machine_notes(classifier.device))
            computed += 1
        done += len(part)
        if progress is not None:
            progress(done, len(rows), what)
    problems = _no_numbers(store.read("salience", keys))
    return Evaluated(table="salience", keys=tuple(keys), computed=computed, problems=problems)


def _require_measures(
    measures: Mapping[str, MapMeasure], masked: Mapping[str, MaskMeasure], dataset: Dataset
) -> None:
    if not measures and not masked:
        raise ConfigError("`measures` must name at least one measure, got none.")
    both = sorted(measures.keys() & masked.keys())
    if both:
        raise ConfigError(
            f"A measure must be in `measures` or in `mask_measures`, got {', '.join(both)} in both."
        )
    if masked and not isinstance(dataset, MaskedDataset):
        raise ConfigError(
            f"`mask_measures` need a data set that knows where its figures are, got "
            f"{dataset.name!r}. Leave out {', '.join(masked)}."
        )


def _maps(
    form: Classifier, method: Salience, chunk: Chunk, condition: Condition, micro_batch: int
) -> Images:
    """Return the raw signed maps of a chunk, on the CPU."""
    images, device = chunk.under(condition), form.device
    maps = torch.empty_like(images)
    for places in chunks_of(torch.arange(len(images)), micro_batch, name="micro_batch"):
        batch, labels = images[places].to(device), chunk.labels[places].to(device)
        found = method(form, batch, labels, chance=chunk.chance.take(places))
        maps[places] = found.detach().float().cpu()
    return maps


def _value(name: str, values: PerImage, count: int) -> PerImage:
    """Return the values, if there is one for each image."""
    if values.shape != (count,):
        raise DataError(
            f"The measure {name!r} must give one number an image, shape ({count},), got "
            f"{tuple(values.shape)}. Correct the measure."
        )
    return values


def _frame(
    chunk: Chunk, values: Mapping[str, PerImage], columns: Mapping[str, object]
) -> pl.DataFrame:
    """Return the rows of a chunk, measure by measure."""
    count = len(values)
    varying = {
        "image": chunk.chance.ids * count,
        "label": np.tile(chunk.labels.numpy(), count),
        "measure": np.repeat(list(values), len(chunk)),
        "value": torch.cat(list(values.values())).double().numpy(),
    }
    return table_of("salience", varying, columns)


def _no_numbers(frame: pl.DataFrame) -> tuple[str, ...]:
    """Return a sentence for each measure with values that are no numbers."""
    bad = (
        frame.filter(~pl.col("value").is_finite())
        .group_by("model", "condition", "method", "measure", maintain_order=True)
        .agg(n=pl.len(), image=pl.col("image").first())
    )
    return tuple(
        f"{row['model']} under {row['condition']}: expected numbers, got NaN or infinity as "
        f"{row['measure']} of {row['method']} for {row['n']} images, the first of them "
        f"{row['image']}. A map that is zero everywhere has no such measure."
        for row in bad.iter_rows(named=True)
    )
