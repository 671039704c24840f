"""A person's own images as the images of a study of models that are there already.

None of these images is learned from.
"""

from dataclasses import dataclass
from pathlib import Path

import torch

from cuelens.datasets import Dataset
from cuelens.datasets.framing import Interpolation
from cuelens.randomness import keyed_generator
from cuelens.study.images.data import StudyData
from cuelens.study.images.data_places import reported_at

__all__ = ["OwnImages"]


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnImages:
    """Images at an address, labelled by the models' classes.

    Attributes:
        address: As `reported_at` takes it.
        size: Height and width in pixels that pictures are resized and cropped to.
        crop: Side of the central square that is seen, as a share of the shorter side.
        interpolation: How pictures are resized.
        classes: Those of the models, in the order of their outputs. Empty: those of the images.
        limit: How many images, drawn by chance; None: all.
    """

    address: str
    size: int = 224
    crop: float = 1.0
    interpolation: Interpolation = "bicubic"
    classes: tuple[str, ...] = ()
    limit: int | None = None

    def open(self, folder: Path | None, *, seed: int) -> StudyData:
        """Return the images as every split; no model is trained on them."""
        images = self.open_test(folder, seed=seed)
        return StudyData(
            training=images, validation=images, test=images, conflict=None, distributable=False
        )

    def open_test(self, folder: Path | None, *, seed: int) -> Dataset:
        """Return the images; what was left out is logged."""
        found, lies = reported_at(
            self.address,
            classes=self.classes,
            size=self.size,
            crop=self.crop,
            interpolation=self.interpolation,
            limit=self.limit,
            seed=seed,
        )
        images = found.open_test(lies, seed=0)
        if self.limit is None or self.limit >= len(images):
            return images
        order = keyed_generator(seed, "limit", images.fingerprint).permutation(len(images))
        rows = torch.from_numpy(order[: self.limit]).sort().values
        return images.take(rows, name=f"{images.name}-{self.limit}")
