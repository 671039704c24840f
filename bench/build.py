"""How much faster is `cuelens build` with two processes than with one, and is its memory flat?

The images are noise of 224 px, stored as PNG files, and the condition keeps each process busy, so
that the processors and not the disk set the pace. What is timed is a whole build, its processes'
start included, into a new folder.
"""

import resource
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from bench.measure import Row, in_turns, print_row, ratio_of, seconds_of, versions_of
from cuelens.builders import build

IMAGES, SIDE, ROUNDS = 3_200, 224, 3
"""Enough for half a minute and more a process, beside which its start of some seconds is little."""

ADJECTIVE, LEVEL = "saturated", 5.0
"""A level that is no power of two is raised in float64: 20 ms of arithmetic an image."""


def fill(folder: Path, count: int) -> Path:
    """Write smooth noise of two classes."""
    generator = np.random.Generator(np.random.Philox(key=0))
    for number in range(count):
        place = folder / ("even", "odd")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        coarse = generator.integers(0, 256, (28, 28, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        picture.save(place / f"{number:05d}.png", compress_level=1)
    return folder


def seconds(source: Path, out: Path, workers: int) -> float:
    """Return how long a build takes; nothing of it is left."""
    taken = seconds_of(lambda: build(ADJECTIVE, source, out, level=LEVEL, workers=workers))
    shutil.rmtree(out)
    return taken


def measure_workers(folder: Path, *, images: int = IMAGES, rounds: int = ROUNDS) -> Row:
    """Return the row of two processes against one."""
    source = fill(folder / "source", images)
    pairs = in_turns(
        lambda: seconds(source, folder / "two", 2),
        lambda: seconds(source, folder / "one", 1),
        rounds=rounds,
    )
    return Row(
        bench="build",
        row="build/workers-2/workers-1",
        ours=median(two for two, _ in pairs),
        peer=median(one for _, one in pairs),
        peer_name="workers-1",
        ratio=ratio_of(pairs, "lower"),
        unit="seconds",
        threads=1,
        versions=versions_of("torch", "pillow"),
        notes={"images": images, "condition": f"{ADJECTIVE} {LEVEL:g}", "side": SIDE},
    )


def main() -> None:
    """Print the row."""
    with tempfile.TemporaryDirectory() as folder:
        print_row(measure_workers(Path(folder)))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"largest process: {peak / 1e6:.2f} GB", file=sys.stderr)


if __name__ == "__main__":
    main()
