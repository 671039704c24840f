"""What every job of evaluation tells: progress, where its records are, and what is wrong."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

__all__ = ["Evaluated", "Progress", "unanswered"]

Progress = Callable[[int, int, str], None]
"""Called with how much is done, how much there is, and what was done last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluated:
    """Where the records of a job are.

    Attributes:
        table: The table that holds them.
        keys: Of its parts, for `RecordStore.read`.
        computed: How many parts were computed now; the others were there.
        problems: Sentences that name what is wrong with the answers; none if nothing is.
    """

    table: str
    keys: tuple[str, ...]
    computed: int
    problems: tuple[str, ...] = ()


def unanswered(frame: pl.DataFrame) -> tuple[str, ...]:
    """Return a sentence for each model and condition with answers that are no numbers.

    Args:
        frame: Rows with the columns model, condition, image and loss, the loss NaN where the
            network's logits held NaN or +inf.
    """
    bad = (
        frame.group_by("model", "condition", maintain_order=True)
        .agg(
            n=pl.len(),
            bad=pl.col("loss").is_nan().sum(),
            image=pl.col("image").filter(pl.col("loss").is_nan()).first(),
        )
        .filter(pl.col("bad") > 0)
    )
    return tuple(
        f"{row['model']} under {row['condition']}: expected logits that are numbers, got NaN or "
        f"infinity for {row['bad']} of {row['n']} images, the first of them {row['image']}. They "
        "count as wrong; look at the network's weights and its input specification."
        for row in bad.iter_rows(named=True)
    )
