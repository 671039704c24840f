"""Splits a data set in two so that every class keeps its share."""

import torch
from jaxtyping import Int
from torch import Tensor

from cuelens.datasets.protocol import Dataset
from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.tensors import Labels

__all__ = ["split", "stratified_rows"]


def stratified_rows(
    labels: Labels, ids: tuple[str, ...], *, count: int, seed: int
) -> tuple[Int[Tensor, " kept"], Int[Tensor, " chosen"]]:
    """Choose rows by chance, from each class its share.

    Args:
        labels: One a row.
        ids: One a row; whether an image is chosen before another of its class depends on `seed`
            and on their ids alone.
        count: How many rows are chosen. Between 0 and all.
        seed: At least 0.

    Returns:
        The rows that are kept and those that are chosen, each rising. Classes whose share is no
        whole number are rounded so that `count` is met.

    Raises:
        ConfigError: If `count` is negative or more than there are.
    """
    if not 0 <= count <= len(ids):
        raise ConfigError(
            f"`count` must be from 0 to {len(ids):,} (the images there are), got {count:,}."
        )
    numbers = Chance(seed, ids).uniform((1,), method="split")[:, 0]
    members = [(labels == label).nonzero().flatten() for label in range(int(labels.max()) + 1)]
    shares = torch.tensor([len(rows) * count / len(ids) for rows in members])
    quotas = shares.floor().long()
    largest = (shares - quotas).sort(descending=True, stable=True).indices
    quotas[largest[: count - int(quotas.sum())]] += 1
    is_chosen = torch.zeros(len(ids), dtype=torch.bool)
    for rows, quota in zip(members, quotas.tolist(), strict=True):
        is_chosen[rows[numbers[rows].sort(stable=True).indices[:quota]]] = True
    return (~is_chosen).nonzero().flatten(), is_chosen.nonzero().flatten()


def split(
    dataset: Dataset,
    *,
    count: int,
    seed: int = 0,
    names: tuple[str, str] = ("train", "validation"),
) -> tuple[Dataset, Dataset]:
    """Return the data set without `count` images, and these images.

    Args:
        dataset: Any data set.
        count: How many images go into the second part; every class gives its share.
        seed: At least 0.
        names: What the parts are called, behind the name of `dataset`.

    Returns:
        Two data sets that have no image in common.

    Raises:
        ConfigError: If `count` leaves one of the parts empty.
    """
    if not 1 <= count < len(dataset):
        raise ConfigError(
            f"`count` must be from 1 to {len(dataset) - 1:,} (`{dataset.name}` has "
            f"{len(dataset):,} images and both parts need some), got {count:,}."
        )
    kept, chosen = stratified_rows(dataset.labels, dataset.ids, count=count, seed=seed)
    first, second = (f"{dataset.name}-{name}" for name in names)
    return dataset.take(kept, name=first), dataset.take(chosen, name=second)
