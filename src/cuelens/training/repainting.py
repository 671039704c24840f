"""Training images that a transform has changed, once, before training begins.

It knows how to keep what has been made so far; which transform it is, it does not know.
"""

from pathlib import Path

import torch
from jaxtyping import UInt8
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from cuelens.datasets.fingerprint import content_digest
from cuelens.datasets.in_memory import InMemoryDataset
from cuelens.datasets.protocol import Dataset
from cuelens.files import write_atomically
from cuelens.randomness import Chance
from cuelens.transforms import Transform

__all__ = ["content_of", "repainted"]

_ROWS = 500


def content_of(transform: Transform) -> str:
    """Return what names a transform's settings, and the pixels of its style pictures if any."""
    pictures = getattr(getattr(transform, "styles", None), "fingerprint", "")
    return f"{transform!r} {transform.version} {pictures}"


def repainted(dataset: Dataset, transform: Transform, *, seed: int, folder: Path) -> Dataset:
    """Return a data set whose images are changed; ids, labels and classes stay.

    Args:
        dataset: The images.
        transform: Changes each image.
        seed: The training seed, which keys its chance.
        folder: Keeps the changed images, in parts; those that are there are not made again.

    Returns:
        The changed images, 8 bits a channel, in memory.

    Raises:
        StorageError: If the disk is full.
    """
    key = content_digest(content_of(transform).encode(), dataset.fingerprint, seed)
    ids = dataset.ids
    parts = []
    for rows in torch.split(torch.arange(len(dataset)), _ROWS):
        file = folder / f"images-{int(rows[0]):07d}.safetensors"
        pixels = _kept(file, key)
        if pixels is None:
            chance = Chance(seed, tuple(ids[row] for row in rows.tolist()))
            changed = transform(dataset.images(rows), chance=chance)
            pixels = (changed * 255).round().to(torch.uint8).contiguous()
            write_atomically(file, save({"pixels": pixels}, metadata={"key": key}))
        parts.append(pixels)
    return InMemoryDataset(
        name=dataset.name,
        class_names=dataset.class_names,
        ids=ids,
        labels=dataset.labels,
        pixels=torch.cat(parts),
    )


def _kept(file: Path, key: str) -> UInt8[Tensor, "row channel height width"] | None:
    """Return the pixels of a part, or None if it is not there, torn, or of other images."""
    try:
        with safe_open(file, framework="pt") as part:
            if (part.metadata() or {}).get("key") != key:
                return None
            pixels: Tensor = part.get_tensor("pixels").clone()
            return pixels
    except (SafetensorError, OSError):
        return None
