"""What determines a training: the images, the network, the recipe and the seed."""

import hashlib
from dataclasses import dataclass
from itertools import zip_longest

import torch

from cuelens.datasets.protocol import Dataset
from cuelens.errors import ConfigError, DataError
from cuelens.training.fine_tuning import start_path
from cuelens.training.recipe import Recipe
from cuelens.training.repainting import content_of

__all__ = ["Training"]

_VERSION = 1
"""Raised whenever the same settings give other weights."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """What determines a training, bit for bit on one machine.

    Attributes:
        architecture: A name in `ARCHITECTURES`.
        recipe: How to train.
        training: The images to learn from.
        validation: Held-out images of the same classes that choose the epoch.
        seed: The training seed: initial weights, order, augmentation, random starts.
        device: Where to compute.

    Raises:
        ConfigError: If there are fewer training images than a batch holds.
        DataError: If there are no validation images, or they have other classes.
    """

    architecture: str
    recipe: Recipe
    training: Dataset
    validation: Dataset
    seed: int = 0
    device: torch.device = torch.device("cpu")  # noqa: RUF009 - immutable

    def __post_init__(self) -> None:
        if len(self.training) < self.recipe.batch_size:
            raise ConfigError(
                f"`batch_size` must be at most the number of training images, "
                f"{len(self.training)}, got {self.recipe.batch_size}. Lower it, or give more "
                "images."
            )
        if not len(self.validation):
            raise DataError(
                "`validation` must hold at least 1 image, got none. Hold some training images out."
            )
        names = zip_longest(self.training.class_names, self.validation.class_names)
        for label, (ours, theirs) in enumerate(names):
            if ours != theirs:
                raise DataError(
                    f"`validation` must have the classes of `training` in the same order, "
                    f"expected {ours!r} as class {label}, got {theirs!r}. Give two parts of one "
                    "data set."
                )

    @property
    def batches_per_epoch(self) -> int:
        """Whole batches in the training images."""
        return len(self.training) // self.recipe.batch_size

    @property
    def steps_per_epoch(self) -> int:
        """Each batch as often as the recipe replays it."""
        return self.batches_per_epoch * self.recipe.replays

    @property
    def steps(self) -> int:
        """How many steps it takes, unless it stops early."""
        return self.recipe.epochs * self.steps_per_epoch

    @property
    def _contents(self) -> tuple[str, ...]:
        """Return what names the files that the recipe reads."""
        named = []
        if self.recipe.repaint is not None:
            named.append(content_of(self.recipe.repaint))
        if self.recipe.from_file is not None:
            path = start_path(self.recipe.from_file)
            content = path.read_bytes() if path.is_file() else b""
            named.append(hashlib.blake2b(content, digest_size=16).hexdigest())
        return tuple(named)

    @property
    def key(self) -> str:
        """32 hexadecimal digits that name everything that determines the training."""
        parts = (
            _VERSION,
            self.architecture,
            self.recipe,
            self.training.class_names,
            self.training.fingerprint,
            self.validation.fingerprint,
            self.seed,
            self.device.type,
            *self._contents,
        )
        return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()
