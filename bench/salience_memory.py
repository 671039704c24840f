"""How much memory do 500 masks of RISE on 16 images of 224 pixels take above the model?

It knows how to measure the row of a network; which networks there are it does not know.
"""

from collections.abc import Callable

import torch

from bench.measure import Row, against_limit
from bench.memory import peak_above
from cuelens.datasets import CueControlled
from cuelens.networks import Classifier, fast
from cuelens.randomness import Chance
from cuelens.salience import RISE

__all__ = ["measure_memory_of_rise"]

GIGABYTES_LIMIT = 2.0
MASKS, IMAGES, SIZE = 500, 16, 224


def measure_memory_of_rise(
    network: str, prepare: Callable[[], Classifier], *, rounds: int = 1
) -> Row:
    """Measure the peak above the model, with RISE's own internal batch and the model's fast form.

    Args:
        network: For the row's name.
        prepare: Loads the model; a function of a module, or a partial of one.
        rounds: How often it is measured, each time in a process of its own.
    """
    figures = [peak_above(prepare, _explain) for _ in range(rounds)]
    return against_limit(
        figures,
        bench="salience",
        row=f"memory/rise-{MASKS}/{network}/limit",
        limit=GIGABYTES_LIMIT,
        unit="gigabytes",
        threads=torch.get_num_threads(),
        notes={"images": IMAGES, "pixels": SIZE, "batch_size": RISE(masks=MASKS).batch_size},
    )


def _explain(classifier: Classifier) -> None:
    dataset = CueControlled(count=IMAGES, size=SIZE)
    images = dataset.images(torch.arange(IMAGES))
    labels = torch.zeros(IMAGES, dtype=torch.int64)
    RISE(masks=MASKS)(fast(classifier), images, labels, chance=Chance(0, dataset.ids))
