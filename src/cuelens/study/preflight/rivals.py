"""Other ways to read the same images, held against the stated one image by image.

It knows when one is surely better; what the ways are is in the modules beside it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool
from torch.nn.functional import cross_entropy

from cuelens.evaluation import logits_of
from cuelens.evaluation.forward import usual_micro_batch
from cuelens.networks.classifier import Classifier
from cuelens.statistics import Values, holm, mcnemar
from cuelens.tensors import Images, Labels, Logits

__all__ = [
    "LEAST_GAIN",
    "Look",
    "Outcome",
    "Rival",
    "accuracies",
    "forwarded",
    "looked_at",
    "outcome_of",
    "surely_better",
]

Look = Callable[[Images, Labels], "Outcome"]
"""What a rival comes to on some images."""

LEAST_GAIN = 0.02
"""A rival that is right for fewer additional images than this share is none worth a change."""

_SURE = 0.01
_LIKELY = 0.05
_EVERY = 4
"""A rival meets each fourth image first, of whatever class they are in whatever order."""

_LEAST_FIRST = 25
_WORSE = 3.0
"""Standard errors by which the loss of each fourth image must be larger to leave it at these."""

_SURE_LOSS = 4.0
"""Standard errors by which the loss must be smaller where the accuracy alone is only likely so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a way to read the images comes to.

    Attributes:
        right: Of each image, whether its label has the largest logit.
        loss: Cross-entropy of each image, in nats.
        whole: Whether all images were met; else each fourth, which was enough to see that it is
            no better.
    """

    right: Bool[np.ndarray, " image"]
    loss: Values
    whole: bool = True

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
    batch = min(len(images), usual_micro_batch(classifier, images))
    return logits_of(classifier, images, micro_batch=batch)


def outcome_of(logits: Logits, labels: Labels) -> Outcome:
    """Return what logits come to; those that are no numbers are wrong."""
    numbers = logits.isfinite().all(1)
    right = (logits.nan_to_num(nan=-torch.inf).argmax(1) == labels) & numbers
    loss = cross_entropy(logits.double(), labels.long(), reduction="none").nan_to_num(
        nan=50.0, posinf=50.0
    )
    return Outcome(right=right.numpy(), loss=loss.clamp(max=50.0).numpy())


def looked_at(look: Look, images: Images, labels: Labels, given: Outcome) -> Outcome:
    """Return what a rival comes to: on each fourth image, and on all if that leaves it a chance.

    Most are far worse, which few images show, and a pass of each costs what a pass of the model
    does.

    Args:
        look: The rival.
        images: Pixels in [0, 1].
        labels: The true classes.
        given: What the stated way comes to on the same images.
    """
    count = len(labels)
    first = torch.arange(count) % _EVERY == 0
    if int(first.sum()) < _LEAST_FIRST:
        return look(images, labels)
    few = look(images[first], labels[first])
    change = few.loss - given.loss[first.numpy()]
    if float(change.mean()) > _WORSE * float(change.std()) / len(change) ** 0.5:
        return Outcome(right=few.right, loss=few.loss, whole=False)
    others = look(images[~first], labels[~first])
    right, loss = np.empty(count, dtype=bool), np.empty(count)
    for chosen, part in ((first.numpy(), few), (~first.numpy(), others)):
        right[chosen], loss[chosen] = part.right, part.loss
    return Outcome(right=right, loss=loss)


def accuracies(rivals: Mapping[str, Outcome]) -> dict[str, float]:
    """Return the numbers of a finding that tell how often each rival is right, and of how many."""
    told = {True: "accuracy, {}", False: "accuracy of each fourth image, {}"}
    return {told[one.whole].format(name): one.accuracy for name, one in rivals.items()}


def surely_better(given: Outcome, rivals: Mapping[str, Outcome]) -> Rival | None:
    """Return the best of the rivals that are surely better than the stated way.

    A rival must be right for at least 2 points more of the images, with a smaller mean loss, and
    its exact McNemar p, corrected by Holm for the number of rivals, must be below .01; below .05
    is enough where the mean loss is smaller by 4 standard errors.

    Args:
        given: The stated way.
        rivals: Others by name, on the same images; who was left at some of them counts for Holm's
            correction and wins nothing.
    """
    p_values = [
        mcnemar(int((given.right & ~one.right).sum()), int((one.right & ~given.right).sum()))
        if one.whole
        else 1.0
        for one in rivals.values()
    ]
    found = []
    for (name, one), p in zip(rivals.items(), holm(p_values), strict=True):
        if not one.whole:
            continue
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
