"""How far the images of a condition are from those of its control, as records.

No model is asked: the distances belong to the images. They tell whether a control is another
picture than what it controls.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from cuelens.datasets.protocol import Dataset
from cuelens.evaluation.answers import root_mean_square
from cuelens.evaluation.chunks import Chunk, Snapshot, require_masks
from cuelens.evaluation.conditions import Condition
from cuelens.evaluation.families import control_among
from cuelens.evaluation.jobs import Evaluated
from cuelens.evaluation.keys import identity_of, key_of
from cuelens.evaluation.records import RecordStore
from cuelens.evaluation.tables import table_of
from cuelens.sharing import Task, share
from cuelens.tensors import Images

__all__ = ["measure_controls"]

_VERSION = 1
"""Raised whenever the same images and methods give other columns."""

_TABLE = "controls"


def measure_controls(
    dataset: Dataset,
    conditions: Sequence[Condition],
    *,
    store: RecordStore,
    draw: int = 0,
    limit: int | None = 100,
) -> Evaluated:
    """Record how far images under each condition are from those under its control.

    Args:
        dataset: Where the images come from.
        conditions: Those whose control is among them are measured.
        store: Where the records go; what is there is not computed again.
        draw: Seed of the conditions. At least 0.
        limit: Measure so many images, drawn by chance, the same for every condition: a mean
            distance does not need more. None: all.

    Returns:
        Where the records are: one part a condition.

    Raises:
        ConfigError: If `limit` is below 1.
        DataError: If a transform changes the shape of the images, or needs masks that the data set
            does not know.
        RangeError: If images leave [0, 1].
        StorageError: If the disk is full.
    """
    require_masks(dataset, conditions)
    snapshot = Snapshot(dataset)
    rows = snapshot.rows(limit, draw)
    part, made = Chunk(snapshot, rows, draw), dict[str, Images]()
    tasks: dict[str, Task] = {}

    def do(
        key: str, condition: Condition, control: Condition, columns: Mapping[str, object]
    ) -> int:
        images = part.under(condition)
        if control.name not in made:  # a control may serve several conditions, and cost as much
            made[control.name] = part.under(control)
        varying = {
            "image": part.chance.ids,
            "mean_square": root_mean_square(images, part.clean),
            "control_mean_square": root_mean_square(images, made[control.name]),
        }
        store.write(_TABLE, key, table_of(_TABLE, varying, columns))
        return 1

    for condition in conditions:
        control = control_among(condition, conditions)
        if control is None:
            continue
        columns = {
            "dataset": snapshot.name,
            "data": snapshot.fingerprint,
            "condition": condition.name,
            "family": condition.family,
            "level": condition.level,
            "settings": repr(condition.transform),
            "control": control.name,
            "draw": draw,
        }
        methods = [identity_of(one.transform) for one in (condition, control)]
        key = key_of(
            table=_TABLE, version=_VERSION, methods=methods, rows=rows.tolist(), **columns
        )  # fmt: skip
        tasks[key] = Task(
            name=key,
            done=partial(store.has, _TABLE, key),
            do=partial(do, key, condition, control, columns),
        )
    computed = share(tasks.values(), store.leases)
    return Evaluated(table=_TABLE, keys=tuple(tasks), computed=computed)
