"""The images of a study: a training, a validation and a test split, and what else is rendered.

Each class here is a word of the study file's `data` field; its fields are the settings.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from cuelens import datasets
from cuelens.datasets import CueDataset, Dataset
from cuelens.datasets.drawing import drawn_images, require_limit
from cuelens.errors import ConfigError, MissingDataError
from cuelens.study.images.composed_conflict import ComposedConflict
from cuelens.study.images.left_out import warn_of_problems
from cuelens.study.progress import warn_of

__all__ = [
    "Cifar10",
    "ConflictImages",
    "CueControlled",
    "ImageFolder",
    "ReportedImages",
    "StudyData",
    "StudyImages",
    "TinyImageNet",
]


@dataclass(frozen=True, kw_only=True)
class StudyData:
    """The splits of a study.

    Attributes:
        training: Networks learn from these.
        validation: These choose epochs and stops.
        test: These are reported.
        conflict: Shape of one class, texture of another; None where cues are not known.
        distributable: Whether pictures of the images may be shown to anybody.
    """

    training: Dataset
    validation: Dataset
    test: Dataset
    conflict: CueDataset | None
    distributable: bool


@runtime_checkable
class ReportedImages(Protocol):
    """Opens images to report on; there need be none to learn from."""

    def open_test(self, folder: Path | None, *, seed: int) -> Dataset:
        """Return the images that are reported; `folder` is where they lie, None if not given."""
        ...


@runtime_checkable
class StudyImages(ReportedImages, Protocol):
    """Opens the images that a study file names."""

    def open(self, folder: Path | None, *, seed: int) -> StudyData:
        """Return the splits; `folder` is where the data lies, None if none was given."""
        ...


def _required(folder: Path | None, what: str) -> Path:
    if folder is None:
        raise MissingDataError(
            f"Expected a data folder with {what}, got none. Give it with `--data FOLDER`."
        )
    return folder


@dataclass(frozen=True, kw_only=True, slots=True)
class Cifar10:
    """CIFAR-10 in the publisher's files.

    Attributes:
        validation: Training images held out, equally many a class.
        conflict: How many cue-conflict images are made of the test images, each with the shape of
            one and the texture of another of another class, painted at 256 px; 0 for none.
        limit: How many test images, drawn by chance, the same for every model and condition, and
            a smaller choice part of a larger one. None: all.

    Raises:
        ConfigError: If `conflict` is negative, or `limit` below 1.
    """

    validation: int = 5000
    conflict: int = 0
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.conflict < 0:
            raise ConfigError(
                f"`conflict` must be at least 0 images, got {self.conflict}. Leave it out for none."
            )
        require_limit(self.limit)

    def open(self, folder: Path | None, *, seed: int) -> StudyData:
        """Return the publisher's splits, a part of the training images held out."""
        place = _required(folder, "CIFAR-10's publisher's files")
        training, validation = (
            datasets.Cifar10(place, split=split, validation=self.validation, seed=seed)
            for split in ("train", "validation")
        )
        test = self.open_test(folder, seed=seed)
        made = ComposedConflict(dataset=test, count=self.conflict, seed=seed)
        return StudyData(
            training=training,
            validation=validation,
            test=test,
            conflict=made if self.conflict else None,
            distributable=False,
        )

    def open_test(self, folder: Path | None, *, seed: int) -> Dataset:
        """Return the publisher's test images, or some of them."""
        place = _required(folder, "CIFAR-10's publisher's files")
        images = datasets.Cifar10(place, split="test", validation=self.validation, seed=seed)
        return drawn_images(images, self.limit, seed=seed)


