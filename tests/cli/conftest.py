"""The command line as a person meets it, a tiny folder of pictures, and a network trained on it."""

import contextlib
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cuelens.cli.app import main

SPLITS = {"train": 20, "validation": 8, "test": 10}


@dataclass(frozen=True)
class Outcome:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


def call(*words: object) -> Outcome:
    out, err, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["cuelens", *map(str, words)])
        patch.setenv("COLUMNS", "120")
        patch.setenv("NO_COLOR", "1")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as stop:
                code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return Outcome(code=code, out=out.getvalue(), err=err.getvalue())


@pytest.fixture(autouse=True)
def without_figures(undrawn: None) -> None:
    """Leave figures empty: what a verb prints and where it writes does not hang on them."""


@pytest.fixture(scope="session")
def cuelens() -> Callable[..., Outcome]:
    """Return what runs `cuelens WORD...` in this process, errors and exit code included."""
    return call


def stripes(label: int, key: int) -> Image.Image:
    """Return noisy stripes: across for class 0, down for class 1."""
    generator = np.random.Generator(np.random.Philox(key=key))
    wave = 60 * np.sin(np.arange(32) * 0.8 + generator.random())
    grey = 128 + (wave[:, None] if label == 0 else wave[None, :]) + np.zeros((32, 32))
    noise = generator.normal(0, 10, (32, 32, 3))
    return Image.fromarray(np.clip(grey[..., None] + noise, 0, 255).astype(np.uint8))


def fill(folder: Path, names: tuple[str, ...] = ("across", "down")) -> Path:
    """Write train, validation and test pictures of the classes."""
    for split, count in SPLITS.items():
        for label, name in enumerate(names):
            place = folder / split / name
            place.mkdir(parents=True)
            for number in range(count):
                stripes(label, 1000 * label + 100 * len(split) + number).save(
                    place / f"{number:02d}.png"
                )
    return folder


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of train, validation and test pictures of two classes; for reading alone."""
    return fill(tmp_path_factory.mktemp("pictures") / "data")


@pytest.fixture
def own_pictures(tmp_path: Path) -> Path:
    """Return the same folder, for the test to change."""
    return fill(tmp_path / "data")


@pytest.fixture(scope="session")
def trained(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """Return a model file that `cuelens train` wrote, and what it printed."""
    path = tmp_path_factory.mktemp("models") / "mine.safetensors"
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    done = call("train", "--data", pictures, "--out", path, "--epochs", 1, "--batch-size", 8)
    torch.set_num_threads(threads)
    return path, done


@pytest.fixture(scope="session")
def model(trained: tuple[Path, Outcome]) -> Path:
    """Return a trained model file."""
    return trained[0]
