"""How many images a second does training learn from, and what does it cost beside its passes?

Rows `pgd-7-training`: ours is `cuelens.training.train` as a study calls it, augmentation included;
the peer is the loop of the field's tutorials, `bench/peers/plain_loop.py`. Both take whole min-max
steps on the same images with the same attack, Linf 8/255 in 7 steps of 2/255. The first step of a
measurement, which warms up, and the last, which validates, do not count. Rows `step`: a step of
each recipe against its bare passes (`training_cost`). Rows `two-ranks`: two processes against one
(`training_ranks`).
"""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import torch
from torch import Tensor, nn

from bench.measure import Row, in_turns, print_row, ratio_of, selected, versions_of
from bench.peers.plain_loop import train_steps
from bench.training_cost import PASSES, measure_step
from bench.training_noise import CLASSES, Noise, noise
from bench.training_ranks import measure_ranks
from cuelens import PGD, Linf
from cuelens.datasets.protocol import Dataset
from cuelens.sources import ARCHITECTURES
from cuelens.training import MinMax, Moment, Recipe, Training, train

RADIUS, STEP, STEPS = 8 / 255, 2 / 255, 7


class Normalised(nn.Module):
    """The peer's network: the same one, behind the same normalisation."""

    def __init__(self, network: nn.Module) -> None:
        """Normalise for uniform noise."""
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Return logits."""
        return self.network((images - 0.5) / 0.2887)


def ours(architecture: str, dataset: Dataset, batch: int) -> float:
    """Return images a second of our training between its first and its last step."""
    attack = PGD(ball=Linf(radius=RADIUS), step=STEP, steps=STEPS)
    recipe = Recipe(objective=MinMax(attack=attack), epochs=1, batch_size=batch)
    training = Training(
        architecture=architecture,
        recipe=recipe,
        training=dataset,
        validation=dataset.take(torch.arange(batch), name="noise-validation"),
    )
    stamps = []

    def note(_: Moment) -> None:
        stamps.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        train(training, folder=Path(folder), progress=note)
    return batch * (len(stamps) - 2) / (stamps[-2] - stamps[0])


def plain_loop(network: nn.Module, dataset: Noise, batch: int) -> float:
    """Return images a second of the tutorial's loop after its first step."""
    model = Normalised(network)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    batches = list(zip(dataset.pixels.split(batch), dataset.labels.split(batch), strict=True))
    stamps = [
        time.perf_counter()
        for _ in train_steps(model, optimiser, batches[:-1], radius=RADIUS, step=STEP, steps=STEPS)
    ]
    return batch * (len(stamps) - 1) / (stamps[-1] - stamps[0])


def measure_peer(row: str, architecture: str, batch: int, steps: int, rounds: int) -> Row:
    """Measure our training against the tutorial's loop."""
    dataset, make = noise(batch * steps), ARCHITECTURES[architecture]
    pairs = in_turns(
        lambda: ours(architecture, dataset, batch),
        lambda: plain_loop(make(CLASSES), dataset, batch),
        rounds=rounds,
    )
    return Row(
        bench="training",
        row=row,
        ours=median(mine for mine, _ in pairs),
        peer=median(theirs for _, theirs in pairs),
        peer_name="plain-loop",
        ratio=ratio_of(pairs, "higher"),
        unit="images a second",
        threads=torch.get_num_threads(),
        versions=versions_of("torch"),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A row and what measures it."""

    row: str
    measure: Callable[[], Row]


def _case(row: str, measure: Callable[..., Row], *settings: object) -> Case:
    return Case(row=row, measure=partial(measure, row, *settings))


CASES = (
    _case("pgd-7-training/resnet18/plain-loop", measure_peer, "resnet18", 64, 4, 5),
    _case("pgd-7-training/small/plain-loop", measure_peer, "small-resnet", 128, 6, 5),
    *(_case(f"step-{name}/small/bare-passes", measure_step, name, 128, 4, 7) for name in PASSES),
    _case("two-ranks-standard/small/one-rank", measure_ranks, "standard", 128, 20, 3),
    _case("two-ranks-pgd_linf/small/one-rank", measure_ranks, "pgd_linf", 128, 12, 3),
)


def main() -> None:
    """Print one row a case; those whose rows begin as the arguments do, or all."""
    for case in selected(CASES, sys.argv[1:]):
        print_row(case.measure())


if __name__ == "__main__":
    main()
