"""Attacks on all images of a job, part by part: on the fast path, then in float32 where it counts.

It knows in which order parts are computed and how their records are put together; it does not
know how a part is made.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import polars as pl
import torch
from torch import Tensor

from cuelens.attacks.protocol import Attack
from cuelens.datasets.protocol import Dataset
from cuelens.errors import ConfigError
from cuelens.evaluation.attack_images import IMAGES_TABLE, merge_images
from cuelens.evaluation.attack_parts import AttackJob
from cuelens.evaluation.attack_search import Search
from cuelens.evaluation.chunks import Snapshot, chunks_of
from cuelens.evaluation.forward import FastForm, fast_form, machine_notes
from cuelens.evaluation.jobs import Progress
from cuelens.evaluation.records import RecordStore
from cuelens.evaluation.subjects import Subject
from cuelens.networks.classifier import Classifier
from cuelens.randomness import keyed_generator
from cuelens.sharing import Task, share

__all__ = ["AttackRun", "Seen", "replaced"]

Seen = Callable[[pl.DataFrame], None]
"""Called after each part with the records that a condition has so far."""

_FOUND = ("fooled", "steps", "length", "loss", "broken_by", "points", "losses", "lengths")


@dataclass(frozen=True, kw_only=True)
class AttackRun:
    """Attacks on one model and one data set with the same settings.

    Attributes:
        subject: The model.
        snapshot: The data set.
        rows: Which images.
        store: Where the records go.
        draw: Seed of attacks and choices.
        chunk: How many images make a part.
        micro_batch: How many images are attacked at once.
        recheck: How many survivors of a search in bfloat16 are attacked again in float32; None:
            all.
        form: In which the model is cheapest.
        exact: Whether attacks search the model as it was given, in float32.
        keep_images: Whether originals and attacked images are kept.
        progress: Called after each part, or None.
        seen: Called after each part with the records so far, or None.
        part_keys: Of the parts that were asked for, in that order.
    """

    subject: Subject
    snapshot: Snapshot
    rows: Tensor
    store: RecordStore
    draw: int
    chunk: int
    micro_batch: int
    recheck: int | None
    form: FastForm
    exact: bool
    keep_images: bool
    progress: Progress | None
    seen: Seen | None
    part_keys: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        classifier: Classifier,
        dataset: Dataset,
        *,
        store: RecordStore,
        draw: int,
        limit: int | None,
        chunk: int,
        micro_batch: int | None,
        recheck: int | None,
        exact: bool,
        keep_images: bool,
        name: str | None,
        training_seed: int | None,
        progress: Progress | None,
        seen: Seen | None,
    ) -> "AttackRun":
        """Ask the model and the data set.

        Raises:
            ConfigError: If `limit` or `chunk` is below 1, or `recheck` below 0.
        """
        if recheck is not None and recheck < 0:
            raise ConfigError(f"`recheck` must be at least 0, or None for all, got {recheck}.")
        snapshot = Snapshot(dataset)
        rows = snapshot.rows(limit, draw)
        form = fast_form(classifier, dataset.images(rows[:1]))
        in_float32 = exact or form.precision is torch.float32
        return cls(
            subject=Subject.of(classifier, name=name, training_seed=training_seed),
            snapshot=snapshot,
            rows=rows,
            store=store,
            draw=draw,
            chunk=chunk,
            micro_batch=form.batch if micro_batch is None else micro_batch,
            recheck=0 if in_float32 else recheck,
            form=form,
            exact=exact,
            keep_images=keep_images,
            progress=progress,
            seen=seen,
        )

    @property
    def first(self) -> Search:
        """Which form is searched first."""
        return Search.EXACT if self.exact else Search.FAST

    @property
    def in_float32(self) -> bool:
        """Whether the first search is in float32 already, and misses nothing by rounding."""
        return self.exact or self.form.precision is torch.float32

    def job(self, attack: Attack, *, name: str, condition: str) -> AttackJob:
        """Return the job of one attack."""
        return AttackJob(
            self.subject,
            self.snapshot,
            attack,
            name=name,
            condition=condition,
            store=self.store,
            draw=self.draw,
            micro_batch=self.micro_batch,
            form=self.form,
            exact=self.exact,
            keep_images=self.keep_images,
        )

    def search(self, job: AttackJob) -> tuple[pl.DataFrame, int]:
        """Attack every image, then a sample of the survivors again in float32.

        Returns:
            The records, and how many parts were computed now.
        """
        frame, computed = self.parts(job, self.rows, self.first, note=self._note(job))
        again = self._sample(self.survivors(frame))
        if len(again):
            note = f"{self._note(job)}, survivors again in float32"
            frame, more = self.parts(job, again, Search.FLOAT32, note=note, base=frame, check=True)
            computed += more
        return frame, computed

    def parts(
        self,
        job: AttackJob,
        rows: Tensor,
        search: Search,
        *,
        note: str,
        base: pl.DataFrame | None = None,
        check: bool = False,
    ) -> tuple[pl.DataFrame, int]:
        """Return the records of some rows, part by part, and how many were computed now.

        Args:
            job: The attack.
            rows: Which images.
            search: Which form of the model is searched.
            note: What progress says.
            base: Records of more images that these are put into; None: these alone.
            check: Whether the images had survived the fast path: what is fooled now was missed.
        """
        if self.progress is not None:
            self.progress(0, len(rows), note)
        size = self.chunk if base is None else min(self.chunk, self.micro_batch)
        wanted = {job.key(part, stage=search.value): part for part in chunks_of(rows, size)}
        frames: dict[str, pl.DataFrame] = {}

        def done(key: str) -> bool:
            if key not in frames and job.has(key):
                frames[key] = job.read(key)
                if self.progress is not None:
                    self.progress(sum(map(len, frames.values())), len(rows), note)
                if self.seen is not None:
                    self.seen(_together(_in_order(frames, wanted), base, check=check))
            return key in frames

        def do(key: str) -> int:
            job.compute(key, wanted[key], search)
            return int(done(key))

        tasks = [Task(name=key, done=partial(done, key), do=partial(do, key)) for key in wanted]
        computed = share(tasks, self.store.leases)
        self.part_keys.extend(wanted)
        return _together(_in_order(frames, wanted), base, check=check), computed

    def has_merged(self, key: str) -> bool:
        """Return whether the images that are to be kept are there under one key."""
        return not self.keep_images or self.store.has(IMAGES_TABLE, key)

    def keep_merged(self, key: str, *, condition: str) -> None:
        """Keep each image once, under the key of the records that speak of all of them."""
        if not self.has_merged(key):
            merged = merge_images(self.store, self.part_keys, condition=condition)
            merged.write(self.store, key, notes=machine_notes(self.subject.classifier.device))

    def survivors(self, frame: pl.DataFrame) -> Tensor:
        """Return the rows that no attack fooled, in ascending order."""
        return self.rows[torch.from_numpy((~frame["fooled"]).to_numpy())]

    def _sample(self, survivors: Tensor) -> Tensor:
        """Return `recheck` survivors drawn by chance over the whole set, in ascending order.

        Every image has its place in one keyed order, so that models share as many as they can.
        """
        generator = keyed_generator(self.draw, "recheck", self.snapshot.fingerprint)
        place = torch.from_numpy(generator.permutation(len(self.snapshot)))
        count = len(survivors) if self.recheck is None else self.recheck
        return survivors[place[survivors].argsort()][:count].sort().values

    def _note(self, job: AttackJob) -> str:
        return f"{self.subject.name}, {job.condition}"


def _in_order(frames: Mapping[str, pl.DataFrame], keys: Iterable[str]) -> list[pl.DataFrame]:
    return [frames[key] for key in keys if key in frames]


def _together(
    frames: Sequence[pl.DataFrame], base: pl.DataFrame | None, *, check: bool
) -> pl.DataFrame:
    found = pl.concat(frames)
    return found if base is None else replaced(base, found, check=check)


def replaced(base: pl.DataFrame, found: pl.DataFrame, *, check: bool) -> pl.DataFrame:
    """Return records in which a later search of some survivors has been put.

    Args:
        base: Records of all images.
        found: Records of the images that were searched later.
        check: Whether the earlier search was the fast path's and the later one the same attack in
            float32: then `missed` says what it found, and survivors keep their first records.
    """
    again = found.select("image", now=pl.lit(value=True), **{f"{n}_now": n for n in _FOUND})
    joined = base.join(again, on="image", how="left", maintain_order="left")
    taken = pl.col("now").is_not_null()
    missed = pl.col("missed")
    if check:
        missed = pl.when(taken).then("fooled_now").otherwise("missed").alias("missed")
        taken = taken & pl.col("fooled_now")
    return joined.with_columns(
        missed, *(pl.when(taken).then(f"{n}_now").otherwise(n).alias(n) for n in _FOUND)
    ).select(base.columns)
