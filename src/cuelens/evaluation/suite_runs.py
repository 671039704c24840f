"""How the attacks of a suite share the images, and the worst case over them, image by image."""

import polars as pl

from cuelens.attacks.suites import Suite
from cuelens.evaluation.attack_parts import AttackJob
from cuelens.evaluation.attack_runs import AttackRun
from cuelens.evaluation.attack_search import Search

__all__ = ["member_jobs", "suite_frames"]

_OF_ONE_ATTACK = ("missed", "points", "losses", "lengths")


def member_jobs(run: AttackRun, suite: Suite, *, condition: str) -> list[AttackJob]:
    """Return the job of each member.

    Args:
        run: The model and the data.
        suite: The attacks.
        condition: Of the worst case; a member's is "CONDITION after MEMBER", which counts what
            earlier members fooled too, or "CONDITION, MEMBER alone".
    """
    pattern = "{} after {}" if suite.in_turn else "{}, {} alone"
    return [
        run.job(attack, name=member, condition=pattern.format(condition, member))
        for member, attack in suite.members
    ]


def suite_frames(
    run: AttackRun, suite: Suite, jobs: list[AttackJob], *, condition: str
) -> tuple[list[pl.DataFrame], int]:
    """Return the records of each member and of the worst case, and how many parts were computed.

    Members that attack in turn: the first goes over all images on the fast path; then every
    member, the first among them again, attacks what is still right in float32, so that no survivor
    owes its survival to the fast path. Members that attack alone: each as an attack by itself.

    Args:
        run: The model and the data.
        suite: The attacks.
        jobs: From `member_jobs`.
        condition: Of the worst case.
    """
    frames, computed = (_in_turn if suite.in_turn else _each_alone)(run, jobs)
    worst = frames[-1] if suite.in_turn else _worst(frames)
    named = _without(worst, _OF_ONE_ATTACK).with_columns(
        condition=pl.lit(condition), settings=pl.lit(repr(suite))
    )
    return [*frames, named], computed


def _each_alone(run: AttackRun, jobs: list[AttackJob]) -> tuple[list[pl.DataFrame], int]:
    """Return the records of each member on all images."""
    found = [run.search(job) for job in jobs]
    return [frame for frame, _ in found], sum(computed for _, computed in found)


def _in_turn(run: AttackRun, jobs: list[AttackJob]) -> tuple[list[pl.DataFrame], int]:
    """Return the records after each member, which attacked what was still right."""
    later = run.first if run.in_float32 else Search.FLOAT32
    note = f"{run.subject.name}, {jobs[0].condition}"
    frame, computed = run.parts(jobs[0], run.rows, run.first, note=note)
    frames = []
    for number, job in enumerate(jobs):
        if number:
            frame = _handed_on(frame, job)
        rows = run.survivors(frame)
        if len(rows) and (number or not run.in_float32):
            note = f"{run.subject.name}, {job.condition}, in float32"
            frame, more = run.parts(job, rows, later, note=note, base=frame, check=not number)
            computed += more
        frames.append(frame)
    return frames, computed


def _handed_on(frame: pl.DataFrame, job: AttackJob) -> pl.DataFrame:
    """Return the records so far under the name of the next member, without what is not its own."""
    return _without(frame, _OF_ONE_ATTACK).with_columns(
        condition=pl.lit(job.condition), settings=pl.lit(repr(job.attack))
    )


def _without(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    return frame.with_columns(
        pl.lit(None, dtype=frame.schema[name]).alias(name) for name in columns
    )


def _worst(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Return the records of the first member that fooled each image; else of the first one."""
    worst = frames[0]
    for frame in frames[1:]:
        later = frame.filter("fooled").join(
            worst.filter(~pl.col("fooled")).select("image"), on="image", how="semi"
        )
        kept = worst.join(later.select("image"), on="image", how="anti")
        worst = pl.concat([kept, later.select(worst.columns)])
    order = frames[0].select("image")
    return order.join(worst, on="image", maintain_order="left").select(frames[0].columns)
