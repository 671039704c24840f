"""One attack on one model: chunks of images, searched in one precision, confirmed in float32."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import torch
from jaxtyping import Bool
from torch import Tensor

from cuelens.attacks.protocol import Attack, Attacked
from cuelens.errors import ConfigError
from cuelens.evaluation.answers import rank_of
from cuelens.evaluation.chunks import Chunk, Snapshot, chunks_of
from cuelens.evaluation.forward import (
    fast_precision,
    full_precision,
    logits_of,
    machine_notes,
    precision_name,
)
from cuelens.evaluation.keys import identity_of, key_of
from cuelens.evaluation.records import RecordStore
from cuelens.evaluation.subjects import Subject
from cuelens.evaluation.tables import table_of
from cuelens.losses import cross_entropy
from cuelens.networks.classifier import Classifier, evaluating
from cuelens.networks.fast_path import fast
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, PerImage, require_pixels

__all__ = ["AttackJob"]

_VERSION = 1
"""Raised whenever the same attacked images give other columns."""

Flags = Bool[Tensor, " batch"]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Outcome:
    """What became of images: where they are now, and what the untouched model says of them."""

    images: Images
    steps: Tensor
    wrong: Flags
    loss: PerImage


class AttackJob:
    """An attack on a model and a data set.

    Attributes:
        subject: The model.
        snapshot: The data set.
        attack: What is done.
        condition: Its name in the records.
        store: Where the parts go, table "attack-parts".
        draw: Seed of the attack.
        micro_batch: How many images are attacked at once.
    """

    def __init__(
        self,
        subject: Subject,
        snapshot: Snapshot,
        attack: Attack,
        *,
        condition: str,
        store: RecordStore,
        draw: int,
        micro_batch: int,
    ) -> None:
        """Take what the job is about."""
        if micro_batch < 1:
            raise ConfigError(f"`micro_batch` must be at least 1, got {micro_batch}.")
        self.subject = subject
        self.snapshot = snapshot
        self.attack = attack
        self.condition = condition
        self.store = store
        self.draw = draw
        self.micro_batch = micro_batch
        self._precision = fast_precision(subject.classifier.device)
        self._columns = subject.columns(
            snapshot,
            condition=condition,
            family="attack",
            level=attack.ball.radius,
            draw=draw,
            precision=precision_name(self._precision),
            settings=repr(attack),
        )
        self._fast: Classifier | None = None

    def key(self, rows: Tensor, *, stage: str, **determinants: int | None) -> str:
        """Return the key of a part of this job."""
        return key_of(
            table="attacks",
            stage=stage,
            version=_VERSION,
            method=identity_of(self.attack),
            micro_batch=self.micro_batch,
            rows=rows.tolist(),
            **determinants,
            **self._columns,
        )

    def part(self, rows: Tensor, *, float32: bool) -> tuple[pl.DataFrame, bool]:
        """Return the records of some rows, and whether they were computed now.

        Args:
            rows: Places in the data set.
            float32: Search with the untouched model, not on the fast path.
        """
        key = self.key(rows, stage="float32" if float32 else "fast")
        fresh = not self.store.has("attack-parts", key)
        if fresh:
            frame = self._frame(Chunk(self.snapshot, rows, self.draw), float32=float32)
            notes = machine_notes(self.subject.classifier.device)
            self.store.write("attack-parts", key, frame, notes=notes)
        return self.store.read("attack-parts", [key]), fresh

    def _frame(self, chunk: Chunk, *, float32: bool) -> pl.DataFrame:
        """Attack the images of a chunk that the untouched model gets right."""
        images, labels, chance = chunk.clean, chunk.labels, chunk.chance
        clean_wrong, loss = self._judged(images, labels)
        steps = torch.zeros(len(images), dtype=torch.int64)
        length = torch.zeros(len(images))
        wrong = clean_wrong.clone()
        for places in chunks_of(torch.nonzero(~clean_wrong)[:, 0], self.micro_batch):
            originals = images[places]
            search = self._search_in_float32 if float32 else self._search_fast
            found = search(originals, labels[places], chance.take(places))
            wrong[places], loss[places] = found.wrong, found.loss
            steps[places] = found.steps
            length[places] = self.attack.ball.length(found.images - originals)
        varying = {
            "image": chance.ids,
            "label": labels.numpy(),
            "clean_right": (~clean_wrong).numpy(),
            "fooled": wrong.numpy(),
            "steps": steps.numpy(),
            "length": length.double().numpy(),
            "loss": loss.double().numpy(),
        }
        return table_of("attacks", varying, self._columns)

    def _search_fast(self, images: Images, labels: Labels, chance: Chance) -> _Outcome:
        """Attack the fast form; attack again in float32 what it calls fooled and float32 not."""
        if self._fast is None:
            self._fast = fast(self.subject.classifier, precision=self._precision)
        attacked = self._attacked(self._fast, images, labels, chance)
        found = self._outcome(attacked, labels)
        claimed = rank_of(logits_of(self._fast, found.images, micro_batch=len(images)), labels) > 1
        # An image that left early was fooled for the fast path, whatever it says of it now.
        early = found.steps < found.steps.max()
        doubtful = torch.nonzero(~found.wrong & (torch.from_numpy(claimed) | early))[:, 0]
        if len(doubtful):
            again = self._search_in_float32(
                images[doubtful], labels[doubtful], chance.take(doubtful)
            )
            found.images[doubtful], found.steps[doubtful] = again.images, again.steps
            found.wrong[doubtful], found.loss[doubtful] = again.wrong, again.loss
        return found

    def _search_in_float32(self, images: Images, labels: Labels, chance: Chance) -> _Outcome:
        """Attack the untouched model."""
        classifier = self.subject.classifier
        with evaluating(classifier.network), full_precision(classifier.device):
            attacked = self._attacked(classifier, images, labels, chance)
        return self._outcome(attacked, labels)

    def _attacked(
        self, classifier: Classifier, images: Images, labels: Labels, chance: Chance
    ) -> Attacked:
        """Attack on the classifier's own device."""
        device = classifier.device
        return self.attack(classifier, images.to(device), labels.to(device), chance=chance)

    def _outcome(self, attacked: Attacked, labels: Labels) -> _Outcome:
        """Bring attacked images to the CPU and let the untouched model judge them."""
        images = attacked.images.detach().float().cpu()
        require_pixels(images)
        wrong, loss = self._judged(images, labels)
        return _Outcome(images=images, steps=attacked.steps.cpu(), wrong=wrong, loss=loss)

    def _judged(self, images: Images, labels: Labels) -> tuple[Flags, PerImage]:
        """Return which images the untouched model gets wrong in float32, and their losses.

        Logits that are no numbers are wrong; their loss is NaN.
        """
        logits = logits_of(self.subject.classifier, images, micro_batch=self.micro_batch)
        losses = cross_entropy(logits, labels)
        numbers = logits.softmax(1).isfinite().all(1)
        right = torch.from_numpy(np.equal(rank_of(logits, labels), 1)) & numbers
        return ~right, losses.masked_fill(~numbers, float("nan"))
