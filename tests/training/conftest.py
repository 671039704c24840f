"""Tiny images of noise, and what trains on them in a moment."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from cuelens.attacks import PGD
from cuelens.balls import Linf
from cuelens.datasets.in_memory import InMemoryDataset
from cuelens.randomness import keyed_generator
from cuelens.training import Constant, CropAndFlip, MinMax, Recipe, Training

NAMES = ("ant", "bee", "cat")


def noise(count: int, *, seed: int = 0, side: int = 8, channels: int = 3) -> InMemoryDataset:
    pixels = keyed_generator(seed, "noise").integers(0, 256, (count, channels, side, side))
    return InMemoryDataset(
        name="noise",
        class_names=NAMES,
        ids=tuple(f"noise/{seed}/{row}" for row in range(count)),
        labels=torch.arange(count) % len(NAMES),
        pixels=torch.from_numpy(pixels.astype(np.uint8)),
    )


STANDARD = Recipe(
    epochs=2, batch_size=8, schedule=Constant(rate=0.05), augmentation=CropAndFlip(padding=1)
)
ATTACK = PGD(ball=Linf(radius=8 / 255), step=6 / 255, steps=2)
ROBUST = Recipe(
    objective=MinMax(attack=ATTACK, warm_up=1.0),
    epochs=2,
    batch_size=8,
    schedule=Constant(rate=0.05),
    augmentation=CropAndFlip(padding=1),
)


@pytest.fixture(scope="session")
def make_noise() -> Callable[..., InMemoryDataset]:
    """Makes a data set of random pixels: count, seed, side, channels."""
    return noise


def faint(count: int, *, seed: int) -> InMemoryDataset:
    """Two classes that a faint pattern tells apart always, and brightness nine times in ten."""
    drawn = keyed_generator(seed, "toy")
    labels = np.arange(count) % 2
    sign = 2 * labels - 1
    honest = np.where(drawn.random(count) < 0.9, sign, -sign)
    pattern = np.indices((8, 8)).sum(0) % 2 * 2 - 1
    pixels = 128 + 40 * honest[:, None, None] + 6 * sign[:, None, None] * pattern
    pixels = pixels[:, None] + drawn.integers(-3, 4, (count, 3, 8, 8))
    return InMemoryDataset(
        name="toy",
        class_names=("dark", "bright"),
        ids=tuple(f"toy/{seed}/{row}" for row in range(count)),
        labels=torch.from_numpy(labels),
        pixels=torch.from_numpy(pixels.astype(np.uint8)),
    )


@pytest.fixture(scope="session")
def make_faint() -> Callable[..., InMemoryDataset]:
    """Makes images of two classes, learnt standardly by a faint pattern: count, seed."""
    return faint


@pytest.fixture(scope="session")
def recipes() -> dict[str, Recipe]:
    """A standard and a min-max recipe of two epochs in batches of eight."""
    return {"standard": STANDARD, "min-max": ROBUST}


@pytest.fixture(scope="session")
def make_training() -> Callable[..., Training]:
    """Makes a training of six steps on noise; its settings can be replaced by keyword."""

    def make(recipe: Recipe = STANDARD, **settings: object) -> Training:
        defaults = {
            "architecture": "small-resnet",
            "training": noise(27),
            "validation": noise(12, seed=1),
        }
        return Training(recipe=recipe, **(defaults | settings))

    return make


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the checkpoint of a training into `tmp_path` lies."""
    return tmp_path / "checkpoint.safetensors"
