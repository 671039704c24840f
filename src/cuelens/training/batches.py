"""Which images a training step learns from, and their chance: a pure function of the step."""

import torch

from cuelens.randomness import Chance, keyed_generator
from cuelens.tensors import Images, Labels
from cuelens.training.at_hand import at_hand
from cuelens.training.augmentation import shifts_of_epoch
from cuelens.training.training import Training

__all__ = ["Batches"]


class Batches:
    """The augmented batches of a training, each epoch in another order."""

    def __init__(self, training: Training) -> None:
        """Read the ids and labels once: a data set may make them when they are asked for."""
        self._training = training
        self._images = at_hand(training.training, training.device)
        self._ids, self._labels = training.training.ids, training.training.labels
        self._epoch: int | None = None

    def __call__(self, step: int, part: slice = slice(None)) -> tuple[Images, Labels, Chance]:
        """Return the images, labels and chance of the step before which `step` were taken.

        Args:
            step: From 0.
            part: Which rows of the batch; what an image looks like does not depend on it.
        """
        training = self._training
        epoch, place = divmod(step // training.recipe.replays, training.batches_per_epoch)
        if epoch != self._epoch:
            self._begin(epoch)
        size, augmentation = training.recipe.batch_size, training.recipe.augmentation
        rows = self._order[place * size : (place + 1) * size][part]
        images = self._images(rows)
        labels = self._labels[rows].to(training.device, torch.int64)
        if augmentation is not None:
            images = augmentation(images, self._shifts[rows.numpy()])
        ids = tuple(f"{self._ids[row]}@{epoch}" for row in rows.tolist())
        return images, labels, Chance(training.seed, ids)

    def _begin(self, epoch: int) -> None:
        """Draw the order and the augmentation of an epoch."""
        count, seed = len(self._ids), self._training.seed
        self._order = torch.from_numpy(keyed_generator(seed, "order", epoch).permutation(count))
        self._shifts = shifts_of_epoch(count, seed=seed, epoch=epoch)
        self._epoch = epoch
