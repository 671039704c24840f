"""Which layout a folder or file has: the published ones first, class folders last."""

from dataclasses import dataclass
from pathlib import Path

from cuelens.datasets.caltech import caltech
from cuelens.datasets.cifar10 import TRAIN_BATCHES, Cifar10
from cuelens.datasets.cifar100 import Cifar100, find_cifar100
from cuelens.datasets.class_folders import CLASS_LAYOUT, class_folders, folders_in
from cuelens.datasets.cue_conflict import CueConflictFolder, is_conflict_folder
from cuelens.datasets.cue_controlled import CueControlled
from cuelens.datasets.imagenet import imagenet
from cuelens.datasets.listing import Listing
from cuelens.datasets.protocol import Dataset
from cuelens.datasets.roots import Root, root_at
from cuelens.datasets.tiny_imagenet import TinyImageNet
from cuelens.datasets.tiny_imagenet_folder import find_tiny_imagenet
from cuelens.errors import MissingDataError

__all__ = ["Published", "class_folders_at", "imagenet_at", "listing_at", "published_at"]

_CIFAR_FOLDER = "cifar-10-batches-py"
_REPORTED = ("test", "validation", "val")
_SAVED = ("dataset_dict.json", "state.json")
_TABLES = (".csv", ".tsv", ".parquet")


@dataclass(frozen=True, kw_only=True)
class Published:
    """A data set that is read in the form of its publisher.

    Attributes:
        dataset: The part that is reported.
        recognised: What was found, as a noun with its place.
    """

    dataset: Dataset
    recognised: str


def published_at(address: str, *, size: int) -> Published | None:
    """Return images that know more than their classes, or have one size by nature.

    Args:
        address: The word "rendered", or a folder of CIFAR-10, CIFAR-100, Tiny ImageNet or
            cue-conflict images.
        size: Side in pixels of cue-conflict images.

    Returns:
        None where none of these is there.
    """
    if address == "rendered":
        return Published(
            dataset=CueControlled(split="test", count=2_000), recognised="rendered images"
        )
    folder = Path(address)
    for place in (folder, folder / _CIFAR_FOLDER):
        if (place / TRAIN_BATCHES[0]).is_file() or (place / "test_batch").is_file():
            return Published(
                dataset=Cifar10(folder, split="test"),
                recognised=f"CIFAR-10's test images in `{address}`",
            )
    if find_cifar100(folder) is not None:
        return Published(
            dataset=Cifar100(folder, split="test"),
            recognised=f"CIFAR-100's test images in `{address}`",
        )
    if find_tiny_imagenet(folder) is not None:
        return Published(
            dataset=TinyImageNet(folder, split="test"),
            recognised=f"Tiny ImageNet's validation images in `{address}`",
        )
    if is_conflict_folder(folder):
        return Published(
            dataset=CueConflictFolder(folder, size=size),
            recognised=f"cue-conflict images in `{address}`",
        )
    return None


def listing_at(address: str) -> Listing:
    """List the images of a folder, an archive or a file, by what it looks like.

    Args:
        address: A path, or a URL that fsspec knows.

    Raises:
        MissingDataError: If nothing is there, or no layout fits.
        DataError: If the layout fits and no image does.
    """
    name = address.lower()
    if name.endswith(_TABLES):
        from cuelens.datasets.image_table import image_table

        return image_table(address)
    if ".tar" in Path(name).suffixes or name.endswith(".tgz"):
        from cuelens.datasets.shards import shards

        return shards(address)
    root = root_at(address)
    if not any(root.entries()):
        raise MissingDataError(
            f"`{address}` must hold images, got an empty folder. {CLASS_LAYOUT}, or give another "
            "`--data`."
        )
    if any(root.has(mark) for mark in _SAVED):
        from cuelens.datasets.hugging_face import hugging_face

        return hugging_face(address)
    return caltech(root) or imagenet(root) or _sharded(root) or _class_folders(root)


def imagenet_at(address: str, *, labels: str | None = None) -> Listing:
    """List images of ImageNet; see `imagenet`.

    Raises:
        MissingDataError: If there are none.
    """
    found = imagenet(root_at(address), labels=labels)
    if found is None:
        raise MissingDataError(
            f"`{address}` must hold ImageNet: class folders named by WordNet ids, such as "
            "n01440764, or files ILSVRC2012_val_00000001.JPEG; got neither there nor in val. Give "
            "the folder that holds them."
        )
    return found


def class_folders_at(address: str) -> Listing:
    """List the images of class folders, whatever else their names might mean."""
    return class_folders(root_at(address))


def _sharded(root: Root) -> Listing | None:
    """List shards, where a folder holds them."""
    tars = [entry.name for entry in root.entries() if entry.name.endswith((".tar", ".tar.gz"))]
    if not tars:
        return None
    from cuelens.datasets.shards import shards

    return shards("::".join(f"{root.address.rstrip('/')}/{name}" for name in tars))


def _class_folders(root: Root) -> Listing:
    folders = folders_in(root)
    for part in _REPORTED:
        if part in folders and folders_in(root.inside(part)):
            return class_folders(root.inside(part), what=f"images in class folders of {part}")
    if folders == ("train",):
        raise MissingDataError(
            f"`{root.address}` must hold images to report on in {', '.join(_REPORTED)}, got train "
            f"alone. To take the training images, give `{root.address.rstrip('/')}/train`."
        )
    return class_folders(root)
