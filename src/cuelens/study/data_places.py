"""Which images lie at a place that a person names on the command line."""

from pathlib import Path

from cuelens import datasets
from cuelens.datasets.tiny_imagenet_folder import find_tiny_imagenet
from cuelens.errors import MissingDataError
from cuelens.study.data import (
    Cifar10,
    ConflictImages,
    CueControlled,
    ImageFolder,
    ReportedImages,
    StudyImages,
    TinyImageNet,
)

__all__ = ["images_at", "reported_at"]

_CIFAR_FOLDER = "cifar-10-batches-py"


def images_at(place: str) -> tuple[StudyImages, Path | None]:
    """Return which images to learn from lie at a place that a person names.

    Args:
        place: A folder that holds the publisher's files of CIFAR-10 or Tiny ImageNet, or the
            folders train, validation and test; or the word "rendered".

    Returns:
        What opens the images with the default settings, and the folder to open it with.

    Raises:
        MissingDataError: If the folder is not there or holds neither.
    """
    if place == "rendered":
        return CueControlled(), None
    folder = Path(place)
    if any((base / "data_batch_1").is_file() for base in (folder, folder / _CIFAR_FOLDER)):
        return Cifar10(), folder
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
    place: str, *, classes: tuple[str, ...] = (), size: int | None = None
) -> tuple[ReportedImages, Path | None]:
    """Return which images to report on lie at a place that a person names.

    Args:
        place: As in `images_at`, or a folder that holds the folder test alone, or one of
            cue-conflict images.
        classes: Those of the models, for cue-conflict images.
        size: Height and width that the models expect, for cue-conflict images; None: 224.

    Returns:
        What opens the images, and the folder to open it with.

    Raises:
        MissingDataError: If the folder is not there or holds none of these.
    """
    folder = Path(place)
    if place != "rendered" and not (folder / "train").is_dir():
        if (folder / "test").is_dir():
            return ImageFolder(), folder
        if datasets.is_conflict_folder(folder):
            return ConflictImages(size=size or 224, classes=classes), folder
    return images_at(place)
