"""Attacks on a data set, as records: searched on the fast path, confirmed in float32.

The fast path can miss an attack, never invent one. Every success is confirmed by the untouched
model; a random sample of the survivors is attacked again in float32, so that what the fast path
missed is known with an interval.
"""

from cuelens.attacks.protocol import Attack
from cuelens.attacks.suites import Suite
from cuelens.datasets.protocol import Dataset
from cuelens.evaluation.attack_parts import AttackJob
from cuelens.evaluation.attack_runs import AttackRun, Seen
from cuelens.evaluation.forward import machine_notes
from cuelens.evaluation.jobs import Evaluated, Progress, unanswered
from cuelens.evaluation.keys import identity_of
from cuelens.evaluation.records import RecordStore
from cuelens.evaluation.suite_runs import member_jobs, suite_frames
from cuelens.networks.classifier import Classifier
from cuelens.sharing import Task, share

__all__ = ["attack_dataset"]


def attack_dataset(
    classifier: Classifier,
    dataset: Dataset,
    attack: Attack | Suite,
    *,
    condition: str,
    store: RecordStore,
    draw: int = 0,
    limit: int | None = None,
    chunk: int = 1000,
    micro_batch: int | None = None,
    recheck: int | None = 200,
    exact: bool = False,
    keep_images: bool = False,
    name: str | None = None,
    training_seed: int | None = None,
    progress: Progress | None = None,
    seen: Seen | None = None,
) -> Evaluated:
    """Record which images of a data set an attack fools.

    Images that the untouched model gets wrong are not attacked and count as fooled in 0 steps.
    The others are attacked on the fast path, with the attack's own early exit. A success that
    float32 does not confirm is attacked again in float32.

    A suite has records of each member, "CONDITION after MEMBER" or "CONDITION, MEMBER alone", and
    of the worst case, "CONDITION". Where its members attack in turn, the search ends in float32 on
    every survivor, whatever `recheck` says.

    Args:
        classifier: The model, untouched.
        dataset: Where the images come from.
        attack: What is done to them: one attack, or several of which the worst counts.
        condition: Name of the attack in the records, such as "pgd-linf-8/255".
        store: Where the records go.
        draw: Seed of the attack and of the choices of images. At least 0.
        limit: Attack so many images, drawn by chance, the same for every model. None: all.
        chunk: How many images make a part. At least 1.
        micro_batch: How many images are attacked at once. At least 1. None: as `fast_form` says.
        recheck: How many survivors, drawn by chance, are attacked again in float32 (all, if they
            are fewer). None: all of them. A fast form that is in float32 itself misses nothing,
            and none is.
        exact: Search the model as it was given, in float32; slower, and nothing to check again.
        keep_images: Keep originals and attacked images too, table "attack-images".
        name: Of the model in the records; None: the classifier's own.
        training_seed: None where unknown.
        progress: Called after each part with the images done and to do: first of all images, then
            of the survivors that are attacked again.
        seen: Called after each part with the records so far.

    Returns:
        Where the records are: a part of the table "attacks" for each condition, that of the
        worst case last; its key also names the part of "attack-images". A survivor that float32
        fools has `missed` and `fooled` true, with the steps, length and loss of that attack.

    Raises:
        ConfigError: If `chunk`, `micro_batch` or `limit` is below 1, or `recheck` below 0.
        ModelError: If the attack meets logits that are no numbers.
        StorageError: If the disk is full.
    """
    run = AttackRun.of(
        classifier, dataset, store=store, draw=draw, limit=limit, chunk=chunk,
        micro_batch=micro_batch, recheck=recheck, exact=exact, keep_images=keep_images, name=name,
        training_seed=training_seed, progress=progress, seen=seen,
    )  # fmt: skip
    suite = attack if isinstance(attack, Suite) else None
    if isinstance(attack, Suite):
        jobs = member_jobs(run, attack, condition=condition)
    else:
        jobs = [run.job(attack, name=condition, condition=condition)]
    keys = _keys(run, jobs, suite)
    computed = 0
    if keep_images or not all(store.has("attacks", key) for key in keys):
        if suite is None:
            frame, computed = run.search(jobs[0])
            frames = [frame]
        else:
            frames, computed = suite_frames(run, suite, jobs, condition=condition)

        def kept() -> bool:
            return run.has_merged(keys[-1]) and all(store.has("attacks", key) for key in keys)

        def keep() -> int:
            run.keep_merged(keys[-1], condition=condition)
            made = dict(zip(keys, frames, strict=True))
            new = [key for key in keys if not store.has("attacks", key)]
            for key in new:
                store.write("attacks", key, made[key], notes=machine_notes(classifier.device))
            return len(new)

        computed += share([Task(name=keys[-1], done=kept, do=keep)], store.leases)
    elif progress is not None:
        progress(len(run.rows), len(run.rows), f"{run.subject.name}, {condition}")
    columns = ["model", "condition", "image", "loss"]
    problems = unanswered(store.read("attacks", keys, columns=columns))
    return Evaluated(table="attacks", keys=keys, computed=computed, problems=problems)


def _keys(run: AttackRun, jobs: list[AttackJob], suite: Suite | None) -> tuple[str, ...]:
    """Return the keys of the records: of one attack, or of each member and the worst case."""
    methods = [identity_of(job.attack) for job in jobs]
    stages = [(job, "whole") for job in jobs]
    if suite is not None:
        stages.append((jobs[-1], "worst"))
    return tuple(
        job.key(
            run.rows,
            stage=stage,
            chunk=run.chunk,
            recheck=run.recheck,
            suite=None if suite is None else "\x1e".join([str(suite.in_turn), *methods]),
        )
        for job, stage in stages
    )
