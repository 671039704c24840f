"""CIFAR-10's pickled batches as a source, and as what a copy of them is written in."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cuelens.builders.folder import BUILDING
from cuelens.builders.image_tree import READ_SHARDS
from cuelens.builders.items import Item, Picture, Task, Write, Written, draw_folder
from cuelens.builders.layouts import Companion, Laid
from cuelens.builders.shards import Shards, classes_file, sharded
from cuelens.datasets import CIFAR10_CLASSES
from cuelens.datasets.built_copy import built_copy
from cuelens.datasets.cifar10 import (
    TEST_BATCHES,
    TRAIN_BATCHES,
    batch_content,
    find_batches,
    image_ids,
)
from cuelens.datasets.cifar10_batches import batch_bytes, read_batch
from cuelens.errors import ConfigError
from cuelens.files import write_atomically

__all__ = ["BatchFiles", "BatchReader", "Cifar10Files"]

_SIDE = 32
_BESIDE = ("batches.meta", "readme.html")


@lru_cache(maxsize=1)  # the items of a task come from one batch
def _batch(path: Path) -> dict[bytes, Any]:
    return read_batch(batch_content(path, built_copy(path.parent)))


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchReader:
    """Reads images out of batches.

    Attributes:
        folder: That names of sources begin at.
    """

    folder: Path

    def __call__(self, source: str) -> Picture:
        """Return an image by a name such as "data_batch_1[42]"; see `Reader`."""
        name, _, row = source.rstrip("]").partition("[")
        pixels = _batch(self.folder / name)[b"data"][int(row)]
        return Picture(
            pixels=torch.from_numpy(pixels.reshape(3, _SIDE, _SIDE)),
            digest=hashlib.sha256(pixels.tobytes()).hexdigest(),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchFiles:
    """Writes outputs into batches: rows of a task at a time, put together at the end.

    Attributes:
        folder: Of the source, whose batches tell labels and file names.
        items_a_task: How many items are made at most before they are noted.
        crosses_files: Never.
        needs_all: Always: a batch has no place for an image that is not there.
    """

    folder: Path
    items_a_task: int = 500
    crosses_files: bool = False
    needs_all: bool = True

    @contextmanager
    def opened(
        self, out: Path, task: Task, *, draws: int, files: dict[str, str]
    ) -> Iterator[Write]:
        """Yield what writes the items of a task; see `Output`."""
        places = {item.entry: place for place, item in enumerate(task.items)}
        rows = np.empty((draws, len(task.items), 3 * _SIDE**2), dtype=np.uint8)

        def write(item: Item, draw: int, pixels: NDArray[np.uint8]) -> Written:
            row = rows[draw, places[item.entry]]
            row[:] = pixels.transpose(2, 0, 1).ravel()
            digest = hashlib.sha256(row.tobytes()).hexdigest()
            output = draw_folder(draw, draws) + item.output
            return Written(output=output, entry=item.entry, digest=digest)

        yield write
        for draw in range(draws):
            write_atomically(_rows_path(out, task, draw), rows[draw].tobytes())

    def finish(self, out: Path, tasks: tuple[Task, ...], *, draws: int) -> Mapping[str, str]:
        """Put the batches together; see `Output`."""
        files = {}
        names = dict.fromkeys(task.items[0].output for task in tasks)
        for draw in range(draws):
            for name in names:
                parts = [task for task in tasks if task.items[0].output == name]
                rows = b"".join(_rows_path(out, task, draw).read_bytes() for task in parts)
                data = np.frombuffer(rows, dtype=np.uint8).reshape(-1, 3 * _SIDE**2)
                content = batch_bytes({**_batch(self.folder / name), b"data": data})
                output = draw_folder(draw, draws) + name
                write_atomically(out / output, content)
                files[output] = hashlib.sha256(content).hexdigest()
        return files


def _rows_path(out: Path, task: Task, draw: int) -> Path:
    return out / BUILDING / "rows" / f"{task.number:08d}-{draw}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cifar10Files:
    """CIFAR-10's files, or a folder that holds their folder.

    Attributes:
        folder: As `datasets.Cifar10` takes it.
    """

    folder: Path

    def laid(self, *, size: int | None, shards: int | None, with_masks: bool) -> Laid:
        """Return the images of all six batches; see `Layout`.

        Raises:
            ConfigError: If another size or masks are asked for.
            MissingDataError: If a file is not there.
            DataError: If a file is not the published one.
        """
        if size not in (None, _SIDE):
            raise ConfigError(
                f"`--size` must be left out for CIFAR-10, whose images have {_SIDE} px, got {size}."
            )
        if with_masks:
            raise ConfigError(
                "This condition needs to know where the figure of each image is, got CIFAR-10, "
                "which has no masks. Take the source `rendered`, or a folder of images with "
                "`--masks`."
            )
        place = find_batches(self.folder, TRAIN_BATCHES + TEST_BATCHES)
        top = "" if place.resolve() == self.folder.resolve() else f"{place.name}/"
        digest = hashlib.sha256()
        items: list[Item] = []
        for part, names in (("train", TRAIN_BATCHES), ("test", TEST_BATCHES)):
            first = 0
            for name in names:
                batch = _batch(place / name)
                digest.update(batch[b"data"].tobytes())
                items += _items(part, top + name, batch[b"labels"], first, _condition(place))
                first += len(batch[b"labels"])
        beside = tuple(
            Companion(path=top + name, content=(place / name).read_bytes())
            for name in _BESIDE
            if (place / name).is_file()
        )
        reader = BatchReader(folder=self.folder)
        if shards is not None:
            splits = [item.id.split("/")[-2] for item in items]
            files = [
                replace(item, output=f"{split}/{item.label}/{item.id.split('/')[-1]}.png")
                for item, split in zip(items, splits, strict=True)
            ]
            return Laid(
                items=sharded(files, splits=splits, images=shards),
                problems=(),
                readers=(reader,),
                output=Shards(class_names=CIFAR10_CLASSES),
                digest=digest.hexdigest(),
                companions=(classes_file(CIFAR10_CLASSES),),
                reading=READ_SHARDS,
            )
        return Laid(
            items=tuple(items),
            problems=(),
            readers=(reader,),
            output=BatchFiles(folder=self.folder),
            digest=digest.hexdigest(),
            companions=beside,
            reading=_READ,
        )


def _condition(place: Path) -> str | None:
    copy = built_copy(place)
    return None if copy is None else copy.condition


def _items(
    part: str, output: str, labels: list[int], first: int, condition: str | None
) -> list[Item]:
    """Return the images of a batch whose first image has this place in its part."""
    ids = image_ids(part, range(first, first + len(labels)), condition)
    return [
        Item(
            id=image,
            sources=(f"{output}[{row}]",),
            output=output,
            entry=str(row),
            label=CIFAR10_CLASSES[label],
        )
        for row, (image, label) in enumerate(zip(ids, labels, strict=True))
    ]


_READ = """
The files are pickled batches in the publisher's form, and are read as those are:

```python
from cuelens import Cifar10

images = Cifar10("OUT", split="test")  # checked against the manifest; its name tells the condition
```

`pickle.load(file, encoding="bytes")` gives the publisher's dictionary.
`torchvision.datasets.CIFAR10` checks the published MD5 sums, which no copy can have: give it a
subclass whose `_check_integrity` returns True.
"""
