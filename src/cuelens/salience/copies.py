"""Scores and gradients at altered copies of images, in passes whose size changes memory alone.

It knows how copies share passes; it does not know how they are altered or what becomes of what
is found.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from cuelens.errors import ConfigError
from cuelens.networks.asking import ask
from cuelens.networks.classifier import Classify
from cuelens.reals import require_whole
from cuelens.salience.score import Score, score_gradient
from cuelens.tensors import Images, Labels, PerImage

__all__ = [
    "Alter",
    "gradients_at_copies",
    "mean_gradient",
    "require_batch_size",
    "scores_at_copies",
    "usual_batch",
]

Alter = Callable[[int, slice], Images]
"""Returns copy so-and-so of the images at these rows."""

_USUAL_COPIES, _USUAL_PIXELS = 64, 2**18
"""Of one pass, whichever is less: larger passes lose more to memory than they gain on a CPU."""


def usual_batch(images: Images) -> int:
    """Return how many copies of such images meet the classifier at a time, unless told otherwise.

    Args:
        images: Their height and width count.
    """
    pixels = images.shape[2] * images.shape[3]
    return max(1, min(_USUAL_COPIES, _USUAL_PIXELS // max(1, pixels)))


def require_batch_size(batch_size: int | None) -> None:
    """Refuse passes of no copies.

    Raises:
        ArgumentError: If `batch_size` is no whole number.
        ConfigError: If `batch_size` is below 1.
    """
    if batch_size is None:
        return
    require_whole("batch_size", batch_size)
    if batch_size < 1:
        raise ConfigError(
            f"`batch_size` must be at least 1, got {batch_size}. It bounds memory and changes "
            "no map."
        )


def gradients_at_copies(
    classify: Classify,
    labels: Labels,
    alter: Alter,
    *,
    copies: int,
    score: Score,
    batch_size: int,
) -> Iterator[tuple[int, slice, Images]]:
    """Yield the score's gradients at copies of images, in the order of the copies' numbers.

    Whoever adds them up as they come does so in the same order whatever `batch_size` is.

    Args:
        classify: Maps images to logits.
        labels: The class that is explained, one an image, int64.
        alter: Makes the copies.
        copies: Of each image.
        score: What is explained.
        batch_size: How many copies meet the classifier at a time.

    Yields:
        The number of a copy, rows of images, and the gradients at that copy of these.
    """

    def gradients(altered: Images, wanted: Labels) -> Images:
        return score_gradient(classify, altered, wanted, score)

    return _at_copies(gradients, labels, alter, copies=copies, batch_size=batch_size)


def scores_at_copies(
    classify: Classify,
    labels: Labels,
    alter: Alter,
    *,
    copies: int,
    score: Score,
    batch_size: int,
) -> Iterator[tuple[int, slice, PerImage]]:
    """Yield the scores of copies of images, without gradients; else as `gradients_at_copies`."""

    @torch.no_grad()
    def scores(altered: Images, wanted: Labels) -> PerImage:
        return score(ask(classify, altered), wanted)

    return _at_copies(scores, labels, alter, copies=copies, batch_size=batch_size)


def _at_copies(
    find: Callable[[Images, Labels], Tensor],
    labels: Labels,
    alter: Alter,
    *,
    copies: int,
    batch_size: int,
) -> Iterator[tuple[int, slice, Tensor]]:
    """Yield what is found at copies of images, in the order of the copies' numbers."""
    count = len(labels)
    for first in range(0, copies * count, batch_size):
        pieces = tuple(_pieces(first, min(first + batch_size, copies * count), count))
        altered = torch.cat([alter(number, rows) for number, rows in pieces])
        found = find(altered, torch.cat([labels[rows] for _, rows in pieces]))
        sizes = [rows.stop - rows.start for _, rows in pieces]
        for (number, rows), part in zip(pieces, torch.split(found, sizes), strict=True):
            yield number, rows, part


def mean_gradient(
    classify: Classify,
    labels: Labels,
    alter: Alter,
    *,
    copies: int,
    score: Score,
    batch_size: int,
    like: Images,
) -> Images:
    """Return the mean of `gradients_at_copies` for each image; `like` are the images."""
    total = torch.zeros_like(like)
    for _, rows, gradients in gradients_at_copies(
        classify, labels, alter, copies=copies, score=score, batch_size=batch_size
    ):
        total[rows] += gradients
    return total.div_(copies)


def _pieces(first: int, last: int, count: int) -> Iterator[tuple[int, slice]]:
    """Yield (number, rows) of the copies first to last, counted copy by copy of all images."""
    while first < last:
        number, row = divmod(first, count)
        end = min(count, row + last - first)
        yield number, slice(row, end)
        first += end - row
