"""Images at any address a person writes, for studies and for models that are there already.

Where there is one set of images and three purposes, images are held out by chance: from every
class its share, the same for the same seed.
"""

from dataclasses import dataclass
from pathlib import Path

from cuelens import datasets
from cuelens.datasets import (
    Dataset,
    Framing,
    Listing,
    OpenedImages,
    mapped_images,
    match_classes,
    open_images,
    read_listing,
    unmatched_images,
)
from cuelens.datasets.framing import Fit, Interpolation
from cuelens.errors import ConfigError
from cuelens.study.images.data import StudyData
from cuelens.study.progress import LOGGER, warn_of

__all__ = ["AddressedImages", "held_out", "read_and_tell", "tell_of"]

_MOST_TOLD = 20


def tell_of(opened: OpenedImages) -> None:
    """Say what was recognised, and warn of what was left out: the first ones by name."""
    LOGGER.info("%s", opened.told())
    warn_of(
        f"{problem.path} was left out: {problem.reason}."
        for problem in opened.problems[:_MOST_TOLD]
    )
    more = len(opened.problems) - _MOST_TOLD
    if more > 0:
        warn_of([f"{more:,} more were left out."])


def held_out(images: Dataset, *, validation: float, test: float, seed: int) -> StudyData:
    """Return three splits of images, drawn by chance, from every class its share.

    Args:
        images: All there are.
        validation: The share that chooses.
        test: The share that is reported.
        seed: Of the draw.

    Raises:
        ConfigError: If a share leaves a split empty.
    """
    for name, share in (("validation", validation), ("test", test)):
        if not 0 < share < 1:
            raise ConfigError(f"`{name}` must be a share above 0 and below 1, got {share}.")
    reported = round(test * len(images))
    chosen = round(validation * len(images))
    rest, last = datasets.split(images, count=reported, seed=seed, names=("rest", "test"))
    training, middle = datasets.split(rest, count=chosen, seed=seed)
    return StudyData(
        training=training, validation=middle, test=last, conflict=None, distributable=False
    )


def read_and_tell(listing: Listing, size: int, crop: float) -> Dataset:
    """Return the images of a listing; what was recognised and left out is logged.

    Args:
        listing: Which images there are.
        size: Side in pixels.
        crop: Side of the central square that is seen, as a share of the shorter side.
    """
    images = read_listing(listing, framing=Framing(size=size, crop=crop))
    tell_of(
        OpenedImages(
            dataset=images,
            recognised=listing.recognised,
            problems=images.problems,
            converted=images.converted,
        )
    )
    return images


@dataclass(frozen=True, kw_only=True, slots=True)
class AddressedImages:
    """Images at an address, as `cuelens.datasets.open_images` takes it.

    Attributes:
        address: A folder, a file, a URL, or one of these behind a prefix.
        size: Height and width in pixels that images are resized and cropped to.
        crop: Side of the central square that is seen, as a share of the shorter side.
        interpolation: How images are resized.
        fit: A central square of each image, or all of it, stretched to a square.
        classes: The class names of the models, which the images' classes are matched with. Empty:
            those of the images.
        limit: How many images, drawn by chance; only these are read. None: all.
        draw_seed: Of that draw. At least 0.
        validation: Share of the images that chooses, where a network learns from the rest.
        test: Share of the images that is reported then.
    """

    address: str
    size: int = 224
    crop: float = 1.0
    interpolation: Interpolation = "bicubic"
    fit: Fit = "square"
    classes: tuple[str, ...] = ()
    limit: int | None = None
    draw_seed: int = 0
    validation: float = 0.1
    test: float = 0.2

    def open(self, folder: Path | None, *, seed: int) -> StudyData:
        """Return three splits, drawn by chance; the address says where the images are."""
        images = self.open_test(folder, seed=seed)
        return held_out(images, validation=self.validation, test=self.test, seed=seed)

    def open_test(self, folder: Path | None, *, seed: int) -> Dataset:
        """Return the images at the address, labelled by the models' classes where given."""
        framing = Framing(
            size=self.size, crop=self.crop, interpolation=self.interpolation, fit=self.fit
        )
        opened = open_images(self.address, framing=framing, limit=self.limit, seed=self.draw_seed)
        tell_of(opened)
        if not self.classes:
            return opened.dataset
        mapping = match_classes(
            opened.dataset.class_names,
            self.classes,
            wordnet_ids=opened.wordnet_ids,
            indices=opened.indices,
        )
        left = sum(unmatched_images(opened.dataset, mapping).values())
        if left:
            warn_of([f"{left:,} images were left out. {mapping.told()}"])
        elif not mapping.is_identity:
            LOGGER.info("%s", mapping.told())
        return mapped_images(opened.dataset, mapping)
