"""What every job of evaluation tells: progress, where its records are, and what is wrong."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

__all__ = ["Evaluated", "Progress", "Tally", "unanswered", "unanswered_of"]

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


class Tally:
    """Tells of each part once, whoever computed it."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        """Begin at nothing.

        Args:
            progress: Whom to tell; None: nobody.
            total: How much there is.
        """
        self._progress = progress
        self._total = total
        self._done = 0
        self._told: set[str] = set()

    def __call__(self, key: str, count: int, note: str) -> None:
        """Tell of a part, unless that was done.

        Args:
            key: Of the part.
            count: How much it adds.
            note: What was done.
        """
        if key not in self._told:
            self._told.add(key)
            self._done += count
            if self._progress is not None:
                self._progress(self._done, self._total, note)


def unanswered(frame: pl.DataFrame) -> tuple[str, ...]:
    """Return a sentence for each model and condition with answers that are no numbers.

    Args:
        frame: Rows with the columns model, condition, image and loss, the loss NaN where the
            network's logits held NaN or +inf.
    """
    return unanswered_of([frame])


def unanswered_of(frames: Iterable[pl.DataFrame]) -> tuple[str, ...]:
    """Return the same of frames that are read one by one, so that memory holds one of them."""
    counts = [
        frame.group_by("model", "condition", maintain_order=True).agg(
            n=pl.len(),
            bad=pl.col("loss").is_nan().sum(),
            image=pl.col("image").filter(pl.col("loss").is_nan()).first(),
        )
        for frame in frames
    ]
    if not counts:
        return ()
    bad = (
        pl.concat(counts)
        .group_by("model", "condition", maintain_order=True)
        .agg(pl.col("n", "bad").sum(), pl.col("image").drop_nulls().first())
        .filter(pl.col("bad") > 0)
    )
    return tuple(
        f"{row['model']} under {row['condition']}: expected logits that are numbers, got NaN or "
        f"infinity for {row['bad']} of {row['n']} images, the first of them {row['image']}. They "
        "count as wrong; look at the network's weights and its input specification."
        for row in bad.iter_rows(named=True)
    )
