"""The pictures to pick from: some of a folder, or rendered ones."""

from dataclasses import dataclass
from pathlib import Path

import torch

from cuelens.datasets import Cifar10, CueControlled, NamedImages
from cuelens.errors import DataError, MissingDataError
from cuelens.tensors import Images

__all__ = ["Picture", "pictures_in", "rendered_pictures"]

_MOST = 24
"""Pictures on a page."""
_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
_LARGEST_RENDERED = 224


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Picture:
    """A picture to look at.

    Attributes:
        name: What it is called.
        label: Name of its class; None where it is unknown.
        images: A batch of one, pixels in [0, 1].
    """

    name: str
    label: str | None
    images: Images


def pictures_in(folder: Path, *, class_names: tuple[str, ...], side: int) -> tuple[Picture, ...]:
    """Return pictures of a folder, evenly chosen over all of them by name.

    Args:
        folder: Images in folders of any depth, one that is named after a class being its label;
            or CIFAR-10 as it is published.
        class_names: Those of the models.
        side: In pixels; the largest central square is resized to it.

    Raises:
        MissingDataError: If there is no image that can be read.
        DataError: If an image cannot be read.
    """
    if (folder / "cifar-10-batches-py").is_dir():
        dataset = Cifar10(folder, split="test")
        rows = torch.linspace(0, len(dataset) - 1, _MOST).long()
        names = [dataset.class_names[label] for label in dataset.labels[rows].tolist()]
        ids = [dataset.ids[row] for row in rows.tolist()]
        return _named(ids, names, dataset.images(rows))
    seen = sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS and path.is_file()
    )
    if not seen:
        raise MissingDataError(
            f"Expected images ({', '.join(_ENDINGS)}) in the folder `{folder}`, got none. "
            "Name another folder, or none: then pictures are rendered."
        )
    every = max(1, -(-len(seen) // _MOST))
    images = NamedImages.at(seen[::every], class_names=class_names, size=side)
    if images.refused:
        first = images.refused[0]
        raise DataError(
            f"`{first.path}` must be an image that can be read, but {first.reason}. Take it out of "
            "the folder."
        )
    labels = [class_names[label] if label >= 0 else None for label in images.labels.tolist()]
    ids = [str(Path(path).relative_to(folder)) for path in images.ids]
    return _named(ids, labels, images.images(torch.arange(len(images))))


def rendered_pictures(side: int) -> tuple[Picture, ...]:
    """Return rendered figures: of each class one whose cues agree, then some whose cues disagree.

    Args:
        side: In pixels, as far as they are rendered: 32 to 224.
    """
    size = min(max(side, 32), _LARGEST_RENDERED)
    found: list[Picture] = []
    for dataset, count in (
        (CueControlled(count=10, size=size, split="test"), 10),
        (CueControlled(count=10, size=size, split="test", conflict=True), 8),
    ):
        rows = torch.linspace(0, len(dataset) - 1, count).long()
        names = [dataset.class_names[label] for label in dataset.labels[rows].tolist()]
        ids = [dataset.ids[row] for row in rows.tolist()]
        found += _named(ids, names, dataset.images(rows))
    return tuple(found)


def _named(
    ids: list[str], labels: list[str] | list[str | None], images: Images
) -> tuple[Picture, ...]:
    return tuple(
        Picture(name=name, label=label, images=images[place : place + 1])
        for place, (name, label) in enumerate(zip(ids, labels, strict=True))
    )
