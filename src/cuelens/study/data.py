"""The images of a study: a training, a validation and a test split, and what else is rendered.

Each class here is a word of the study file's `data` field; its fields are the settings.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from cuelens import datasets
from cuelens.datasets import CueDataset, Dataset
from cuelens.errors import ConfigError, MissingDataError
from cuelens.study.progress import warn_of

__all__ = [
    "DATA",
    "Cifar10",
    "CueControlled",
    "ImageFolder",
    "StudyData",
    "StudyImages",
    "images_at",
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
class StudyImages(Protocol):
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
    """

    validation: int = 5000

    def open(self, folder: Path | None, *, seed: int) -> StudyData:
        """Return the publisher's splits, a part of the training images held out."""
        place = _required(folder, "CIFAR-10's publisher's files")
        training, validation, test = (
            datasets.Cifar10(place, split=split, validation=self.validation, seed=seed)
            for split in ("train", "validation", "test")
        )
        return StudyData(
            training=training, validation=validation, test=test, conflict=None, distributable=False
        )


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
            warn_of(
                f"`{Path(images.folder) / problem.path}` was left out: {problem.reason}."
                for problem in images.problems
            )
        return StudyData(
            training=training, validation=validation, test=test, conflict=None, distributable=False
        )


_CIFAR_FOLDER = "cifar-10-batches-py"
DATA: tuple[type, ...] = (Cifar10, CueControlled, ImageFolder)


def images_at(place: str) -> tuple[StudyImages, Path | None]:
    """Return which images lie at a place that a person names, with the default settings.

    Args:
        place: A folder that holds the publisher's files of CIFAR-10, or the folders train,
            validation and test; or the word "rendered".

    Returns:
        What opens the images, and the folder to open it with.

    Raises:
        MissingDataError: If the folder is not there or holds neither.
    """
    if place == "rendered":
        return CueControlled(), None
    folder = Path(place)
    if any((base / "data_batch_1").is_file() for base in (folder, folder / _CIFAR_FOLDER)):
        return Cifar10(), folder
    if (folder / "train").is_dir():
        return ImageFolder(), folder
    if not folder.is_dir():
        raise MissingDataError(
            f"Expected a data folder at {place!r}, got nothing there. Give a folder that holds "
            "CIFAR-10 or train/CLASS/, validation/CLASS/ and test/CLASS/ with images, or the word "
            "`rendered`."
        )
    raise MissingDataError(
        f"Expected images in {place!r}: CIFAR-10 (data_batch_1 in it or in {_CIFAR_FOLDER}), or "
        "your own in train/CLASS/, validation/CLASS/ and test/CLASS/; got none of these. For "
        "CIFAR-10 unpack cifar-10-python.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html "
        "there, or give another `--data`."
    )
