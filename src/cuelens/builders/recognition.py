"""Which kind of source lies at a place that a person names."""

from pathlib import Path

from cuelens.builders.cifar10_files import Cifar10Files
from cuelens.builders.image_tree import ImageTree
from cuelens.builders.layouts import Layout
from cuelens.builders.rendered import Rendered
from cuelens.builders.tiny_imagenet_files import TinyImageNetFiles
from cuelens.datasets.cifar10 import TRAIN_BATCHES
from cuelens.datasets.tiny_imagenet_folder import find_tiny_imagenet
from cuelens.errors import ConfigError

_CIFAR_FOLDER = "cifar-10-batches-py"

__all__ = ["layout_at"]


def layout_at(source: str, *, masks: Path | None = None) -> Layout:
    """Return the layout of a source.

    Args:
        source: A folder, or the word "rendered".
        masks: A folder of masks; for folders of images alone.
    """
    if source == "rendered":
        _refuse_masks(masks, "rendered images, whose masks are known")
        return Rendered()
    folder = Path(source)
    if any((base / TRAIN_BATCHES[0]).is_file() for base in (folder, folder / _CIFAR_FOLDER)):
        _refuse_masks(masks, "CIFAR-10")
        return Cifar10Files(folder=folder)
    if (place := find_tiny_imagenet(folder)) is not None:
        _refuse_masks(masks, "Tiny ImageNet")
        return TinyImageNetFiles(folder=place)
    return ImageTree(folder=Path(source), masks=masks)


def _refuse_masks(masks: Path | None, what: str) -> None:
    if masks is not None:
        raise ConfigError(f"`--masks` must go with a folder of images, got {what}. Leave it out.")
