"""Makes the outputs of one task, in any process, and notes what became of each source.

It knows groups of images of one size, draws and failures; it does not know which condition it
makes or where pixels go.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cuelens.builders.items import Item, Maker, Output, Picture, Reader, Task, Write
from cuelens.builders.manifest import write_part
from cuelens.datasets.decoding import UnreadableError, quiet_decoding
from cuelens.errors import CuelensError, DataError, ModelError, StorageError
from cuelens.randomness import Chance

__all__ = ["Job", "part_path", "run_task"]

_PIXELS_AT_ONCE = 2**18
"""Images of one size are made together up to so many pixels."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What every task of a build needs to know.

    Attributes:
        out: The folder of the build.
        parts: Where tasks note what they made.
        readers: One for each source of an item.
        maker: Makes pixels.
        output: Where they go.
        seed: The draw seed.
        draws: How many there are of each item.
        fields: Names of the further columns of the manifest.
    """

    out: Path
    parts: Path
    readers: tuple[Reader, ...]
    maker: Maker
    output: Output
    seed: int
    draws: int
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Read:
    """An item whose sources have been read."""

    place: int
    item: Item
    pictures: tuple[Picture, ...]

    @property
    def sizes(self) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(picture.pixels.shape) for picture in self.pictures)

    @property
    def pixels(self) -> int:
        return sum(picture.pixels[0].numel() for picture in self.pictures)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Made:
    """The pixels of an item, or why there are none."""

    read: _Read
    draw: int
    style: str | None = None
    pixels: NDArray[np.uint8] | None = None
    problem: str | None = None


def part_path(parts: Path, task: int) -> Path:
    """Return where a task notes what it made; it is there when the task is done."""
    return parts / f"{task:08d}.parquet"


def run_task(job: Job, task: Task) -> Iterator[int]:
    """Make the outputs of a task and note them; yield how many items are done, now and then.

    Raises:
        StorageError: If the disk is full, or the folder cannot be written.
    """
    noted: list[tuple[int, int, dict[str, Any]]] = []
    files: dict[str, str] = {}
    with (
        quiet_decoding(),
        job.output.opened(job.out, task, draws=job.draws, files=files) as write,
    ):
        for read in _groups(job, task, noted):
            for made in _made(job, read):
                noted.append((made.read.place, made.draw, _row(job, made, write)))
            yield len({place for place, _, _ in noted})
    noted.sort(key=lambda row: row[:2])
    rows = [row for _, _, row in noted]
    write_part(part_path(job.parts, task.number), rows, files, job.fields)
    yield len(task.items)


def _groups(
    job: Job, task: Task, noted: list[tuple[int, int, dict[str, Any]]]
) -> Iterator[list[_Read]]:
    """Yield neighbouring items of equal sizes; note those that cannot be read."""
    group: list[_Read] = []
    for place, item in enumerate(task.items):
        try:
            pictures = tuple(
                reader(source) for reader, source in zip(job.readers, item.sources, strict=True)
            )
        except UnreadableError as error:
            noted.append((place, -1, _failed(item, str(error))))
            continue
        read = _Read(place=place, item=item, pictures=pictures)
        if group and (
            group[0].sizes != read.sizes or (len(group) + 1) * read.pixels > _PIXELS_AT_ONCE
        ):
            yield group
            group = []
        group.append(read)
    if group:
        yield group


def _made(job: Job, group: Sequence[_Read]) -> Iterator[_Made]:
    """Yield the pixels of each item of a group and of each draw."""
    slots = zip(*(read.pictures for read in group), strict=True)
    images = tuple(_stacked(pictures) for pictures in slots)
    for draw in range(job.draws):
        yield from _drawn(job, group, images, draw)


def _drawn(
    job: Job, group: Sequence[_Read], images: tuple[Tensor, ...], draw: int
) -> Iterator[_Made]:
    """Yield the pixels of each item of a group."""
    chance = Chance(job.seed, tuple(read.item.id for read in group)).again(draw)
    try:
        made = _eight_bits(job.maker(images, chance=chance))
        styles = job.maker.styles(chance)
    except (ModelError, StorageError):  # no image is to blame
        raise
    except (CuelensError, MemoryError, RuntimeError) as error:
        problem = _reason(error)
        if len(group) == 1:
            yield _Made(read=group[0], draw=draw, problem=problem)
        else:  # one of them may be the cause; the others are made all the same
            for place, read in enumerate(group):
                alone = tuple(batch[place : place + 1] for batch in images)
                yield from _drawn(job, [read], alone, draw)
        return
    for read, pixels, style in zip(group, made, styles, strict=True):
        yield _Made(read=read, draw=draw, style=style, pixels=pixels)


def _stacked(pictures: Sequence[Picture]) -> Tensor:
    return torch.stack([picture.pixels for picture in pictures]).to(torch.float32) / 255


def _eight_bits(images: Tensor) -> NDArray[np.uint8]:
    """Return the nearest 8-bit pixels: (batch, height, width, channel)."""
    pixels = images.detach().mul(255).round_().to(torch.uint8)
    return pixels.permute(0, 2, 3, 1).contiguous().numpy()


def _reason(error: Exception) -> str:
    """Return why an item could not be made, or raise what is no item's fault."""
    if isinstance(error, CuelensError):
        return str(error)
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "memory" in str(error):
        return "there is not enough memory for it"
    raise error


def _row(job: Job, made: _Made, write: Write) -> dict[str, Any]:
    read = made.read
    if made.pixels is None and job.output.needs_all:
        raise DataError(
            f"`{read.item.output}` must hold every image, but of `{read.item.sources[0]}` there is "
            f"none: {made.problem}"
        )
    if made.pixels is None:
        row = _failed(read.item, made.problem or "")
    else:
        written = write(read.item, made.draw, made.pixels)
        done = [step for picture in read.pictures for step in picture.conversions]
        row = _noted(read.item) | {
            "output": written.output,
            "entry": written.entry,
            "output_hash": written.digest,
            "style": made.style,
            "conversions": "; ".join([*done, *read.item.notes]),
        }
    row["draw"] = made.draw
    row["source_hash"] = read.pictures[0].digest
    if len(read.pictures) > 1:
        row["second_source_hash"] = read.pictures[1].digest
    return row


def _failed(item: Item, reason: str) -> dict[str, Any]:
    return _noted(item) | {"problem": reason}


def _noted(item: Item) -> dict[str, Any]:
    row: dict[str, Any] = {"source": item.sources[0], "label": item.label, **dict(item.fields)}
    if len(item.sources) > 1:
        row["second_source"] = item.sources[1]
    return row
