"""Labelled images that are known by name and not read yet: what every reader of a layout makes.

A million images are a list of names here. It knows which there are and where their bytes come
from; how they are decoded, and which cannot be, others find out.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from cuelens.datasets.reading import Problem
from cuelens.datasets.roots import Root
from cuelens.errors import DataError
from cuelens.tensors import Labels

__all__ = ["FilesBelow", "Listing", "Place", "labelled"]


@runtime_checkable
class Place(Protocol):
    """Where the bytes of images come from."""

    def read(self, image: str) -> bytes:
        """Return the encoded image of an id; OSError if it cannot be read. Threads may call it."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class FilesBelow:
    """Image files whose ids are their paths below a folder.

    Attributes:
        root: The folder.
    """

    root: Root

    def read(self, image: str) -> bytes:
        """Return the content of a file; OSError if it cannot be read."""
        return self.root.read(image)


@dataclass(frozen=True, kw_only=True, eq=False)
class Listing:
    """Images by name, with their labels.

    Attributes:
        name: For tables.
        recognised: What was found, as a noun with its place: "Caltech-101 in `photos`".
        class_names: In the order of the labels.
        ids: One an image, each different.
        labels: One an image, 0 to class - 1.
        place: Where their bytes come from.
        problems: What is there and was left out, and why.
        wordnet_ids: Of the classes, such as "n01440764"; empty where they are not known.
        indices: Places of the classes among ImageNet's 1,000; empty where they are not known.
        is_stream: Whether its images are the first ones of a stream that goes on.
    """

    name: str
    recognised: str
    class_names: tuple[str, ...]
    ids: Sequence[str]
    labels: Labels
    place: Place
    problems: tuple[Problem, ...] = ()
    wordnet_ids: tuple[str, ...] = ()
    indices: tuple[int, ...] = ()
    is_stream: bool = False

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Tensor, *, name: str) -> "Listing":
        """Return these rows alone, under another name."""
        ids = [self.ids[row] for row in rows.tolist()]
        return replace(self, name=name, ids=ids, labels=self.labels[rows])

    def digest(self) -> str:
        """Return 32 hexadecimal digits that name ids and labels; pixels are not known yet."""
        digest = hashlib.blake2b(digest_size=16)
        for image, label in zip(self.ids, self.labels.tolist(), strict=True):
            digest.update(f"{image}\x1f{label}\x1e".encode())
        return digest.hexdigest()


def labelled(
    found: Mapping[str, str], *, class_names: tuple[str, ...], where: str
) -> tuple[list[str], Labels]:
    """Return ids and labels of images whose classes are known by name.

    Args:
        found: Each image's id to its class.
        class_names: In the order of the labels.
        where: What to name if there is nothing.

    Raises:
        DataError: If there is no image.
    """
    if not found:
        raise DataError(f"{where} must hold images with classes, got none. Correct `--data`.")
    places = {name: label for label, name in enumerate(class_names)}
    return list(found), torch.tensor([places[name] for name in found.values()])
