"""How much memory do 500 masks of RISE on 16 images of 224 pixels take above the model?

It knows how to measure a row; which rows there are it does not know.
"""

from functools import partial

import torch

from bench.attack_subjects import Case
from bench.measure import Row, against_limit
from bench.memory import peak_above
from bench.salience_subjects import Explained, explained_of
from cuelens.evaluation.forward import map_form
from cuelens.salience import RISE

__all__ = ["MASKS", "measure_memory"]

GIGABYTES_LIMIT = 2.0
MASKS = 500


def measure_memory(case: Case) -> Row:
    """Measure the peak above the model as it was given and the images, as users run it."""
    prepare = partial(explained_of, case)
    figures = [peak_above(prepare, _explain) for _ in range(case.rounds)]
    return against_limit(
        figures,
        bench="salience",
        row=case.row,
        limit=GIGABYTES_LIMIT,
        unit="gigabytes",
        threads=torch.get_num_threads(),
        notes={"images": case.images, "masks": MASKS, "batch_size": RISE(masks=MASKS).batch_size},
    )


def _explain(subject: Explained) -> None:
    classifier = map_form(subject.classifier, subject.images[:1]).of(subject.classifier)
    method = RISE(masks=MASKS)
    method(classifier, subject.images, subject.labels, chance=subject.chance)
