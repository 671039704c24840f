"""From logits and images to the columns of the predictions table.

It knows arrays, not models or files.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl
from jaxtyping import Bool, Float, Int

from cuelens.metrics import structural_similarity
from cuelens.tensors import Images, Labels, Logits

__all__ = ["TIE", "answers", "image_change", "rank_of", "root_mean_square"]

TIE = 1e-4
"""Two best logits closer than this are a tie: another machine may order them otherwise."""

Numbers = Float[np.ndarray, " image"]
Counts = Int[np.ndarray, " image"]


def rank_of(logits: Logits, classes: Labels) -> Counts:
    """Return the rank of a class in each image: 1 for the largest logit.

    Args:
        logits: Scores before the softmax.
        classes: One class an image.

    Returns:
        1 + the number of classes with a larger logit, or an equal one and a smaller index.
    """
    scores, places = logits.numpy(), classes.numpy()
    own = scores[np.arange(len(scores)), places][:, None]
    earlier = np.arange(scores.shape[1])[None] < places[:, None]
    ranks: Counts = 1 + ((scores > own) | ((scores == own) & earlier)).sum(1)
    return ranks


def image_change(images: Images, clean: Images) -> dict[str, Numbers]:
    """Return the columns of the predictions table that tell how far images are from clean ones.

    Args:
        images: Pixels in [0, 1].
        clean: The same images unchanged; the same tensor where nothing was done.

    Returns:
        `mean_square`, the root-mean-square pixel change, in [0, 1], and `structural_distance`,
        1 - structural similarity, in [0, 2].
    """
    if images is clean:
        return dict.fromkeys(("mean_square", "structural_distance"), np.zeros(len(images)))
    similarity = structural_similarity(images, clean).numpy()
    return {"mean_square": root_mean_square(images, clean), "structural_distance": 1 - similarity}


def root_mean_square(images: Images, others: Images) -> Numbers:
    """Return the root-mean-square pixel change between images and others, in [0, 1]."""
    changes: Numbers = (images - others).square().flatten(1).mean(1).sqrt().double().cpu().numpy()
    return changes


def answers(logits: Logits, labels: Labels, cues: Mapping[str, Labels]) -> dict[str, object]:
    """Return the columns of the predictions table that follow from logits.

    Args:
        logits: Float32 scores before the softmax, on the CPU.
        labels: The true classes.
        cues: "shape", "texture" and "colour" to each image's class, where they are known.

    Returns:
        Column names to values. Where logits have no softmax (they hold NaN or +inf), the
        prediction is -1, the loss NaN, and every rank one more than there are classes.
    """
    classes = logits.shape[1]
    log_probabilities = logits.double().log_softmax(1)
    probabilities = log_probabilities.exp().float().numpy()
    valid: Bool[np.ndarray, " image"] = np.isfinite(probabilities).all(1)
    worst = classes + 1
    losses = -log_probabilities.gather(1, labels[:, None])[:, 0].numpy()
    columns: dict[str, object] = {
        "label": labels.numpy(),
        "prediction": np.where(valid, logits.numpy().argmax(1), -1),
        "label_rank": np.where(valid, rank_of(logits, labels), worst),
        "probabilities": _lists(probabilities),
        "loss": np.where(valid, losses, np.nan),
        "tie": valid & (_gap(logits) < TIE),
    }
    for cue, own in cues.items():
        columns[cue] = own.numpy()
        columns[f"{cue}_rank"] = np.where(valid, rank_of(logits, own), worst)
    return columns


def _gap(logits: Logits) -> Numbers:
    """Return by how much the best logit exceeds the second best."""
    if logits.shape[1] < 2:
        return np.full(len(logits), np.inf)
    best = logits.topk(2, dim=1).values
    gap: Numbers = (best[:, 0] - best[:, 1]).double().numpy()
    return gap


def _lists(rows: Float[np.ndarray, "image class"]) -> pl.Series:
    """Return one list a row, without going through Python numbers."""
    arrays = pl.Series(rows, dtype=pl.Array(pl.Float32, rows.shape[1]))
    return arrays.cast(pl.List(pl.Float32))
