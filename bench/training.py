"""How many images a second does PGD-7 adversarial training learn from?

Ours is `cuelens.training.train` as a study calls it, augmentation included; the peer is the loop
of the field's tutorials, `bench/peers/plain_loop.py`. Both take whole min-max steps on the same
images with the same attack, Linf 8/255 in 7 steps of 2/255. The first step of a measurement,
which warms up, and the last, which validates, do not count.
"""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
from torch import Tensor, nn

from bench.measure import Row, in_turns, print_row, ratio_of, versions_of
from bench.peers.plain_loop import train_steps
from cuelens import PGD, Linf
from cuelens.datasets.protocol import Dataset
from cuelens.networks import resnet18, small_resnet
from cuelens.training import MinMax, Moment, Recipe, Training, train

RADIUS, STEP, STEPS = 8 / 255, 2 / 255, 7
CLASSES = 10


@dataclass(frozen=True)
class Noise:
    """Images of uniform noise in memory: training speed does not depend on what they show."""

    pixels: Tensor
    labels: Tensor
    name: str = "noise"

    @property
    def class_names(self) -> tuple[str, ...]:
        """Digits."""
        return tuple(str(label) for label in range(CLASSES))

    @property
    def ids(self) -> tuple[str, ...]:
        """Row numbers."""
        return tuple(str(row) for row in range(len(self)))

    @property
    def fingerprint(self) -> str:
        """Of no record."""
        return "0" * 32

    def __len__(self) -> int:
        return len(self.labels)

    def images(self, rows: Tensor) -> Tensor:
        """Return these images."""
        return self.pixels[rows]

    def take(self, rows: Tensor, *, name: str) -> "Noise":
        """Return these images alone."""
        return Noise(self.pixels[rows], self.labels[rows], name)


def noise(count: int) -> Noise:
    """Return so many 32-pixel images."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.rand(count, 3, 32, 32, generator=generator)
    return Noise(pixels, torch.arange(count) % CLASSES)


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


def main() -> None:
    """Print one row a network."""
    cases = (
        ("resnet18", "resnet18", resnet18, 64, 4),
        ("small", "small-resnet", small_resnet, 128, 6),
    )
    for name, architecture, make, batch, steps in cases:
        dataset = noise(batch * steps)
        pairs = in_turns(
            lambda a=architecture, d=dataset, b=batch: ours(a, d, b),
            lambda m=make, d=dataset, b=batch: plain_loop(m(CLASSES), d, b),
            rounds=5,
        )
        print_row(
            Row(
                bench="training",
                row=f"pgd-7-training/{name}/plain-loop",
                ours=median(mine for mine, _ in pairs),
                peer=median(theirs for _, theirs in pairs),
                peer_name="plain-loop",
                ratio=ratio_of(pairs, "higher"),
                unit="images a second",
                threads=torch.get_num_threads(),
                versions=versions_of("torch"),
            )
        )


if __name__ == "__main__":
    main()
