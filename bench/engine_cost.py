"""Does memory stay flat over 100,000 rendered images x 10 conditions, and what does an image cost?

Measured in a process of its own, since memory is. Linux alone: it reads the kernel's account.
"""

import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import torch
from torch import nn

from bench.measure import Row, against_limit
from bench.memory import kilobytes
from cuelens.datasets import CueControlled
from cuelens.evaluation import Condition, RecordStore, evaluate_models
from cuelens.networks import Classifier
from cuelens.transforms import Brightness, Contrast, HueRotation, PatchShuffle, Saturation

__all__ = ["measure_cost", "measure_memory"]

GIGABYTES_LIMIT = 1.5
FEW = 1_000
CHUNK = 1_000
CONDITIONS = (
    Condition.clean(),
    *(Condition(family="saturation", level=p, transform=Saturation(level=p)) for p in (8.0, 64.0)),
    *(
        Condition(family="shuffle", level=float(k), transform=PatchShuffle(patches=k))
        for k in (2, 4, 8)
    ),
    *(Condition(family="contrast", level=c, transform=Contrast(factor=c)) for c in (0.3, 0.6)),
    Condition(family="brightness", level=0.2, transform=Brightness(shift=0.2)),
    Condition(family="hue", level=90.0, transform=HueRotation(degrees=90.0)),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """What a run took.

    Attributes:
        seconds: For all images.
        resident: Gigabytes that the process held after each part, and at its highest last.
    """

    seconds: float
    resident: tuple[float, ...]


def measure_memory(row: str, images: int, rounds: int) -> Row:
    """Measure the highest memory, and how much it grows after the first tenth."""
    runs = [_watched(images) for _ in range(rounds)]
    parts = [run.resident[:-1] for run in runs]
    growth = max(
        max(part[len(part) // 10 :]) / max(part[: len(part) // 10 + 1]) - 1 for part in parts
    )
    return against_limit(
        [run.resident[-1] for run in runs],
        bench="engine",
        row=row,
        limit=GIGABYTES_LIMIT,
        unit="gigabytes",
        threads=torch.get_num_threads(),
        notes={
            "images": images,
            "conditions": len(CONDITIONS),
            "growth_after_a_tenth": growth,
            "asked_growth": 0.05,
            "seconds": runs[0].seconds,
        },
    )


def measure_cost(row: str, images: int, rounds: int) -> Row:
    """Measure the cost of an image among all of them, in units of that among 1,000."""
    few = min(FEW, images)
    each = [
        (_watched(images).seconds / images) / (_watched(few).seconds / few) for _ in range(rounds)
    ]
    return against_limit(
        each,
        bench="engine",
        row=row,
        limit=1.05,
        unit=f"cost of an image, in units of that among {few:,}",
        threads=torch.get_num_threads(),
        notes={"images": images, "conditions": len(CONDITIONS)},
    )


def _watched(images: int) -> Watched:
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as process:
        return process.submit(_run, images, torch.get_num_threads()).result()


def _run(images: int, threads: int) -> Watched:
    """Render, distort, answer and record; a few images first, so that everything is loaded."""
    torch.set_num_threads(threads)
    _evaluated(200, lambda *_: None)
    resident: list[float] = []
    begun = time.perf_counter()
    _evaluated(images, lambda *_: resident.append(kilobytes("VmRSS") * 1024 / 1e9))
    seconds = time.perf_counter() - begun
    return Watched(seconds=seconds, resident=(*resident, kilobytes("VmHWM") * 1024 / 1e9))


def _evaluated(images: int, told: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        evaluate_models(
            {"tiny": _tiny()},
            CueControlled(split="test", count=images),
            CONDITIONS,
            store=RecordStore(Path(folder)),
            chunk=CHUNK,
            progress=told,  # type: ignore[arg-type]
        )


@cache
def _tiny() -> Classifier:
    """Return a network that costs little beside rendering and recording."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 8, 5, stride=4), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten()]
    network = nn.Sequential(*layers, nn.Linear(32, 10)).eval()
    return Classifier(network, class_names=CueControlled().class_names, name="tiny")
