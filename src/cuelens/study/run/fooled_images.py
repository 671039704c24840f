"""A few images that an attack fooled, attacked once more to be looked at.

It knows which images those are and keeps them beside the records; it draws nothing.
"""

import polars as pl
import torch

from cuelens.attacks import Attack, Suite
from cuelens.datasets.protocol import Dataset
from cuelens.evaluation import RecordStore, attack_dataset
from cuelens.networks import Classifier
from cuelens.randomness import keyed_generator

__all__ = ["keep_few_fooled"]

_SHOWN = 6


def keep_few_fooled(
    classifier: Classifier,
    dataset: Dataset,
    attack: Attack | Suite,
    worst: pl.DataFrame,
    *,
    condition: str,
    store: RecordStore,
    draw: int,
    exact: bool = False,
    name: str | None = None,
) -> str | None:
    """Attack a few fooled images once more and keep them.

    Args:
        classifier: The model, untouched.
        dataset: All images.
        attack: What fooled them.
        worst: Its records.
        condition: Its name there.
        store: Where the images go, table "attack-images".
        draw: Seed of the attack and of the choice.
        exact: Whether the model was searched as it was given.
        name: Of the model; None: the classifier's own.

    Returns:
        The key of the part; None if no image was fooled.
    """
    fooled = set(worst.filter(pl.col("fooled") & pl.col("clean_right"))["image"])
    order = keyed_generator(draw, "shown", dataset.fingerprint).permutation(len(dataset))
    rows = [row for row in order.tolist() if dataset.ids[row] in fooled][:_SHOWN]
    if not rows:
        return None
    done = attack_dataset(
        classifier,
        dataset.take(torch.tensor(sorted(rows)), name=f"{dataset.name}, a few fooled"),
        attack,
        condition=condition,
        store=store,
        draw=draw,
        recheck=0,
        exact=exact,
        keep_images=True,
        name=name,
    )
    return done.keys[-1]
