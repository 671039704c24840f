"""Folders of image files, however deep, as what is to be copied."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cuelens.builders.items import Item, Picture
from cuelens.builders.layouts import Companion, Laid
from cuelens.builders.output_names import output_names
from cuelens.builders.png_files import PngFiles
from cuelens.builders.shards import Shards, classes_file, sharded
from cuelens.builders.tree_walk import TREE_REMEDY, listing_digest, walk
from cuelens.datasets import Problem
from cuelens.datasets.decoding import UnreadableError, decode
from cuelens.errors import ConfigError, MissingDataError

__all__ = [
    "READ_FILES",
    "READ_SHARDS",
    "SPLITS",
    "FileReader",
    "ImageTree",
    "label_of",
    "laid_out",
]

SPLITS = ("train", "training", "val", "valid", "validation", "test", "testing")
"""Folders on top that hold class folders and are no classes themselves."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FileReader:
    """Reads image files below a folder.

    Attributes:
        root: The folder.
        size: Side of the square that each image is cropped and resized to; None keeps sizes.
    """

    root: Path
    size: int | None = None

    def __call__(self, source: str) -> Picture:
        """Return an image file; see `Reader`."""
        try:
            content = (self.root / source).read_bytes()
        except OSError as error:
            raise UnreadableError(f"it cannot be opened ({error.strerror})") from error
        decoded = decode(content, size=self.size)
        return Picture(
            pixels=decoded.pixels,
            digest=hashlib.sha256(content).hexdigest(),
            conversions=decoded.conversions,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageTree:
    """A folder of images: FOLDER/CLASS/IMAGE, or with splits on top, or deeper.

    Attributes:
        folder: Names in it that begin with a dot are passed over.
        masks: A folder with a mask for each image, at the same path but for its ending; bright
            pixels are the figure. None where there are no masks.
    """

    folder: Path
    masks: Path | None = None

    def laid(self, *, size: int | None, shards: int | None, with_masks: bool) -> Laid:
        """Return the items of this folder; see `Layout`.

        Raises:
            MissingDataError: If the folder is not there or holds no image.
            ConfigError: If masks are asked for and there are none.
        """
        found, problems = walk(self.folder)
        if not found:
            raise MissingDataError(
                f"`SOURCE` must hold images, got none in `{self.folder}`. {TREE_REMEDY}."
            )
        items = tuple(
            Item(
                id=_id_of(path),
                sources=(path,),
                output=output,
                label=label_of(path),
                notes=notes,
            )
            for path, (output, notes) in zip(found, output_names(found), strict=True)
        )
        readers: tuple[FileReader, ...] = (FileReader(root=self.folder, size=size),)
        if with_masks:
            items, without = self._with_masks(items)
            problems += without
            readers += (FileReader(root=self._mask_folder, size=size),)
        return laid_out(
            items,
            problems=problems,
            readers=readers,
            shards=shards,
            digest=listing_digest(self.folder, found),
        )

    @property
    def _mask_folder(self) -> Path:
        if self.masks is None:
            raise ConfigError(
                "This condition needs to know where the figure of each image is, got no masks. "
                "Give `--masks FOLDER` with a mask for each image, or take the source `rendered`."
            )
        return self.masks

    def _with_masks(self, items: Sequence[Item]) -> tuple[tuple[Item, ...], list[Problem]]:
        """Return the items that have a mask, with it, and what is told of the others."""
        there: dict[str, str] = {}
        for path in walk(self._mask_folder)[0]:
            there.setdefault(str(PurePosixPath(path).with_suffix("")), path)
        kept, problems = [], []
        for item in items:
            (source,) = item.sources
            mask = there.get(str(PurePosixPath(source).with_suffix("")))
            if mask is None:
                problems.append(Problem(path=source, reason="it has no mask"))
            else:
                kept.append(
                    Item(
                        id=item.id,
                        sources=(source, mask),
                        output=item.output,
                        label=item.label,
                        notes=item.notes,
                    )
                )
        if not kept:
            raise MissingDataError(
                f"`--masks` must hold a mask at the path of each image of `{self.folder}`, such "
                f"as `{PurePosixPath(items[0].sources[0]).with_suffix('.png')}`, got none of them "
                f"in `{self.masks}`."
            )
        return tuple(kept), problems


def _split_of(path: str) -> str:
    """Return the folder on top that holds class folders, "" where there is none."""
    parts = path.split("/")
    return parts[0] if parts[0] in SPLITS and len(parts) > 2 else ""


def _id_of(path: str) -> str:
    """Return what keys an image's chance: its path below the split, as `ImageFolder` has it."""
    split = _split_of(path)
    return path[len(split) + 1 :] if split else path


def label_of(path: str) -> str | None:
    """Return the name of the class folder, None where an image lies in none."""
    folder, _, below = _id_of(path).partition("/")
    return folder if below else None


def laid_out(
    items: tuple[Item, ...],
    *,
    problems: Sequence[Problem],
    readers: tuple[FileReader, ...],
    shards: int | None,
    digest: str,
    companions: tuple[Companion, ...] = (),
) -> Laid:
    """Return items as files of the same layout, or in shards.

    Args:
        items: Their outputs are PNG files.
        problems: What was left out.
        readers: One for each source of an item.
        shards: How many images to a shard; None for files.
        digest: Names the sources.
        companions: Of the layout with files; shards have none of them.
    """
    names = tuple(sorted({item.label for item in items if item.label is not None}))
    if shards is None:
        return Laid(
            items=items,
            problems=tuple(problems),
            readers=readers,
            output=PngFiles(),
            digest=digest,
            companions=companions,
            reading=READ_FILES,
        )
    return Laid(
        items=sharded(items, splits=[_split_of(item.output) for item in items], images=shards),
        problems=tuple(problems),
        readers=readers,
        output=Shards(class_names=names),
        digest=digest,
        companions=(classes_file(names),),
        reading=READ_SHARDS,
    )


READ_FILES = """
The folders are those of the source; every image is a PNG file with the stem of its source:

```python
from cuelens import ImageFolder

images = ImageFolder("OUT", size=224)  # or "OUT/train", where the source has splits
```

`torchvision.datasets.ImageFolder` and whatever else reads folders of images reads them too.
"""
READ_SHARDS = """
Each shard is a tar file with a PNG image and its class, a number, for each key; line k of
`classes.txt`, counted from 0, names class k:

```python
import webdataset

shards = webdataset.WebDataset("OUT/shard-000000.tar", shardshuffle=False)
images = shards.decode("pil").to_tuple("png", "cls")
```
"""
