"""Attacks on a data set, as records: searched on the fast path, confirmed in float32.

The fast path can miss an attack, never invent one. Every success is confirmed by the untouched
model; a random sample of the survivors is attacked again in float32, so that what the fast path
missed is known with an interval.
"""

import polars as pl
import torch
from torch import Tensor

from cuelens.attacks.protocol import Attack
from cuelens.datasets.protocol import Dataset
from cuelens.errors import ConfigError
from cuelens.evaluation.attack_parts import AttackJob
from cuelens.evaluation.chunks import Snapshot, chunks_of
from cuelens.evaluation.forward import machine_notes
from cuelens.evaluation.jobs import Evaluated, Progress, unanswered
from cuelens.evaluation.records import RecordStore
from cuelens.evaluation.subjects import Subject
from cuelens.networks.classifier import Classifier
from cuelens.randomness import keyed_generator

__all__ = ["attack_dataset"]


def attack_dataset(
    classifier: Classifier,
    dataset: Dataset,
    attack: Attack,
    *,
    condition: str,
    store: RecordStore,
    draw: int = 0,
    limit: int | None = None,
    chunk: int = 500,
    micro_batch: int = 250,
    recheck: int | None = 200,
    name: str | None = None,
    training_seed: int | None = None,
    progress: Progress | None = None,
) -> Evaluated:
    """Record which images of a data set an attack fools.

    Images that the untouched model gets wrong are not attacked and count as fooled in 0 steps.
    The others are attacked on the fast path, with the attack's own early exit. A success that
    float32 does not confirm is attacked again in float32.

    Args:
        classifier: The model, untouched.
        dataset: Where the images come from.
        attack: What is done to them.
        condition: Name of the attack in the records, such as "pgd-linf-8/255".
        store: Where the records go.
        draw: Seed of the attack and of the choices of images. At least 0.
        limit: Attack so many images, drawn by chance, the same for every model. None: all.
        chunk: How many images make a part. At least 1.
        micro_batch: How many images are attacked at once. At least 1.
        recheck: How many survivors, drawn by chance, are attacked again in float32 (all, if they
            are fewer). None: all of them.
        name: Of the model in the records; None: the classifier's own.
        training_seed: None where unknown.
        progress: Called after each part with the images done and to do: first of all images, then
            of the survivors that are attacked again.

    Returns:
        Where the records are: one part of the table "attacks". A survivor that float32 fools has
        `missed` and `fooled` true, with the steps, length and loss of that attack.

    Raises:
        ConfigError: If `chunk`, `micro_batch` or `limit` is below 1, or `recheck` below 0.
        ModelError: If the attack meets logits that are no numbers.
        StorageError: If the disk is full.
    """
    if recheck is not None and recheck < 0:
        raise ConfigError(f"`recheck` must be at least 0, or None for all, got {recheck}.")
    subject = Subject.of(classifier, name=name, training_seed=training_seed)
    snapshot = Snapshot(dataset)
    job = AttackJob(
        subject,
        snapshot,
        attack,
        condition=condition,
        store=store,
        draw=draw,
        micro_batch=micro_batch,
    )
    rows = snapshot.rows(limit, draw)
    key = job.key(rows, stage="whole", chunk=chunk, recheck=recheck)
    what = f"{subject.name}, {condition}"
    computed = 0
    if not store.has("attacks", key):
        frame, fresh = _parts(job, rows, chunk, float32=False, what=what, progress=progress)
        survivors = rows[torch.from_numpy((~frame["fooled"]).to_numpy())]
        again = _sample(snapshot, survivors, recheck, draw)
        if len(again):
            what = f"{what}, survivors again in float32"
            size = min(chunk, micro_batch)
            checks, more = _parts(job, again, size, float32=True, what=what, progress=progress)
            frame, fresh = _corrected(frame, checks), fresh + more
        store.write("attacks", key, frame, notes=machine_notes(classifier.device))
        computed = fresh + 1
    elif progress is not None:
        progress(len(rows), len(rows), what)
    columns = ["model", "condition", "image", "loss"]
    problems = unanswered(store.read("attacks", [key], columns=columns))
    return Evaluated(table="attacks", keys=(key,), computed=computed, problems=problems)


def _parts(
    job: AttackJob,
    rows: Tensor,
    size: int,
    *,
    float32: bool,
    what: str,
    progress: Progress | None,
) -> tuple[pl.DataFrame, int]:
    """Return the records of all rows, part by part, and how many parts were computed now."""
    frames, computed, done = [], 0, 0
    for part in chunks_of(rows, size):
        frame, fresh = job.part(part, float32=float32)
        frames.append(frame)
        computed += fresh
        done += len(part)
        if progress is not None:
            progress(done, len(rows), what)
    return pl.concat(frames), computed


def _sample(snapshot: Snapshot, survivors: Tensor, count: int | None, seed: int) -> Tensor:
    """Return `count` survivors drawn by chance over the whole set, in ascending order.

    Every image has its place in one keyed order, so that models share as many as they can.
    """
    generator = keyed_generator(seed, "recheck", snapshot.fingerprint)
    place = torch.from_numpy(generator.permutation(len(snapshot)))
    chosen = survivors[place[survivors].argsort()][: len(survivors) if count is None else count]
    return chosen.sort().values


def _corrected(frame: pl.DataFrame, checks: pl.DataFrame) -> pl.DataFrame:
    """Return the records of the fast path with what float32 found of its survivors."""
    found = ("steps", "length", "loss")
    again = checks.select("image", missed="fooled", **{f"{name}_again": name for name in found})
    joined = frame.drop("missed").join(again, on="image", how="left", maintain_order="left")
    return joined.with_columns(
        pl.col("fooled") | pl.col("missed").fill_null(value=False),
        *(pl.when("missed").then(f"{name}_again").otherwise(name).alias(name) for name in found),
    ).select(frame.columns)
