"""How much memory 10,000 attacked images take, and whether many cost more than few, each.

It knows how to measure a row that has a limit and no peer; which rows there are it does not know.
"""

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from bench.attack_subjects import RADIUS, Case, Subject, cifar10_test, classifier_of
from bench.measure import Row, against_limit, in_turns, seconds_of
from bench.memory import peak_above
from cuelens import PGD, Linf
from cuelens.evaluation import RecordStore, attack_dataset
from cuelens.networks import Classifier, fast
from cuelens.randomness import Chance

__all__ = ["measure_cost", "measure_memory", "measure_memory_of_one_call"]

GIGABYTES_LIMIT = 1.0
COST_LIMIT = 1.1
MORE = 10
_BALL = Linf(radius=RADIUS)
_TWO_STEPS = PGD(ball=_BALL, step=2 / 255, steps=2)
"""Memory does not depend on how many steps are taken."""
_TWENTY_STEPS = PGD(ball=_BALL, step=2 / 255, steps=20, stop_when_fooled=True)


def measure_memory(case: Case) -> Row:
    """Measure the peak above the model of an attack from images to records, as users run it."""
    work = partial(_attack_to_records, count=case.images)
    figures = [peak_above(partial(classifier_of, case.network), work) for _ in range(case.rounds)]
    return _row(case, figures, limit=GIGABYTES_LIMIT, unit="gigabytes", images=case.images)


def measure_memory_of_one_call(case: Case) -> Row:
    """Measure the peak above the model of one call with all images and the model as given."""
    work = partial(_attack_in_one_call, count=case.images)
    figures = [peak_above(partial(classifier_of, case.network), work) for _ in range(case.rounds)]
    return _row(case, figures, limit=GIGABYTES_LIMIT, unit="gigabytes", images=case.images)


def _attack_to_records(classifier: Classifier, *, count: int) -> None:
    dataset = cifar10_test(count)
    with tempfile.TemporaryDirectory() as folder:
        store = RecordStore(Path(folder))
        attack_dataset(classifier, dataset, _TWO_STEPS, condition="pgd-2", store=store)


def _attack_in_one_call(classifier: Classifier, *, count: int) -> None:
    dataset = cifar10_test(count)
    images = dataset.images(torch.arange(count))
    _TWO_STEPS(classifier, images, dataset.labels, chance=Chance(0, dataset.ids))


def measure_cost(case: Case, subject: Subject) -> Row:
    """Measure what an image costs among ten times as many: the same images over and over."""
    images, labels, ids = subject.images, subject.labels, subject.dataset.ids
    classifier = fast(subject.classifier)

    def seconds(times: int) -> float:
        chance = Chance(0, ids * times)
        many, classes = images.repeat(times, 1, 1, 1), labels.repeat(times)
        return seconds_of(lambda: _TWENTY_STEPS(classifier, many, classes, chance=chance)) / times

    pairs = in_turns(partial(seconds, MORE), partial(seconds, 1), rounds=case.rounds)
    figures = [many / few for many, few in pairs]
    return _row(case, figures, limit=COST_LIMIT, unit="times", images=MORE * case.images)


def _row(case: Case, figures: Sequence[float], *, limit: float, unit: str, images: int) -> Row:
    return against_limit(
        figures,
        bench="attacks",
        row=case.row,
        limit=limit,
        unit=unit,
        threads=torch.get_num_threads(),
        notes={"images": images},
    )
