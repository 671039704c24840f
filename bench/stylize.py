"""How fast is stylising, files to files, against styletransfer-lite's own function, and how large?

Ours is `cuelens build stylized` in two processes, their start, reading, writing and the manifest
included. The peer is the package's function called image by image,
`bench/peers/styletransfer_function.py`, after a call that does not count. Both read the same
square JPEG files, photographs (drawn patterns, where there are none) cropped and resized to
the size that the row names, take styles from the same pictures, and write PNG files of the same
compression. Ours works at the named size, the peer at 384 px always. Rates, since ours does more
images a round: it starts anew each time.

`stylize.py ROW ...` measures only the rows whose names begin so.
"""

import argparse
import tempfile
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import torch
from PIL import Image
from torch import Tensor

from bench.measure import (
    Row,
    against_limit,
    in_turns,
    print_row,
    ratio_of,
    seconds_of,
    selected,
    versions_of,
)
from bench.memory import peak_above
from bench.peers.styletransfer_function import engine, stylise_files
from bench.published import data_folders
from cuelens.builders import build
from cuelens.builders.image_tree import FileReader
from cuelens.builders.items import Picture
from cuelens.builders.png_files import PNG_LEVEL
from cuelens.datasets import ProceduralStyles, read_image

__all__ = ["CASES", "Case", "measure", "prepare"]

WORKERS = 2
STYLES = 16
DIFFERENT = 200
"""How many sources differ; those that follow repeat them."""

FEW, MEMORY_LIMIT = 200, 1.1
"""A build of many images takes at most so many times the memory of a build of few."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A row to measure.

    Attributes:
        size: Side of the files and working size of ours, in pixels.
        against: "styletransfer-lite", "memory" or "second-style".
        images: How many ours stylises at a time.
        peer_images: How many the peer does.
        rounds: How often each side is measured.
    """

    size: int
    against: str
    images: int
    peer_images: int = 0
    rounds: int = 3

    @property
    def row(self) -> str:
        """Its name."""
        return f"stylize/{self.size}px/{self.against}"


CASES = (
    Case(size=256, against="styletransfer-lite", images=600, peer_images=60),
    Case(size=384, against="styletransfer-lite", images=300, peer_images=60),
    Case(size=256, against="second-style", images=50, rounds=1),
    Case(size=256, against="memory", images=5_000, rounds=1),
)


def _photographs(count: int, size: int) -> list[Tensor]:
    """Return 8-bit squares of the photographs that lie beside the project, or drawn ones."""
    folder = next((at for at in data_folders() if (at / "imagenet-dev200").is_dir()), None)
    if folder is None:
        drawn = ProceduralStyles(count=count, seed=1).pictures(torch.arange(count), size=size)
        return list(drawn.mul(255).round().to(torch.uint8))
    files = sorted((folder / "imagenet-dev200").glob("*.jpg"))[:count]
    return [read_image(file, size=size) for file in files]


