"""What each model answers to a picture, how sure it is, and where it looks."""

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from cuelens.errors import FallbackWarning
from cuelens.evaluation.forward import full_precision, logits_of
from cuelens.explore.subjects import Subjects
from cuelens.randomness import Chance
from cuelens.salience import Score, SmoothGrad, own_scales
from cuelens.tensors import Images

__all__ = ["SAMPLES", "Answer", "Look", "answers_of", "answers_to", "look_at"]

SAMPLES = (1, 12)
"""Noisy copies of SmoothGrad: first few, to be seen soon, then as many as make a calm map."""
_NOISE = 0.1
_SHOWN = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A model's answer.

    Attributes:
        model: Its name.
        classes: The most probable ones, best first.
        probabilities: Of those, in [0, 1].
        place: Of the best one among all classes of the model; -1 where it gave no numbers.
        every: The probability of each class, in the model's order.
        names: Of all its classes, in that order.
    """

    model: str
    classes: tuple[str, ...]
    probabilities: tuple[float, ...]
    place: int
    every: tuple[float, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """Where a model looks for its answer.

    Attributes:
        model: Its name.
        explained: Name of the class that is explained, its answer.
        picture: The size of the salience of each pixel, 0 to 255, shape (height, width).
        white: The salience that is drawn white.
        samples: How many noisy copies it is the mean of.
    """

    model: str
    explained: str
    picture: NDArray[np.uint8]
    white: float
    samples: int


def answers_of(subjects: Subjects, images: Images) -> tuple[Answer, ...]:
    """Return each model's answer to a picture.

    Args:
        subjects: The models.
        images: A batch of one, pixels in [0, 1].
    """
    return answers_to(subjects, dict.fromkeys(subjects.given, images))


def answers_to(subjects: Subjects, images: dict[str, Images]) -> tuple[Answer, ...]:
    """Return each model's answer to a picture of its own, by the untouched model in float32."""
    found = []
    for name, classifier in subjects.given.items():
        logits = logits_of(classifier, images[name], micro_batch=1)[0]
        probabilities = logits.softmax(0)
        known = bool(probabilities.isfinite().all())
        probabilities = probabilities.nan_to_num(0)
        best = probabilities.topk(min(_SHOWN, len(logits)))
        found.append(
            Answer(
                model=name,
                classes=tuple(classifier.class_names[place] for place in best.indices.tolist()),
                probabilities=tuple(best.values.tolist()),
                place=int(best.indices[0]) if known else -1,
                every=tuple(probabilities.tolist()),
                names=tuple(classifier.class_names),
            )
        )
    return tuple(found)


def look_at(
    subjects: Subjects, images: dict[str, Images], answers: tuple[Answer, ...], *, samples: int
) -> tuple[Look, ...]:
    """Return where each model looks: SmoothGrad of the log-probability of its answer.

    Args:
        subjects: The models.
        images: By model: a batch of one, pixels in [0, 1].
        answers: Theirs to it; the best class is explained.
        samples: How many noisy copies; 1 for the gradient of the picture itself.

    Returns:
        One look a model, drawn as the paper draws maps.
    """
    noise = _NOISE if samples > 1 else 0.0
    method = SmoothGrad(samples=samples, noise=noise, score=Score.LOG_PROBABILITY)
    return tuple(_look(subjects, images[one.model], one, method) for one in answers)


def _look(subjects: Subjects, images: Images, answer: Answer, method: SmoothGrad) -> Look:
    form = subjects.fast[answer.model]
    label = torch.tensor([max(answer.place, 0)], device=form.device)
    with (
        full_precision(form.device),
        # The page says so beside the picture.
        warnings.catch_warnings(category=FallbackWarning, action="ignore"),
    ):
        maps = method(form, images.to(form.device), label, chance=Chance(0, ("picture",)))
    shown = own_scales(maps.detach().float().cpu())
    picture: NDArray[np.uint8] = (shown.values[0] * 255).round().byte().numpy()
    return Look(
        model=answer.model,
        explained=answer.classes[0],
        picture=picture,
        white=shown.scales[0].white,
        samples=method.samples,
    )
