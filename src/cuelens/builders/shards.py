"""WebDataset shards: tar files of PNG images and their classes.

Source:
    https://github.com/webdataset/webdataset, "The WebDataset Format".
    Differs: none; owners, times and permissions in the headers are constant.
"""

import hashlib
import io
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from cuelens.builders.items import Item, Task, Write, Written, draw_folder
from cuelens.builders.layouts import Companion
from cuelens.builders.png_files import png_bytes
from cuelens.datasets.built_copy import CLASSES
from cuelens.errors import ConfigError
from cuelens.files import replacing

__all__ = ["Shards", "classes_file", "sharded"]


def sharded(items: Sequence[Item], *, splits: Sequence[str], images: int) -> tuple[Item, ...]:
    """Return the items with their places in shards.

    Args:
        items: In the order of the shards.
        splits: The folder of each item's shard, "" for none; a shard holds items of one folder.
        images: How many to a shard; the last of a folder holds the rest.

    Raises:
        ConfigError: If `images` is below 1.
    """
    if images < 1:
        raise ConfigError(f"`shards` must hold at least 1 image each, got {images}.")
    counts: dict[str, int] = {}
    keys: set[str] = set()
    placed: dict[str, list[Item]] = {}
    for item, split in zip(items, splits, strict=True):
        number = counts[split] = counts.get(split, -1) + 1
        key = _key(item.output, split, keys)
        shard = f"{split}/" if split else ""
        output = f"{shard}shard-{number // images:06d}.tar"
        placed.setdefault(split, []).append(replace(item, output=output, entry=key))
    return tuple(item for split in placed.values() for item in split)


def classes_file(names: Sequence[str]) -> Companion:
    """Return the file that says which class each label of the shards is."""
    return Companion(path=CLASSES, content="".join(f"{name}\n" for name in names).encode())


def _key(output: str, split: str, keys: set[str]) -> str:
    """Return a new name without dots: WebDataset ends a name at the first one."""
    path = PurePosixPath(output).with_suffix("")
    if split:
        path = path.relative_to(split)
    plain = str(path).replace(".", "_")
    key, number = plain, 1
    while (split + "/" + key) in keys:
        number += 1
        key = f"{plain}_{number}"
    keys.add(split + "/" + key)
    return key


@dataclass(frozen=True, kw_only=True, slots=True)
class Shards:
    """Writes the outputs of a task into one tar file a draw.

    Attributes:
        class_names: In the order of the labels that the shards hold.
        items_a_task: As many as a shard holds.
        crosses_files: Never.
        needs_all: Never.
    """

    class_names: tuple[str, ...]
    items_a_task: None = None
    crosses_files: bool = False
    needs_all: bool = False

    @contextmanager
    def opened(
        self, out: Path, task: Task, *, draws: int, files: dict[str, str]
    ) -> Iterator[Write]:
        """Yield what writes the items of a task; see `Output`."""
        output = task.items[0].output
        names = [draw_folder(draw, draws) + output for draw in range(draws)]
        labels = {name: str(label).encode() for label, name in enumerate(self.class_names)}
        with ExitStack() as stack:
            paths = [stack.enter_context(replacing(out / name)) for name in names]
            with ExitStack() as tars:
                archives = [
                    tars.enter_context(tarfile.open(path, "w", format=tarfile.PAX_FORMAT))
                    for path in paths
                ]

                def write(item: Item, draw: int, pixels: NDArray[np.uint8]) -> Written:
                    content = png_bytes(pixels)
                    _add(archives[draw], f"{item.entry}.png", content)
                    if item.label is not None:
                        _add(archives[draw], f"{item.entry}.cls", labels[item.label])
                    digest = hashlib.sha256(content).hexdigest()
                    return Written(output=names[draw], entry=item.entry, digest=digest)

                yield write
            for name, path in zip(names, paths, strict=True):
                with path.open("rb") as file:
                    files[name] = hashlib.file_digest(file, "sha256").hexdigest()

    def finish(self, out: Path, tasks: tuple[Task, ...], *, draws: int) -> Mapping[str, str]:
        """Return nothing: each task has told of its own files."""
        return {}


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    header = tarfile.TarInfo(name)  # its owner, group and time are 0
    header.size = len(content)
    header.mode = 0o644
    archive.addfile(header, io.BytesIO(content))
