"""What a build is made of: items, where their sources are read, where their pixels go.

It knows the shape of the work; it does not know which images there are or what is done to them.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray
from torch import Tensor

from cuelens.randomness import Chance
from cuelens.tensors import Images

__all__ = [
    "Item",
    "Maker",
    "Output",
    "Picture",
    "Reader",
    "Task",
    "Write",
    "Written",
    "draw_folder",
    "tasks_of",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One output of every draw.

    Attributes:
        id: Keys its chance.
        sources: What it is made of, one name for each reader, such as "train/ape/1.jpg".
        output: The file that shows it, below the folder of its draw.
        entry: Its place within that file; None where it is all of it.
        label: Its class, where known.
        notes: What is told of how it was named.
        fields: Further columns of the manifest, each with its text.
    """

    id: str
    sources: tuple[str, ...]
    output: str
    entry: str | None = None
    label: str | None = None
    notes: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """Items that are made one after the other and noted together.

    Attributes:
        number: Its place among the tasks.
        items: At least one.
    """

    number: int
    items: tuple[Item, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A source as it was read.

    Attributes:
        pixels: In 0 to 255.
        digest: SHA-256 of what was read, in hexadecimal digits.
        conversions: What was done to it.
    """

    pixels: UInt8[Tensor, "channel height width"]
    digest: str
    conversions: tuple[str, ...] = ()


@runtime_checkable
class Reader(Protocol):
    """Reads sources; it goes to every process, so it must be picklable."""

    def __call__(self, source: str) -> Picture:
        """Return a source.

        Raises:
            UnreadableError: If it cannot be read; the message is the reason alone.
        """
        ...


@runtime_checkable
class Maker(Protocol):
    """Makes the pixels of items; it goes to every process, so it must be picklable."""

    def __call__(self, images: tuple[Tensor, ...], *, chance: Chance) -> Images:
        """Return one image an item.

        Args:
            images: For each reader a batch, one image an item, pixels in [0, 1]; sizes may differ
                between readers.
            chance: One entry an item.
        """
        ...

    def styles(self, chance: Chance) -> tuple[str | None, ...]:
        """Return which style picture each item gets, None where there is none."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What became of an item.

    Attributes:
        output: The file, below OUT.
        entry: The place within it.
        digest: SHA-256 of the file, or of the entry.
    """

    output: str
    entry: str | None
    digest: str


_SHARES = 16
"""A task has at most this part of the items that are left."""

Write = Callable[[Item, int, NDArray[np.uint8]], Written]
"""Takes an item, the number of the draw and 8-bit pixels (height, width, channel)."""


@runtime_checkable
class Output(Protocol):
    """Where pixels go; it goes to every process, so it must be picklable.

    Attributes:
        items_a_task: How many items are made at most before they are noted; None for as many as
            share an output file.
        crosses_files: Whether a task may hold items of several output files.
        needs_all: Whether one item that cannot be made makes the whole build impossible.
    """

    @property
    def items_a_task(self) -> int | None:
        """How many items are made at most before they are noted."""
        ...

    @property
    def crosses_files(self) -> bool:
        """Whether a task may hold items of several output files."""
        ...

    @property
    def needs_all(self) -> bool:
        """Whether one item that cannot be made makes the whole build impossible."""
        ...

    def opened(
        self, out: Path, task: Task, *, draws: int, files: dict[str, str]
    ) -> AbstractContextManager[Write]:
        """Return what writes the items of a task.

        Args:
            out: The folder of the build.
            task: Whose items will be written, in their order, but for those that fail.
            draws: How many there are.
            files: Gets each file that holds several outputs, with its SHA-256.
        """
        ...

    def finish(self, out: Path, tasks: tuple[Task, ...], *, draws: int) -> Mapping[str, str]:
        """Put together what takes all tasks; return the files made so, with their SHA-256."""
        ...


def draw_folder(draw: int, draws: int) -> str:
    """Return the folder of a draw below OUT, with its slash; empty where there is one draw."""
    return f"draw-{draw}/" if draws > 1 else ""


def tasks_of(items: tuple[Item, ...], output: Output) -> tuple[Task, ...]:
    """Return the items in tasks, in their order.

    Each task waits for the disk once, so that large ones save time; they get smaller towards the
    end, so that no process is left with a large one when the others are done. The number of
    processes has no say: a build is gone on with by any.
    """
    groups: list[list[Item]] = []
    room = 0
    for place, item in enumerate(items):
        if not room or not (output.crosses_files or groups[-1][-1].output == item.output):
            share = max(1, (len(items) - place) // _SHARES)
            room = len(items) if output.items_a_task is None else min(output.items_a_task, share)
            groups.append([])
        groups[-1].append(item)
        room -= 1
    return tuple(Task(number=number, items=tuple(group)) for number, group in enumerate(groups))
