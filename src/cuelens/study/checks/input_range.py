"""The check `input-range` of models whose maps are made, on images whose class is known.

It is the one that attacks make; how it is measured is in `evaluation.probes`.
"""

from collections.abc import Mapping

import polars as pl

from cuelens.datasets import NamedImages
from cuelens.evaluation import RecordStore, probe_model
from cuelens.networks.classifier import Classifier
from cuelens.study.checks.checks import Check
from cuelens.study.checks.probe_checks import check_probes

__all__ = ["check_input_range"]

_NAME = "input-range"
_LEAST = 10
"""Of fewer images none of four readings can be surely better, however many more it is right for."""
_MOST = 32
"""So many go through a network at once, as for attacks."""


def check_input_range(
    classifiers: Mapping[str, Classifier], images: NamedImages, *, store: RecordStore, draw: int
) -> tuple[Check, ...]:
    """Return whether another reading of the pixels makes a model right for surely more images.

    Args:
        classifiers: By name.
        images: Some of which may be of unknown class; these are not asked about.
        store: Where the measures are kept, table "probes".
        draw: Seed of the choice among very many images.

    Returns:
        One check a model; without 10 images of known class it is one that was not made.

    Raises:
        StorageError: If the disk is full.
    """
    known = (images.labels >= 0).nonzero()[:, 0]
    if len(known) < _LEAST:
        return tuple(
            Check(
                name=_NAME,
                raised=False,
                sentence=f"{model}: not checked, for want of {_LEAST} images whose class is known "
                f"(there are {len(known)}).",
                about=(model,),
                checked=False,
            )
            for model in classifiers
        )
    named = images.take(known, name=images.name)
    found = []
    for model, classifier in classifiers.items():
        size = min(_MOST, len(known))
        done = probe_model(classifier, named, store=store, draw=draw, name=model, micro_batch=size)
        found.append(store.read(done.table, done.keys))
    checks = check_probes(pl.concat(found), {})
    return tuple(check for check in checks if check.name == _NAME)