@dataclass(frozen=True, kw_only=True, slots=True)
class CueControlled:
    """Images rendered with known shape, texture and colour.

    Attributes:
        training: Images to learn from.
        validation: Images that choose.
        test: Images that are reported.
        conflict: Images of the conflict set.
        size: Height and width in pixels, 32 to 224.
        predictive: The cues that carry the class.
        texture_contrast: Amplitude of the texture in units of the pixel range.
        figure_contrast: Luminance between figure and background in units of the pixel range.
        cue_strength: How often a predictive cue carries the class, as a share.

    Raises:
        ConfigError: If a setting is outside its range.
    """

    training: int = 10_000
    validation: int = 1_000
    test: int = 2_000
    conflict: int = 1_800
    size: int = 32
    predictive: tuple[Literal["shape", "texture", "colour"], ...] = ("shape", "texture")
    texture_contrast: float = 0.07
    figure_contrast: float = 0.15
    cue_strength: float = 1.0

    def __post_init__(self) -> None:
        for name in ("training", "validation", "test", "conflict"):
            if getattr(self, name) < 1:
                raise ConfigError(
                    f"`{name}` must be at least 1 image, got {getattr(self, name)}. Raise it."
                )
        self.open(None, seed=0)  # renders nothing, checks every setting

    def open(self, folder: Path | None, *, seed: int) -> StudyData:
        """Return rendered splits; no folder is needed."""
        whole = datasets.CueControlled(
            size=self.size,
            seed=seed,
            predictive=self.predictive,
            texture_contrast=self.texture_contrast,
            figure_contrast=self.figure_contrast,
            cue_strength=self.cue_strength,
        )
        return StudyData(
            training=replace(whole, count=self.training),
            validation=replace(whole, split="validation", count=self.validation),
            test=replace(whole, split="test", count=self.test),
            conflict=replace(whole, split="test", count=self.conflict, conflict=True),
            distributable=True,
        )

    def open_test(self, folder: Path | None, *, seed: int) -> Dataset:
        """Return the rendered test images; no folder is needed."""
        return self.open(None, seed=seed).test


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageFolder:
    """Folders train, validation and test, each with one folder a class.

    Attributes:
        size: Height and width in pixels that images are resized and cropped to.
    """

    size: int = 32

    def open(self, folder: Path | None, *, seed: int) -> StudyData:
        """Return the three folders."""
        place = _required(folder, "the folders train, validation and test")
        training = datasets.ImageFolder(place / "train", size=self.size)
        validation, test = (
            datasets.ImageFolder(place / split, size=self.size, classes=training.class_names)
            for split in ("validation", "test")
        )
        for images in (training, validation, test):
            warn_of_problems(images)
        return StudyData(
            training=training, validation=validation, test=test, conflict=None, distributable=False
        )

    def open_test(self, folder: Path | None, *, seed: int) -> Dataset:
        """Return the folder test, whose classes are those of the folder train if there is one."""
        place = _required(folder, "the folder test")
        train = place / "train"
        classes = sorted(
            entry.name
            for entry in (train.iterdir() if train.is_dir() else ())
            if entry.is_dir() and not entry.name.startswith(".")
        )
        images = datasets.ImageFolder(place / "test", size=self.size, classes=tuple(classes))
        warn_of_problems(images)
        return images


@dataclass(frozen=True, kw_only=True, slots=True)
class ConflictImages:
    """Cue-conflict images in one folder a class of shapes; they are reported, never learned from.

    Attributes:
        size: Height and width in pixels that images are resized and cropped to.
        classes: The class names of the models, which must know every shape and texture. Empty:
            the folders' names.
    """

    size: int = 224
    classes: tuple[str, ...] = ()

    def open_test(self, folder: Path | None, *, seed: int) -> Dataset:
        """Return the images of the folder."""
        place = _required(folder, "cue-conflict images")
        images = datasets.CueConflictFolder(place, size=self.size, classes=self.classes)
        warn_of_problems(images)
        return images


@dataclass(frozen=True, kw_only=True, slots=True)
class TinyImageNet:
    """Tiny ImageNet in the publisher's folders; its validation part is the test split.

    Attributes:
        validation: Training images held out, from every class its share.
        size: Height and width in pixels that images are resized and cropped to.
    """

    validation: int = 5000
    size: int = 64

    def open(self, folder: Path | None, *, seed: int) -> StudyData:
        """Return the publisher's labelled parts, some of the training images held out."""
        place = _required(folder, "Tiny ImageNet's publisher's folders")
        training, validation, test = (
            datasets.TinyImageNet(
                place, split=split, validation=self.validation, seed=seed, size=self.size
            )
            for split in ("train", "validation", "test")
        )
        for images in (training, test):
            _tell_of_tiny(images)
        return StudyData(
            training=training, validation=validation, test=test, conflict=None, distributable=False
        )

    def open_test(self, folder: Path | None, *, seed: int) -> Dataset:
        """Return the publisher's validation part."""
        place = _required(folder, "Tiny ImageNet's publisher's folders")
        images = datasets.TinyImageNet(place, split="test", size=self.size)
        _tell_of_tiny(images)
        return images


def _tell_of_tiny(images: datasets.TinyImageNet) -> None:
    """Warn of files that were left out, and say once what was converted."""
    warn_of(
        f"`{Path(images.folder) / problem.path}` was left out: {problem.reason}."
        for problem in images.problems
    )
    if images.converted:
        kinds = ", ".join(sorted({found.what for found in images.converted}))
        warn_of([f"{len(images.converted):,} images for {images.name} were converted: {kinds}."])
