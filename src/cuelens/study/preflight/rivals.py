"""Other ways to read the same images, held against the stated one image by image.

It knows when one is surely better; what the ways are is in the modules beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool
from torch.nn.functional import cross_entropy

from cuelens.evaluation import logits_of
from cuelens.evaluation.forward import share_of
from cuelens.networks.classifier import Classifier
from cuelens.statistics import Values, holm, mcnemar
from cuelens.tensors import Images, Labels, Logits

__all__ = ["LEAST_GAIN", "Outcome", "Rival", "forwarded", "outcome_of", "surely_better"]

LEAST_GAIN = 0.02
"""A rival that is right for fewer additional images than this share is none worth a change."""

_SURE = 0.01
_LIKELY = 0.05
_SURE_LOSS = 4.0
"""Standard errors by which the loss must be smaller where the accuracy alone is only likely so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a way to read the images comes to.

    Attributes:
        right: Of each image, whether its label has the largest logit.
        loss: Cross-entropy of each image, in nats.
    """

    right: Bool[np.ndarray, " image"]
    loss: Values

    @property
    def accuracy(self) -> float:
        """Share of the images that are right."""
        return float(self.right.mean())


@dataclass(frozen=True, kw_only=True, slots=True)
class Rival:
    """A way that is surely better than the stated one.

    Attributes:
        name: Its name.
        accuracy: Share of the images that are right.
        gain: By how much that share is larger.
        loss_change: By how much the mean cross-entropy is larger, in nats; negative where better.
        p: Exact McNemar p, corrected by Holm for the number of rivals.
    """

    name: str
    accuracy: float
    gain: float
    loss_change: float
    p: float


def forwarded(classifier: Classifier, images: Images) -> Logits:
    """Return logits in eval mode and float32, in batches that fit into little memory."""
    batch = min(len(images), share_of(250, classifier, images))
    return logits_of(classifier, images, micro_batch=batch)


def outcome_of(logits: Logits, labels: Labels) -> Outcome:
    """Return what logits come to; those that are no numbers are wrong."""
    numbers = logits.isfinite().all(1)
    right = (logits.nan_to_num(nan=-torch.inf).argmax(1) == labels) & numbers
    loss = cross_entropy(logits.double(), labels.long(), reduction="none").nan_to_num(
        nan=50.0, posinf=50.0
    )
    return Outcome(right=right.numpy(), loss=loss.clamp(max=50.0).numpy())


def surely_better(given: Outcome, rivals: Mapping[str, Outcome]) -> Rival | None:
    """Return the best of the rivals that are surely better than the stated way.

    A rival must be right for at least 2 points more of the images, with a smaller mean loss, and
    its exact McNemar p, corrected by Holm for the number of rivals, must be below .01; below .05
    is enough where the mean loss is smaller by 4 standard errors.

    Args:
        given: The stated way.
        rivals: Others by name, on the same images.
    """
    p_values = [
        mcnemar(int((given.right & ~one.right).sum()), int((one.right & ~given.right).sum()))
        for one in rivals.values()
    ]
    found = []
    for (name, one), p in zip(rivals.items(), holm(p_values), strict=True):
        gain, change = one.accuracy - given.accuracy, one.loss - given.loss
        error = float(change.std()) / max(len(change), 1) ** 0.5
        lower = float(change.mean()) < -_SURE_LOSS * error
        sure = p < _SURE or (p < _LIKELY and lower)
        if gain >= LEAST_GAIN - 1e-9 and change.mean() < 0 and sure:
            found.append(
                Rival(
                    name=name,
                    accuracy=one.accuracy,
                    gain=gain,
                    loss_change=float(change.mean()),
                    p=p,
                )
            )
    return max(found, key=lambda rival: (rival.accuracy, -rival.loss_change), default=None)
