"""The records of one attack on one model, part by part."""

import numpy as np
import polars as pl
import torch
from torch import Tensor

from cuelens.attacks.protocol import Attack
from cuelens.balls import Displacement
from cuelens.errors import ConfigError
from cuelens.evaluation.attack_images import IMAGES_TABLE, AttackedImages
from cuelens.evaluation.attack_search import AttackSearch, Judgement, Outcome, Search
from cuelens.evaluation.chunks import Chunk, Snapshot
from cuelens.evaluation.forward import FastForm, machine_notes, precision_name
from cuelens.evaluation.keys import identity_of, key_of
from cuelens.evaluation.records import RecordStore
from cuelens.evaluation.subjects import Subject
from cuelens.evaluation.tables import table_of

__all__ = ["AttackJob"]

_VERSION = 2
"""Raised whenever the same attacked images give other columns."""

_Found = tuple[Tensor, Outcome] | None
"""Which images of a chunk were attacked, and what became of them; None where all were wrong."""


class AttackJob:
    """An attack on a model and a data set.

    Attributes:
        attack: What is done.
        condition: Its name in the records.
    """

    def __init__(
        self,
        subject: Subject,
        snapshot: Snapshot,
        attack: Attack,
        *,
        name: str,
        condition: str,
        store: RecordStore,
        draw: int,
        micro_batch: int,
        form: FastForm,
        exact: bool,
        keep_images: bool,
    ) -> None:
        """Take what the job is about.

        Args:
            subject: The model.
            snapshot: The data set.
            attack: What is done.
            name: Of the attack in `broken_by`.
            condition: Its name in the records.
            store: Where the parts go, table "attack-parts".
            draw: Seed of the attack.
            micro_batch: How many images are attacked at once.
            form: In which the model is cheapest.
            exact: Whether only the model as it was given is searched.
            keep_images: Whether originals and attacked images are kept too.
        """
        if micro_batch < 1:
            raise ConfigError(f"`micro_batch` must be at least 1, got {micro_batch}.")
        self.attack = attack
        self.condition = condition
        self._name = name
        self._subject = subject
        self._snapshot = snapshot
        self._store = store
        self._draw = draw
        self._micro_batch = micro_batch
        self._keep_images = keep_images
        self._search = AttackSearch(
            subject.classifier,
            attack,
            micro_batch=micro_batch,
            form=form,
        )
        self._columns = subject.columns(
            snapshot,
            condition=condition,
            family="attack",
            level=attack.ball.radius,
            draw=draw,
            precision="float32, as given" if exact else precision_name(form.precision),
            settings=repr(attack),
        )

    def key(self, rows: Tensor, *, stage: str, **determinants: int | str | None) -> str:
        """Return the key of a part of this job."""
        return key_of(
            table="attacks",
            stage=stage,
            version=_VERSION,
            method=identity_of(self.attack),
            attack_name=self._name,
            micro_batch=self._micro_batch,
            rows=rows.tolist(),
            **determinants,
            **self._columns,
        )

    def has(self, key: str) -> bool:
        """Return whether a part of this job is there, with its images where they are kept."""
        there = self._store.has("attack-parts", key)
        return there and (not self._keep_images or self._store.has(IMAGES_TABLE, key))

    def read(self, key: str) -> pl.DataFrame:
        """Return the records of a part that is there."""
        return self._store.read("attack-parts", [key])

    def compute(self, key: str, rows: Tensor, search: Search) -> None:
        """Attack the images that the untouched model gets right, and keep records.

        Args:
            key: Of the part.
            rows: Places in the data set.
            search: Which form of the model is searched.
        """
        chunk = Chunk(self._snapshot, rows, self._draw)
        clean = self._search.judge(chunk.clean, chunk.labels)
        places = torch.nonzero(~clean.wrong)[:, 0]
        found: _Found = None
        if len(places):
            images, labels = chunk.clean[places], chunk.labels[places]
            found = places, self._search(search, images, labels, chunk.chance.take(places))
        notes = machine_notes(self._subject.classifier.device)
        if self._keep_images:
            self._images(chunk, clean, found).write(self._store, key, notes=notes)
        self._store.write("attack-parts", key, self._frame(chunk, clean, found), notes=notes)

    def _frame(self, chunk: Chunk, clean: Judgement, found: _Found) -> pl.DataFrame:
        wrong, loss = clean.wrong.clone(), clean.loss.clone()
        steps, length = torch.zeros_like(chunk.labels), torch.zeros(len(chunk))
        if found is not None:
            places, outcome = found
            wrong[places], loss[places] = outcome.judgement.wrong, outcome.judgement.loss
            steps[places], length[places] = outcome.steps, outcome.lengths
        broken = (wrong & ~clean.wrong).tolist()
        varying = {
            "image": chunk.chance.ids,
            "label": chunk.labels.numpy(),
            "clean_right": (~clean.wrong).numpy(),
            "fooled": wrong.numpy(),
            "steps": steps.numpy(),
            "length": length.double().numpy(),
            "loss": loss.double().numpy(),
            "broken_by": [self._name if flag else None for flag in broken],
            **_curves(found, len(chunk)),
        }
        return table_of("attacks", varying, {**self._columns, "norm": _norm_of(self.attack)})

    def _images(self, chunk: Chunk, clean: Judgement, found: _Found) -> AttackedImages:
        attacked, after = chunk.clean.clone(), clean.answers.clone()
        if found is not None:
            places, outcome = found
            attacked[places], after[places] = outcome.images, outcome.judgement.answers
        right = ~clean.wrong
        return AttackedImages(
            ids=tuple(chunk.chance.ids[place] for place in torch.nonzero(right)[:, 0].tolist()),
            originals=chunk.clean[right],
            attacked=attacked[right],
            labels=chunk.labels[right],
            before=clean.answers[right],
            after=after[right],
            model=self._subject.name,
            condition=self.condition,
            norm=_norm_of(self.attack),
            radius=self.attack.ball.radius,
            class_names=self._subject.classifier.class_names,
        )


def _norm_of(attack: Attack) -> str:
    """Return the unit of an attack's radius, as the records name it."""
    return "pixels" if isinstance(attack.ball, Displacement) else type(attack.ball).__name__


def _curves(found: _Found, count: int) -> dict[str, pl.Series]:
    """Return the curves of a chunk of `count` images, as columns; null without an attack."""
    if found is None:
        nothing = pl.Series([None] * count, dtype=pl.List(pl.Float32))
        points = pl.Series([None] * count, dtype=pl.List(pl.Int64))
        return {"points": points, "losses": nothing, "lengths": nothing}
    places, outcome = found
    row = np.full(count, -1)
    row[places.numpy()] = np.arange(len(places))
    taken = pl.Series(row).replace(-1, None)

    def column(values: Tensor) -> pl.Series:
        return pl.Series(values.numpy()).cast(pl.List(pl.Float32)).gather(taken)

    watched = pl.Series([outcome.points.tolist()], dtype=pl.List(pl.Int64))
    return {
        "points": watched.gather(taken.clip(upper_bound=0)),
        "losses": column(outcome.curve_losses),
        "lengths": column(outcome.curve_lengths),
    }
