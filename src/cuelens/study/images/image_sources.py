"""Images from further sources as words of a study file: each class's fields are its settings."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cuelens import datasets
from cuelens.datasets import Dataset, Listing, mapped_images, match_classes
from cuelens.errors import MissingDataError
from cuelens.study.images.addressed_images import held_out, read_and_tell
from cuelens.study.images.data import StudyData

__all__ = ["Caltech", "Cifar100", "HuggingFace", "ImageNet", "ImageTable", "WebDataset"]


def _required(folder: Path | None, what: str) -> Path:
    if folder is None:
        raise MissingDataError(
            f"Expected a data folder with {what}, got none. Give it with `--data FOLDER`."
        )
    return folder


def _below(folder: Path | None, path: str) -> str:
    """Return a path that is relative to the data folder, where there is one."""
    return path if folder is None or "://" in path else str(folder / path)


def _splits(images: Dataset, test: Dataset, validation: float, seed: int) -> StudyData:
    """Return training images with a share held out, and test images under the same classes."""
    training, chosen = datasets.split(images, count=round(validation * len(images)), seed=seed)
    return StudyData(
        training=training,
        validation=chosen,
        test=mapped_images(test, match_classes(test.class_names, images.class_names)),
        conflict=None,
        distributable=False,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Cifar100:
    """CIFAR-100 in the publisher's files.

    Attributes:
        validation: Training images held out, equally many a class.
        labelled: By the 100 fine classes or the 20 coarse ones.
    """

    validation: int = 5000
    labelled: Literal["fine", "coarse"] = "fine"

    def open(self, folder: Path | None, *, seed: int) -> StudyData:
        """Return the publisher's splits, a part of the training images held out."""
        place = _required(folder, "CIFAR-100's publisher's files")
        training, validation, test = (
            datasets.Cifar100(
                place,
                split=split,
                validation=self.validation,
                seed=seed,
                labelled=self.labelled,
            )
            for split in ("train", "validation", "test")
        )
        return StudyData(
            training=training, validation=validation, test=test, conflict=None, distributable=False
        )

    def open_test(self, folder: Path | None, *, seed: int) -> Dataset:
        """Return the publisher's test images."""
        place = _required(folder, "CIFAR-100's publisher's files")
        return datasets.Cifar100(place, split="test", labelled=self.labelled)


@dataclass(frozen=True, kw_only=True, slots=True)
class Caltech:
    """Caltech-101 or Caltech-256 in the publisher's folders, without the clutter.

    Attributes:
        size: Height and width in pixels that images are resized and cropped to.
        crop: Side of the central square that is seen, as a share of the shorter side.
        validation: Share of the images that chooses.
        test: Share of the images that is reported.
    """

    size: int = 128
    crop: float = 1.0
    validation: float = 0.1
    test: float = 0.2

    def open(self, folder: Path | None, *, seed: int) -> StudyData:
        """Return three splits, drawn by chance."""
        images = read_and_tell(self._listing(folder), self.size, self.crop)
        return held_out(images, validation=self.validation, test=self.test, seed=seed)

    def open_test(self, folder: Path | None, *, seed: int) -> Dataset:
        """Return the images that are reported."""
        return self.open(folder, seed=seed).test

    def _listing(self, folder: Path | None) -> Listing:
        from cuelens.datasets.caltech import caltech
        from cuelens.datasets.roots import root_at

        place = _required(folder, "Caltech-101 or Caltech-256")
        found = caltech(root_at(str(place)))
        if found is None:
            raise MissingDataError(
                f"Expected Caltech's class folders (101_ObjectCategories or 256_ObjectCategories) "
                f"in `{place}`, got others. Give the folder that holds them."
            )
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageNet:
    """ImageNet: class folders of train, and validation images in class folders or with labels.

    Attributes:
        size: Height and width in pixels that images are resized and cropped to.
        crop: Side of the central square that is seen, as a share of the shorter side.
        labels: The file with the classes of flat validation images; a usual name if None.
        validation: Share of the training images that chooses.
    """

    size: int = 224
    crop: float = 1.0
    labels: str | None = None
    validation: float = 0.04

    def open(self, folder: Path | None, *, seed: int) -> StudyData:
        """Return the training images, a part of them held out, and the validation images."""
        from cuelens.datasets.layouts import class_folders_at

        place = _required(folder, "ImageNet's folders train and val")
        images = read_and_tell(class_folders_at(str(place / "train")), self.size, self.crop)
        return _splits(images, self.open_test(folder, seed=seed), self.validation, seed)

    def open_test(self, folder: Path | None, *, seed: int) -> Dataset:
        """Return the validation images."""
        from cuelens.datasets.layouts import imagenet_at

        place = _required(folder, "ImageNet's validation images")
        return read_and_tell(imagenet_at(str(place), labels=self.labels), self.size, self.crop)


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageTable:
    """Images listed in a CSV or Parquet file.

    Attributes:
        file: Below the data folder where one is given. Paths in it are relative to its folder.
        path: The column of paths; a usual name if None.
        label: The column of labels; a usual name if None.
        classes: A file with a class name a line, for labels that count from 0.
        size: Height and width in pixels that images are resized and cropped to.
        crop: Side of the central square that is seen, as a share of the shorter side.
        validation: Share of the images that chooses.
        test: Share of the images that is reported.
    """

    file: str
    path: str | None = None
    label: str | None = None
    classes: str | None = None
    size: int = 224
    crop: float = 1.0
    validation: float = 0.1
    test: float = 0.2

    def open(self, folder: Path | None, *, seed: int) -> StudyData:
        """Return three splits, drawn by chance."""
        from cuelens.datasets.image_table import image_table

        listing = image_table(
            _below(folder, self.file), path=self.path, label=self.label, classes=self.classes
        )
        images = read_and_tell(listing, self.size, self.crop)
        return held_out(images, validation=self.validation, test=self.test, seed=seed)

    def open_test(self, folder: Path | None, *, seed: int) -> Dataset:
        """Return the images that are reported."""
        return self.open(folder, seed=seed).test


