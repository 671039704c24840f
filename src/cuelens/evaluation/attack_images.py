"""Originals and attacked images, kept beside the records of an attack.

It knows how they lie in a part and which of several attacks on an image is kept; it does not know
how they are drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from cuelens.evaluation.parts import load_tensors
from cuelens.evaluation.records import RecordStore
from cuelens.tensors import Images, Labels, PerImageInt

__all__ = ["IMAGES_TABLE", "AttackedImages", "merge_images"]

IMAGES_TABLE = "attack-images"
"""The table of the originals and the attacked images."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AttackedImages:
    """Images that were attacked, before and after.

    Attributes:
        ids: Image ids.
        originals: Pixels in [0, 1].
        attacked: Pixels in [0, 1], float32: rounded to 8 bits they may be right again.
        labels: True classes.
        before: What the untouched model answers to the originals.
        after: What it answers to the attacked images.
        model: Its name.
        condition: Name of the attack in the records.
        norm: Unit of the radius: "Linf", "L2" or "pixels".
        radius: Of the ball.
        class_names: By class.
    """

    ids: tuple[str, ...]
    originals: Images
    attacked: Images
    labels: Labels
    before: PerImageInt
    after: PerImageInt
    model: str
    condition: str
    norm: str
    radius: float
    class_names: tuple[str, ...]

    @classmethod
    def read(cls, store: RecordStore, key: str) -> "AttackedImages":
        """Return the images of a part.

        Raises:
            RecordError: If the part is torn or altered.
        """
        tensors, description = load_tensors(store.path(IMAGES_TABLE, key))
        fields: dict[str, Any] = {**tensors, **description}
        for name in ("ids", "class_names"):
            fields[name] = tuple(fields[name])
        return cls(**fields)

    def write(self, store: RecordStore, key: str, *, notes: Mapping[str, str]) -> None:
        """Keep the images as a part.

        Raises:
            StorageError: If the disk is full or cannot be written.
        """
        fields = {name: getattr(self, name) for name in self.__slots__}
        tensors = {name: value for name, value in fields.items() if isinstance(value, Tensor)}
        rest = {name: value for name, value in fields.items() if name not in tensors}
        store.write_tensors(IMAGES_TABLE, key, tensors, rest, notes=notes)


def merge_images(store: RecordStore, parts: Sequence[str], *, condition: str) -> AttackedImages:
    """Return each image once, as the first attack that fooled it left it, else as the last one did.

    Args:
        store: Where the parts are.
        parts: Keys, in the order in which they were computed. At least one.
        condition: Name of all of them together.
    """
    read = [AttackedImages.read(store, key) for key in parts]
    chosen: dict[str, tuple[int, int]] = {}
    for number, part in enumerate(read):
        for row, image in enumerate(part.ids):
            number_before, row_before = chosen.get(image, (-1, -1))
            if number_before >= 0 and _fooled(read[number_before], row_before):
                continue
            chosen[image] = (number, row)

    def gathered(name: str) -> Tensor:
        rows = [getattr(read[number], name)[row] for number, row in chosen.values()]
        return torch.stack(rows) if rows else getattr(read[0], name)

    first = read[0]
    return AttackedImages(
        ids=tuple(chosen),
        originals=gathered("originals"),
        attacked=gathered("attacked"),
        labels=gathered("labels"),
        before=gathered("before"),
        after=gathered("after"),
        model=first.model,
        condition=condition,
        norm=first.norm,
        radius=first.radius,
        class_names=first.class_names,
    )


def _fooled(part: AttackedImages, row: int) -> bool:
    return bool(part.after[row] != part.labels[row])
