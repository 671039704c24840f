"""Which images lie at a place that a person names on the command line."""

from pathlib import Path

from cuelens import datasets
from cuelens.datasets.addresses import is_prefixed
from cuelens.datasets.cifar100 import find_cifar100
from cuelens.datasets.framing import Interpolation
from cuelens.datasets.roots import is_remote
from cuelens.datasets.tiny_imagenet_folder import find_tiny_imagenet
from cuelens.errors import MissingDataError
from cuelens.study.images.addressed_images import AddressedImages
from cuelens.study.images.data import (
    Cifar10,
    ConflictImages,
    CueControlled,
    ImageFolder,
    ReportedImages,
    StudyImages,
    TinyImageNet,
)
from cuelens.study.images.image_sources import Cifar100

__all__ = ["images_at", "reported_at"]

_CIFAR_FOLDER = "cifar-10-batches-py"


def images_at(place: str) -> tuple[StudyImages, Path | None]:
    """Return which images to learn from lie at a place that a person names.

    Args:
        place: A folder that holds the publisher's files of CIFAR-10, CIFAR-100 or Tiny ImageNet,
            or the folders train, validation and test; the word "rendered"; or an address that
            states its kind, such as csv:FILE or s3://bucket/folder (`cuelens.datasets`), whose
            images are held out by chance.

    Returns:
        What opens the images with the default settings, and the folder to open it with.

    Raises:
        MissingDataError: If the folder is not there or holds neither.
    """
    if place == "rendered":
        return CueControlled(), None
    if is_prefixed(place) or is_remote(place):
        return AddressedImages(address=place, size=32), None
    folder = Path(place)
    if any((base / "data_batch_1").is_file() for base in (folder, folder / _CIFAR_FOLDER)):
        return Cifar10(), folder
    if find_cifar100(folder) is not None:
        return Cifar100(), folder
    if find_tiny_imagenet(folder) is not None:
        return TinyImageNet(), folder
    if (folder / "train").is_dir():
        return ImageFolder(), folder
    if not folder.is_dir():
        raise MissingDataError(
            f"Expected a data folder at {place!r}, got nothing there. Give a folder that holds "
            "CIFAR-10, Tiny ImageNet or train/CLASS/, validation/CLASS/ and test/CLASS/ with "
            "images, or the word `rendered`."
        )
    raise MissingDataError(
        f"Expected images in {place!r}: CIFAR-10 (data_batch_1 in it or in {_CIFAR_FOLDER}), Tiny "
        "ImageNet (wnids.txt in it or in tiny-imagenet-200), or your own in train/CLASS/, "
        "validation/CLASS/ and test/CLASS/; got none of these. For CIFAR-10 unpack "
        "cifar-10-python.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html there, or give "
        "another `--data`."
    )


def reported_at(
    place: str,
    *,
    classes: tuple[str, ...] = (),
    size: int | None = None,
    crop: float = 1.0,
    interpolation: Interpolation = "bicubic",
    limit: int | None = None,
    seed: int = 0,
) -> tuple[ReportedImages, Path | None]:
    """Return which images to report on lie at a place that a person names.

    Args:
        place: As in `images_at`; a folder that holds the folder test alone; or any address of
            `cuelens.datasets.open_images`: cue-conflict images, class folders, Caltech, ImageNet,
            a table, shards, an archive.
        classes: Those of the models, which the classes of such images are matched with.
        size: Height and width that the models expect, for such images and for class folders;
            None: 224, and 32 for class folders beside a folder train.
        crop: The share of a picture's side that the models see. Class folders beside a folder
            train are read whole, so much larger; the models crop them.
        interpolation: How pictures at an address of `open_images` are resized.
        limit: How many of them are read, drawn by chance; None: all.
        seed: Of the draw.

    Returns:
        What opens the images, and the folder to open it with.

    Raises:
        MissingDataError: If nothing is there.
    """
    folder = Path(place)
    addressed = AddressedImages(
        address=place,
        classes=classes,
        size=size or 224,
        crop=crop,
        interpolation=interpolation,
        limit=limit,
        draw_seed=seed,
    )
    if place != "rendered" and not (folder / "train").is_dir():
        if (folder / "test").is_dir():
            return _of_size(ImageFolder(), size, crop), folder
        if datasets.is_conflict_folder(folder):
            return ConflictImages(size=size or 224, classes=classes), folder
    if place != "rendered" and (is_prefixed(place) or is_remote(place) or folder.is_file()):
        return addressed, None
    try:
        images, lies = images_at(place)
    except MissingDataError:
        if not folder.is_dir():
            raise
        return addressed, None
    return _of_size(images, size, crop), lies


def _of_size(images: ReportedImages, size: int | None, crop: float) -> ReportedImages:
    """Return class folders that are read at the size that a model expects, where it expects one."""
    if size is None or not isinstance(images, ImageFolder):
        return images
    return ImageFolder(size=round(size / crop))
