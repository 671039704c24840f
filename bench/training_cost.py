"""What does a training step cost beyond the forward and backward passes of its recipe?

Ours is whole steps of `cuelens.training`: batches, augmentation, keyed chance, the attack's own
arithmetic, checks and the optimiser. The peer is the bare passes of the same network on images that
are there already, as many of each kind as the recipe has. It knows how to measure a row; which rows
there are it does not know.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from types import MappingProxyType

import torch
from torch.nn.functional import cross_entropy

from bench.measure import Row, in_turns, ratio_of, seconds_of, versions_of
from bench.training_noise import CLASSES, noise
from cuelens.networks.fast_path import FastPath, bfloat16_is_fast
from cuelens.study.plan.recipe_form import RECIPES
from cuelens.training import Recipe, Training
from cuelens.training.run import Run

__all__ = ["PASSES", "Passes", "measure_step"]

LIMIT = 1.08


@dataclass(frozen=True, kw_only=True, slots=True)
class Passes:
    """How often two steps of a recipe go through the network.

    Attributes:
        learned: Forward and backward passes in train mode, to the weights.
        twice: Forward passes in train mode whose backward pass is part of one of those.
        searched: Forward and backward passes of the fast form, to the pixels.
        asked: Forward passes of the fast form alone.
    """

    learned: int = 2
    twice: int = 0
    searched: int = 0
    asked: int = 0


PASSES: Mapping[str, Passes] = MappingProxyType(
    {
        "standard": Passes(),
        "underfit": Passes(),
        "gaussian": Passes(),
        "low_pass": Passes(),
        "pgd_linf": Passes(searched=4),
        "pgd_l2": Passes(searched=4),
        "alternating": Passes(searched=2),
        "fgsm": Passes(searched=2),
        "free": Passes(),
        "trades": Passes(searched=10, asked=2, twice=2),
        "stadv": Passes(searched=6),
    }
)
"""Of every recipe that changes no image before training: `stylised` trains as `standard` does."""


def measure_step(row: str, name: str, batch: int, steps: int, rounds: int) -> Row:
    """Measure an even number of steps of a recipe against its bare passes, in seconds a step."""
    recipe = replace(RECIPES[name](), batch_size=batch, epochs=100)
    with tempfile.TemporaryDirectory() as folder:
        run = begun(recipe, batch, Path(folder))
        for _ in range(_warm_steps(run)):
            run.step()
        pairs = in_turns(
            lambda: seconds_of(lambda: [run.step() for _ in range(steps)]) / steps,
            lambda: bare(run, batch, PASSES[name], steps) / steps,
            rounds=rounds,
        )
    return Row(
        bench="training",
        row=row,
        ours=median(mine for mine, _ in pairs),
        peer=median(theirs for _, theirs in pairs),
        peer_name="bare-passes",
        ratio=ratio_of(pairs, "lower"),
        unit="seconds a step",
        threads=torch.get_num_threads(),
        versions=versions_of("torch"),
        notes={
            "images_a_second": batch / median(mine for mine, _ in pairs),
            "batch": batch,
            "asked": 1 / LIMIT,
        },
    )


def begun(recipe: Recipe, batch: int, folder: Path) -> Run:
    """Return a training of small ResNets on noise."""
    dataset = noise(4 * batch)
    training = Training(
        architecture="small-resnet",
        recipe=recipe,
        training=dataset,
        validation=dataset.take(torch.arange(8), name="noise-validation"),
    )
    return Run(training, folder / "checkpoint.safetensors")


def _warm_steps(run: Run) -> int:
    """Return how many steps it takes until an attack has its whole radius: an epoch, and one."""
    return 2 + run.training.steps_per_epoch // 2 * 2


def bare(run: Run, batch: int, passes: Passes, steps: int) -> float:
    """Return the seconds of the passes of so many steps, on images that are there."""
    images = noise(batch).pixels.contiguous(memory_format=torch.channels_last)
    labels = torch.arange(batch) % CLASSES
    network, fast = run.classifier.network, FastPath(run.classifier).classifier
    parameters = list(network.parameters())
    device = images.device

    def learn() -> None:
        network.train()
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16_is_fast(device)):
            logits = [run.classifier(images) for _ in range(1 + passes.twice // passes.learned)]
            loss = cross_entropy(torch.stack(logits).mean(0), labels)
        torch.autograd.grad(loss, parameters)

    def search() -> None:
        moved = images.clone().requires_grad_()
        torch.autograd.grad(cross_entropy(fast(moved), labels), moved)

    def ask() -> None:
        with torch.no_grad():
            fast(images)

    def work() -> None:
        for _ in range(steps // 2):
            for count, act in (
                (passes.learned, learn), (passes.searched, search), (passes.asked, ask),
            ):  # fmt: skip
                for _ in range(count):
                    act()

    return seconds_of(work)
