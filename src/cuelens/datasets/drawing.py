"""Some images of a data set, drawn by chance."""

import torch

from cuelens.datasets.protocol import Dataset
from cuelens.errors import ConfigError
from cuelens.randomness import keyed_generator

__all__ = ["drawn_images", "require_limit"]


def require_limit(limit: int | None) -> None:
    """Refuse fewer images than one.

    Raises:
        ConfigError: If `limit` is below 1.
    """
    if limit is not None and limit < 1:
        raise ConfigError(f"`limit` must be at least 1 or None, got {limit}.")


def drawn_images(dataset: Dataset, limit: int | None, *, seed: int) -> Dataset:
    """Return `limit` images of a data set, in its order and named by their number, or all of them.

    The choice depends on the seed and the data alone; a smaller choice is part of a larger one.

    Args:
        dataset: Any.
        limit: How many; None, or more than there are: all.
        seed: At least 0.

    Raises:
        ConfigError: If `limit` is below 1.
    """
    require_limit(limit)
    if limit is None or limit >= len(dataset):
        return dataset
    order = keyed_generator(seed, "limit", dataset.fingerprint).permutation(len(dataset))
    rows = torch.from_numpy(order[:limit]).sort().values
    return dataset.take(rows, name=f"{dataset.name}-{limit}")
