"""Which parts of a run are not what they were: torn, altered or gone.

It names them; who makes them anew it does not know.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cuelens.evaluation import RecordStore
from cuelens.evaluation.attack_images import IMAGES_TABLE

__all__ = ["lost_parts"]


def lost_parts(
    records: RecordStore, shown: RecordStore, noted: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """Return what was noted when the run came to its end, and is not whole now.

    Args:
        records: The run's, and asked for all that is noted or there.
        shown: Those of its images.
        noted: The keys of the parts by table.

    Returns:
        A sentence for each part that is torn, altered or gone.
    """
    found: dict[Path, str] = {}
    for table, keys in noted.items():
        store = shown if table == IMAGES_TABLE else records
        gone = [store.path(table, key) for key in keys if not store.has(table, key)]
        found |= {path: f"Expected a part of the records at `{path}`, got none." for path in gone}
    damaged = (*records.damaged(), *shown.damaged())
    return tuple((found | {one.path: one.reason for one in damaged}).values())