@dataclass(frozen=True, kw_only=True, slots=True)
class HuggingFace:
    """A data set of Hugging Face with the splits train and test.

    Attributes:
        name: A name on the hub, or a folder below the data folder where one is given.
        config: Of a data set that has several.
        image: The column of images; the first one of that kind if None.
        label: The column of labels; the first one of classes if None.
        training: Name of the split to learn from.
        reported: Name of the split that is reported.
        size: Height and width in pixels that images are resized and cropped to.
        crop: Side of the central square that is seen, as a share of the shorter side.
        validation: Share of the training images that chooses.
    """

    name: str
    config: str | None = None
    image: str | None = None
    label: str | None = None
    training: str = "train"
    reported: str = "test"
    size: int = 224
    crop: float = 1.0
    validation: float = 0.1

    def open(self, folder: Path | None, *, seed: int) -> StudyData:
        """Return the two splits, a part of the training images held out."""
        images = self._images(folder, self.training)
        return _splits(images, self.open_test(folder, seed=seed), self.validation, seed)

    def open_test(self, folder: Path | None, *, seed: int) -> Dataset:
        """Return the split that is reported."""
        return self._images(folder, self.reported)

    def _images(self, folder: Path | None, split: str) -> Dataset:
        from cuelens.datasets.hugging_face import hugging_face

        name = str(folder / self.name) if folder and (folder / self.name).is_dir() else self.name
        listing = hugging_face(
            name, config=self.config, split=split, image=self.image, label=self.label
        )
        return read_and_tell(listing, self.size, self.crop)


@dataclass(frozen=True, kw_only=True, slots=True)
class WebDataset:
    """WebDataset shards.

    Attributes:
        training: Pattern of the shards to learn from, below the data folder where one is given.
        reported: Pattern of the shards that are reported.
        classes: A file with a class name a line; classes.txt beside the shards if None.
        size: Height and width in pixels that images are resized and cropped to.
        crop: Side of the central square that is seen, as a share of the shorter side.
        validation: Share of the training images that chooses.
    """

    training: str
    reported: str
    classes: str | None = None
    size: int = 224
    crop: float = 1.0
    validation: float = 0.1

    def open(self, folder: Path | None, *, seed: int) -> StudyData:
        """Return both, a part of the training images held out."""
        images = self._images(folder, self.training)
        return _splits(images, self.open_test(folder, seed=seed), self.validation, seed)

    def open_test(self, folder: Path | None, *, seed: int) -> Dataset:
        """Return the shards that are reported."""
        return self._images(folder, self.reported)

    def _images(self, folder: Path | None, pattern: str) -> Dataset:
        from cuelens.datasets.shards import shards

        return read_and_tell(
            shards(_below(folder, pattern), classes=self.classes), self.size, self.crop
        )
