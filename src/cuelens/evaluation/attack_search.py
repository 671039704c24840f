"""An attack on one model in one of its forms, and what the untouched model says of the result.

The fast form may claim what is not so: only what the untouched model gets wrong in float32 counts.
It does not know records.
"""

import warnings
from dataclasses import dataclass, is_dataclass, replace
from enum import StrEnum

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from cuelens.attacks.protocol import Attack, Attacked
from cuelens.errors import FallbackWarning
from cuelens.evaluation.answers import rank_of
from cuelens.evaluation.forward import FastForm, full_precision, logits_of
from cuelens.losses import cross_entropy
from cuelens.networks.classifier import Classifier, evaluating
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, PerImage, PerImageInt, require_pixels

__all__ = ["AttackSearch", "Judgement", "Outcome", "Search"]


class Search(StrEnum):
    """Which form of the model an attack searches; the untouched model confirms what it finds.

    FAST is bfloat16 where that pays, FLOAT32 the same form in
    float32, EXACT the model as it was given, in float32.
    """

    FAST = "fast"
    FLOAT32 = "float32"
    EXACT = "exact"


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What the untouched model says of images.

    Attributes:
        wrong: Where its answer is not the label, or no number.
        loss: Cross-entropy in nats; NaN where the answer is no number.
        answers: The best class.
    """

    wrong: Bool[Tensor, " batch"]
    loss: PerImage
    answers: PerImageInt


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of images, on the CPU.

    Attributes:
        images: Where they are now.
        steps: How many steps each took.
        lengths: Of the perturbations.
        judgement: What the untouched model says of them.
        points: Steps at which the attack was watched.
        curve_losses: The loss there.
        curve_lengths: The lengths there.
    """

    images: Images
    steps: PerImageInt
    lengths: PerImage
    judgement: Judgement
    points: Int[Tensor, " point"]
    curve_losses: Float[Tensor, "batch point"]
    curve_lengths: Float[Tensor, "batch point"]

    def put(self, rows: Int[Tensor, " some"], other: "Outcome") -> None:
        """Put the outcome of another search of these rows in place of this one."""
        for name in ("images", "steps", "lengths", "curve_losses", "curve_lengths"):
            getattr(self, name)[rows] = getattr(other, name)
        for name in ("wrong", "loss", "answers"):
            getattr(self.judgement, name)[rows] = getattr(other.judgement, name)


class AttackSearch:
    """An attack on a model, whose fast forms are made when they are first searched."""

    def __init__(
        self,
        classifier: Classifier,
        attack: Attack,
        *,
        micro_batch: int,
        form: FastForm,
    ) -> None:
        """Attack `classifier`, which is cheapest in this form."""
        self._cheapest = form
        self._classifier = classifier
        self._attack = _in_batches_of(attack, micro_batch)
        self._micro_batch = micro_batch
        self._forms: dict[Search, Classifier] = {Search.EXACT: classifier}

    def __call__(self, search: Search, images: Images, labels: Labels, chance: Chance) -> Outcome:
        """Attack one form; attack the untouched model where only that form calls itself fooled."""
        form = self._form(search)
        found = self._outcome(self._attacked(form, images, labels, chance), labels)
        if search is Search.EXACT:
            return found
        rows = torch.nonzero(~found.judgement.wrong)[:, 0]
        if not len(rows):
            return found
        logits = logits_of(form, found.images[rows], micro_batch=self._micro_batch)
        claimed = torch.from_numpy(rank_of(logits, labels[rows]) > 1)
        # An image that left early was fooled for this form, whatever it says of it now.
        early = found.steps[rows] < found.steps.max()
        rows = rows[claimed | early]
        if len(rows):
            found.put(rows, self(Search.EXACT, images[rows], labels[rows], chance.take(rows)))
        return found

    def judge(self, images: Images, labels: Labels) -> Judgement:
        """Return what the untouched model says of images, in float32."""
        logits = logits_of(self._classifier, images, micro_batch=self._micro_batch)
        numbers = logits.softmax(1).isfinite().all(1)
        right = torch.from_numpy(np.equal(rank_of(logits, labels), 1)) & numbers
        loss = cross_entropy(logits, labels).masked_fill(~numbers, float("nan"))
        return Judgement(wrong=~right, loss=loss, answers=logits.argmax(1))

    def _form(self, search: Search) -> Classifier:
        if search not in self._forms:
            float32 = search is Search.FLOAT32
            self._forms[search] = self._cheapest.of(self._classifier, float32=float32)
        return self._forms[search]

    def _attacked(
        self, classifier: Classifier, images: Images, labels: Labels, chance: Chance
    ) -> Attacked:
        """Attack on the classifier's own device, in eval mode, float32 being whole float32."""
        device = classifier.device
        if classifier is not self._classifier:
            images = self._cheapest.laid(images)
        with (
            evaluating(classifier.network),
            full_precision(device),
            # A named check says it once, where the results are.
            warnings.catch_warnings(category=FallbackWarning, action="ignore"),
        ):
            return self._attack(classifier, images.to(device), labels.to(device), chance=chance)

    def _outcome(self, attacked: Attacked, labels: Labels) -> Outcome:
        images = attacked.images.detach().float().cpu()
        require_pixels(images)
        return Outcome(
            images=images,
            steps=attacked.steps.cpu(),
            lengths=attacked.lengths.float().cpu(),
            judgement=self.judge(images, labels),
            points=attacked.curve.points.cpu(),
            curve_losses=attacked.curve.losses.float().cpu(),
            curve_lengths=attacked.curve.lengths.float().cpu(),
        )


def _in_batches_of(attack: Attack, size: int) -> Attack:
    """Return the attack with a batch size, unless it has its own or knows none."""
    if not is_dataclass(attack) or getattr(attack, "batch_size", size) is not None:
        return attack
    return replace(attack, batch_size=size)
