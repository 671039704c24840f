"""Rendered images with known shape, texture and colour as a source, and their exact masks."""

import hashlib
from dataclasses import dataclass, replace

import torch

from cuelens.builders.image_tree import READ_FILES, READ_SHARDS
from cuelens.builders.items import Item, Picture
from cuelens.builders.layouts import Laid
from cuelens.builders.png_files import PngFiles
from cuelens.builders.shards import Shards, classes_file, sharded
from cuelens.datasets import CueControlled

__all__ = ["Rendered", "SceneReader"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SceneReader:
    """Renders images, or their masks, by names such as "train/00042".

    Attributes:
        splits: Rendered images, each of another split.
        masks: Whether masks are rendered, white where the figure is.
    """

    splits: tuple[CueControlled, ...]
    masks: bool = False

    def __call__(self, source: str) -> Picture:
        """Return a rendered image or mask; see `Reader`."""
        split, _, row = source.partition("/")
        images = next(images for images in self.splits if images.split == split)
        rows = torch.tensor([int(row)])
        if self.masks:
            pixels = images.masks(rows).to(torch.uint8) * 255
        else:
            pixels = (images.images(rows)[0] * 255).round().to(torch.uint8)
        digest = hashlib.sha256(pixels.numpy().tobytes()).hexdigest()
        return Picture(pixels=pixels, digest=digest)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """What `cuelens study` renders: train, validation and test images of figures.

    Attributes:
        training: How many images to learn from.
        validation: How many that choose.
        test: How many that are reported.
        seed: Of the images.
    """

    training: int = 10_000
    validation: int = 1_000
    test: int = 2_000
    seed: int = 0

    def splits(self, size: int | None) -> tuple[CueControlled, ...]:
        """Return the images of each split.

        Raises:
            ConfigError: If a setting is out of range.
        """
        whole = CueControlled(seed=self.seed, size=32 if size is None else size)
        return (
            replace(whole, count=self.training),
            replace(whole, split="validation", count=self.validation),
            replace(whole, split="test", count=self.test),
        )

    def laid(self, *, size: int | None, shards: int | None, with_masks: bool) -> Laid:
        """Return the images of every split, with masks where they are needed; see `Layout`.

        Raises:
            ConfigError: If the size is out of range.
        """
        splits = self.splits(size)
        digest = hashlib.sha256()
        items = []
        for images in splits:
            digest.update(images.fingerprint.encode())
            for row, image in enumerate(images.ids):
                name, label = f"{images.split}/{row:05d}", images.class_names[row % 10]
                items.append(
                    Item(
                        id=image,
                        sources=(name, name) if with_masks else (name,),
                        output=f"{images.split}/{label}/{row:05d}.png",
                        label=label,
                        fields=_fields(images, row),
                    )
                )
        readers = (SceneReader(splits=splits), SceneReader(splits=splits, masks=True))
        names = splits[0].class_names
        if shards is not None:
            folders = [item.output.partition("/")[0] for item in items]
            return Laid(
                items=sharded(items, splits=folders, images=shards),
                problems=(),
                readers=readers if with_masks else readers[:1],
                output=Shards(class_names=names),
                digest=digest.hexdigest(),
                companions=(classes_file(names),),
                reading=READ_SHARDS,
            )
        return Laid(
            items=tuple(items),
            problems=(),
            readers=readers if with_masks else readers[:1],
            output=PngFiles(),
            digest=digest.hexdigest(),
            reading=READ_FILES,
        )


def _fields(images: CueControlled, row: int) -> tuple[tuple[str, str], ...]:
    """Return the columns that tell each cue."""
    return tuple(
        (cue, images.cue_names[cue][int(labels[row])]) for cue, labels in images.cues.items()
    )
