"""A picture of each class of a data set, as files: something to try other commands on."""

from pathlib import Path

import torch

from cuelens.builders.png_files import png_bytes
from cuelens.datasets import Dataset
from cuelens.files import write_atomically

__all__ = ["write_examples"]


def write_examples(dataset: Dataset, folder: Path) -> tuple[Path, ...]:
    """Write the first image of each class, as CLASS.png.

    Args:
        dataset: Its classes have names that files may have, as those of rendered images do.
        folder: Made where it is not there. A file that is there is written anew.

    Returns:
        The files, in the order of the classes; none of a class without images.

    Raises:
        StorageError: If the disk is full.
    """
    found = []
    for label, name in enumerate(dataset.class_names):
        rows = torch.nonzero(dataset.labels == label).flatten()[:1]
        if len(rows):
            (image,) = dataset.images(rows)
            pixels = (image * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
            found.append(folder / f"{name}.png")
            folder.mkdir(parents=True, exist_ok=True)
            write_atomically(found[-1], png_bytes(pixels))
    return tuple(found)