def _save(pixels: Tensor, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(path, quality=95)


def prepare(folder: Path, *, size: int, images: int) -> None:
    """Write so many source files and the style pictures below a folder.

    Args:
        folder: Gets `source/all` and `styles`.
        size: Side in pixels of the sources.
        images: How many; after `DIFFERENT` of them they are links to the first ones.
    """
    places = [folder / "source" / "all" / f"{number:05d}.jpg" for number in range(images)]
    pixels = _photographs(min(images, DIFFERENT), size)
    for picture, place in zip(pixels, places, strict=False):
        _save(picture, place)
    for place, first in zip(places[len(pixels) :], cycle(places[: len(pixels)]), strict=False):
        place.hardlink_to(first)
    styles = ProceduralStyles(count=STYLES).pictures(torch.arange(STYLES), size=256)
    for number, picture in enumerate(styles.mul(255).round().to(torch.uint8)):
        _save(picture, folder / "styles" / f"{number:02d}.png")


def _build(folder: Path, size: int, *, workers: int | None = None, draws: int = 1) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as out:
        build(
            "stylized",
            folder / "source",
            Path(out) / "copy",
            style=folder / "styles",
            working_size=size,
            workers=workers or WORKERS,
            draws=draws,
        )


def measure(case: Case) -> Row:
    """Return a row."""
    if case.against == "memory":
        return _memory(case)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        prepare(folder, size=case.size, images=case.images)
        return (_second_style if case.against == "second-style" else _speed)(case, folder)


def _speed(case: Case, folder: Path) -> Row:
    package, out = engine(), folder / "peer.png"
    sources = sorted((folder / "source" / "all").iterdir())[: case.peer_images]
    styles = sorted((folder / "styles").iterdir())
    jobs = [(source, style, out) for source, style in zip(sources, cycle(styles), strict=False)]

    def ours() -> float:
        return case.images / seconds_of(partial(_build, folder, case.size))

    def peer() -> float:
        return len(jobs) / seconds_of(partial(stylise_files, package, jobs, PNG_LEVEL))

    pairs = in_turns(
        ours,
        peer,
        rounds=case.rounds,
        warm_up=partial(stylise_files, package, islice(jobs, 3), PNG_LEVEL),
    )
    return Row(
        bench="stylize",
        row=case.row,
        ours=median(mine for mine, _ in pairs),
        peer=median(theirs for _, theirs in pairs),
        peer_name=case.against,
        ratio=ratio_of(pairs, "higher"),
        unit="images a second",
        threads=torch.get_num_threads(),
        versions=versions_of("onnxruntime", "styletransfer-lite", "pillow"),
        notes={
            "images": case.images,
            "peer_images": len(jobs),
            "processes": WORKERS,
            "best_of_ours": max(mine for mine, _ in pairs),
            "best_of_peer": max(theirs for _, theirs in pairs),
        },
    )


def _second_style(case: Case, folder: Path) -> Row:
    """Count how often each source is read when each image gets two styles."""
    reads = 0
    plain = FileReader.__call__

    def counted(self: FileReader, source: str) -> Picture:
        nonlocal reads
        reads += 1
        return plain(self, source)

    FileReader.__call__ = counted  # type: ignore[method-assign]
    try:
        _build(folder, case.size, workers=1, draws=2)
    finally:
        FileReader.__call__ = plain  # type: ignore[method-assign]
    return against_limit(
        [reads / case.images],
        bench="stylize",
        row=case.row,
        limit=1.0,
        unit="readings an image",
        threads=1,
        notes={"images": case.images, "styles_an_image": 2},
    )


def _prepared(size: int, images: int) -> tuple[tempfile.TemporaryDirectory[str], int]:
    folder = tempfile.TemporaryDirectory()
    prepare(Path(folder.name), size=size, images=images)
    return folder, size


def _build_prepared(prepared: tuple[tempfile.TemporaryDirectory[str], int]) -> None:
    folder, size = prepared
    _build(Path(folder.name), size, workers=1)


def _memory(case: Case) -> Row:
    """Compare the peak of a build, networks included, with that of a build of few images."""
    few, many = (
        peak_above(partial(_prepared, case.size, count), _build_prepared)
        for count in (FEW, case.images)
    )
    return against_limit(
        [many / few],
        bench="stylize",
        row=case.row,
        limit=MEMORY_LIMIT,
        unit="times",
        threads=1,
        notes={"images": case.images, "against_images": FEW, "gigabytes": many},
    )


def main() -> None:
    """Print the rows that were asked for."""
    parser = argparse.ArgumentParser(description="Measure stylising.")
    parser.add_argument("rows", nargs="*", help="beginnings of the rows to measure; all if omitted")
    parser.add_argument("--images", type=int, help="how many, to see it work; else as stated")
    parser.add_argument("--rounds", type=int, help="how often each side is measured")
    arguments = parser.parse_args()
    for case in selected(CASES, arguments.rows):
        images, rounds = arguments.images or case.images, arguments.rounds or case.rounds
        peers = min(case.peer_images, images)
        print_row(measure(replace(case, images=images, peer_images=peers, rounds=rounds)))


if __name__ == "__main__":
    main()
