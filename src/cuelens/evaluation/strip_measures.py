"""Measures of the maps of kept strips, themselves kept: what a map shows, and what it is worth.

The maps are those that the strips hold: none is made again. What is measured is in `metrics`.
"""

import itertools
from collections.abc import Mapping, Sequence

import polars as pl
import torch
from torch import Tensor

from cuelens.evaluation.conditions import Condition
from cuelens.evaluation.keys import key_of
from cuelens.evaluation.map_stability import similarities
from cuelens.evaluation.parts import load_tensors
from cuelens.evaluation.records import RecordStore
from cuelens.evaluation.strips import Strips, read_strips
from cuelens.metrics import IMAGE_MEASURES, MEASURES, deletion_area, insertion_area
from cuelens.networks.classifier import Classifier
from cuelens.networks.fast_path import fast
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, PerImage
from cuelens.transforms import Movement

__all__ = ["agreement_of_strips", "measure_strips"]

_TABLE = "strip-measures"
_VERSION = 1
"""Raised whenever the same strips give other numbers."""

_PLACE = {name: pl.String() for name in ("dataset", "image", "model", "method", "condition")}


def measure_strips(
    key: str,
    classifiers: Mapping[str, Classifier],
    conditions: Sequence[Condition],
    *,
    store: RecordStore,
    draw: int = 0,
) -> pl.DataFrame:
    """Return what is measured of every map of kept strips, computed once.

    Every measure of `MEASURES` and `IMAGE_MEASURES`; `deletion` and `insertion`; and, where the
    first condition is the clean one, `condition_...`: the likeness of each other map and the clean
    one, for the same class, what the condition moved being put back first.

    Args:
        key: Of the strips, from `make_strips`.
        classifiers: Those that the strips were made with, by name.
        conditions: Likewise, in order.
        store: Where the strips are, and the measures go, table "strip-measures".
        draw: The seed that the strips were made with.

    Returns:
        Columns dataset, image, model, method, condition, measure, value; one row a number, NaN
        where a map has no such measure.

    Raises:
        RecordError: If the strips are torn, altered or missing.
        StorageError: If the disk is full.
    """
    strips = read_strips(store.path("strips", key))
    own = key_of(table=_TABLE, version=_VERSION, strips=key)
    if not store.has(_TABLE, own):
        found = _measured(strips, classifiers, conditions, draw)
        tensors = {"values": torch.stack(list(found.values()))}
        store.write_tensors(_TABLE, own, tensors, {"measures": list(found)})
    tensors, description = load_tensors(store.path(_TABLE, own))
    return _frame(strips, description["measures"], tensors["values"])


def _measured(
    strips: Strips,
    classifiers: Mapping[str, Classifier],
    conditions: Sequence[Condition],
    draw: int,
) -> dict[str, Tensor]:
    """Return each measure by name: method, model, condition, image; NaN where there is none."""
    forms = [fast(classifiers[name], precision=torch.float32) for name in strips.models]
    chance = Chance(draw, strips.images)
    shape = strips.maps.shape[:4]
    found: dict[str, Tensor] = {}
    for s, m, c in itertools.product(*map(range, shape[:3])):
        maps = strips.maps[s, m, c]
        values = _of_maps(maps, strips.pictures[m, c], strips.explained[m], forms[m])
        if c > 0 and conditions[0].family == "clean":
            back = _put_back(maps, conditions[c:], chance)
            values |= similarities("condition", strips.maps[s, m, 0], back)
        for name, own in values.items():
            found.setdefault(name, torch.full(shape, torch.nan))[s, m, c] = own.detach().cpu()
    return found


def _of_maps(maps: Images, images: Images, labels: Labels, form: Classifier) -> dict[str, PerImage]:
    """Return what is measured of maps alone, of their images, and by asking the model again."""
    device = form.device
    given = [tensor.to(device) for tensor in (images, maps, labels)]
    return {
        **{name: measure(maps) for name, measure in MEASURES.items()},
        **{name: measure(maps, images) for name, measure in IMAGE_MEASURES.items()},
        "deletion": deletion_area(form, *given),
        "insertion": insertion_area(form, *given),
    }


def _put_back(maps: Images, conditions: Sequence[Condition], chance: Chance) -> Images:
    """Return maps with every pixel where it was before the first of some conditions.

    Attacks, which stand behind the conditions, move nothing.
    """
    transform = conditions[0].transform if conditions else None
    return transform.put_back(maps, chance=chance) if isinstance(transform, Movement) else maps


def _frame(strips: Strips, measures: Sequence[str], values: Tensor) -> pl.DataFrame:
    cases = itertools.product(
        strips.methods, strips.models, strips.conditions, measures, strips.images
    )
    rows = [
        (strips.dataset, image, model, method, condition, measure)
        for method, model, condition, measure, image in cases
    ]
    schema = {**_PLACE, "measure": pl.String()}
    ordered = values.permute(1, 2, 3, 0, 4).flatten().double().numpy()
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(pl.Series("value", ordered))


def agreement_of_strips(strips: Strips) -> pl.DataFrame:
    """Return how alike the maps of every two models are, each explaining its own class.

    Args:
        strips: From `read_strips`.

    Returns:
        Columns model, other, dataset, condition, method, measure, image, value: each model with
        each behind it; measures are named `agreement_...`.
    """
    pairs = itertools.combinations(range(len(strips.models)), 2)
    rows = [
        (strips.models[a], strips.models[b], strips.dataset, condition, method, name, image, value)
        for a, b in pairs
        for s, method in enumerate(strips.methods)
        for c, condition in enumerate(strips.conditions)
        for name, values in similarities(
            "agreement", strips.maps[s, a, c], strips.maps[s, b, c]
        ).items()
        for image, value in zip(strips.images, values.tolist(), strict=True)
    ]
    names = ("model", "other", "dataset", "condition", "method", "measure", "image")
    schema = {**{name: pl.String() for name in names}, "value": pl.Float64()}
    return pl.DataFrame(rows, schema=schema, orient="row")
