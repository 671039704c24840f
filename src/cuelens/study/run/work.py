"""What there is to do in a study, piece by piece, and how much of it its records hold.

A piece is a network to train, a model under a condition, and so on. It reads the run's folder and
nothing else, so that it can be asked while another process computes, and on another machine; it
does not know how long anything takes.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from cuelens.attacks import Suite
from cuelens.errors import ModelError
from cuelens.evaluation import REFERENCE_MAPS, AttackCondition, Condition, RecordStore
from cuelens.evaluation.tally import tally
from cuelens.metrics import MEASURES
from cuelens.sources.model_file import read_card
from cuelens.study.models.given_models import given_file
from cuelens.study.plan.plan import ModelPlan, Plan
from cuelens.study.run_folder.imported import read_imported
from cuelens.study.run_folder.run_folder import ImageSet, finished_parts
from cuelens.training.checkpoints import progress_of

__all__ = ["Work", "what_is_there", "work_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """A piece of a study's work.

    Attributes:
        stage: "training", or "opening" of a model that is given; "predictions", "imported",
            "attacks", "salience" or "strips".
        model: Its name; empty where all models are together.
        what: Which condition, attack or method; of training, what makes its steps cost alike; of
            answers that were imported, the files.
        done: How much of it is there, in `unit`.
        total: How much there is in all; None where that is not known yet.
        unit: "steps", "files", "images", "answers" or "parts".
        seconds: What has been done took so long; None where the records do not say.
    """

    stage: str
    model: str
    what: str
    done: int
    total: int | None
    unit: str = "images"
    seconds: float | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing of it is left."""
        return self.total is not None and self.done >= self.total


def work_of(
    plan: Plan, folder: Path, sets: Mapping[str, ImageSet], store: RecordStore
) -> tuple[Work, ...]:
    """Return every piece of a study's work, stage by stage.

    Args:
        plan: The study.
        folder: Of its run; there need be nothing in it.
        sets: Its data sets, from `read_images`; none where they are not known.
        store: Its records; parts that are damaged are named there.
    """
    records = _Records(store=store, noted=finished_parts(folder) or {})
    training = sets.get("training")
    work = [_training(model, folder, training) for model in plan.models]
    return (
        *sorted(work, key=lambda one: list(plan.study.models).index(one.model)),
        *_predictions(plan, records, sets),
        *_imported(folder, store),
        *_attacks(plan, records, sets.get("test")),
        *_salience(plan, records, sets.get("test")),
        *_strips(plan, records),
    )


def what_is_there(work: Sequence[Work]) -> str:
    """Return how many pieces are whole, and how many were begun, in a sentence; "" for none."""
    whole = sum(one.finished for one in work)
    begun = sum(one.done > 0 and not one.finished for one in work)
    if not whole and not begun:
        return ""
    part = f", and {begun:,} in part" if begun else ""
    return f"{whole:,} of {len(work):,} pieces of work are there already{part}."


@dataclass(frozen=True, kw_only=True)
class _Records:
    """The parts of a run that count: those of a run that came to its end, else all."""

    store: RecordStore
    noted: Mapping[str, Sequence[str]]

    def keys(self, table: str) -> Sequence[str]:
        return self.noted.get(table, self.store.keys(table))

    def parts(self, table: str, *by: str) -> pl.DataFrame:
        return tally(self.store, table, self.keys(table), by=by)


def _summed(parts: pl.DataFrame) -> tuple[int, float | None]:
    """Return how many images parts hold, and how long they took, where one of them says so."""
    known = parts["seconds"].drop_nulls()
    return int(parts["images"].sum()), float(known.sum()) if len(known) else None


def _training(plan: ModelPlan, folder: Path, images: ImageSet | None) -> Work:
    """Return where the training of a network stands, by its last checkpoint, or its opening."""
    if plan.source is not None:
        there = int(given_file(folder, plan.name).is_file())
        return Work(
            stage="opening", model=plan.name, what="its file", done=there, total=1, unit="files"
        )
    total = None
    if images is not None:
        total = plan.recipe.epochs * (images.images // plan.recipe.batch_size)
    found = progress_of(folder / "training" / plan.name / "checkpoint.safetensors")
    done, seconds = (0, None) if found is None else found
    path = folder / "models" / f"{plan.name}.safetensors"
    if path.is_file():
        try:
            seconds = read_card(path).training.get("seconds", seconds)
            done = total = done or total or 1  # a control may stop before its last step
        except ModelError:
            done = 0  # the run refuses it, and says why
    alike = f"{plan.architecture}, batches of {plan.recipe.batch_size}, {plan.recipe.objective!r}"
    return Work(
        stage="training", model=plan.name, what=alike, done=done, total=total, unit="steps",
        seconds=seconds,
    )  # fmt: skip


def _predictions(plan: Plan, records: _Records, sets: Mapping[str, ImageSet]) -> Iterator[Work]:
    parts = records.parts("predictions", "model", "dataset", "condition")
    sums = parts.group_by("model", "dataset", "condition").agg(
        pl.col("images").sum(),
        seconds=pl.when(pl.col("seconds").is_not_null().any()).then(pl.col("seconds").sum()),
    )
    found = {tuple(place): (done, seconds) for *place, done, seconds in sums.iter_rows()}
    places = [("test", condition.name) for condition in plan.conditions]
    if "conflict" in sets:
        places.append(("conflict", "clean"))
    for role, condition in places:
        images = sets.get(role)
        limits = plan.limits[condition] if role == "test" else plan.conflict
        name = "" if images is None else images.name
        for model in limits.models:
            done, seconds = found.get((model, name, condition), (0, None))
            yield Work(
                stage="predictions",
                model=model,
                what=condition if role == "test" else f"{condition}, cues in conflict",
                done=done,
                total=None if images is None else _asked(limits.images, images),
                seconds=seconds,
            )


def _imported(folder: Path, store: RecordStore) -> Iterator[Work]:
    """Return the answers from outside: all of them came at once."""
    for model, one in read_imported(folder).items():
        parts = tally(store, "predictions", one.keys, by=("condition",))
        done = int(parts["images"].sum())
        whole = parts["key"].n_unique() == len(one.keys)
        yield Work(
            stage="imported",
            model=model,
            what=", ".join(one.files),
            done=done,
            total=done if whole else None,
            unit="answers",
        )


def _attacks(plan: Plan, records: _Records, images: ImageSet | None) -> Iterator[Work]:
    """Return the attacks: whole ones by their records, those in hand by their parts."""
    if not plan.attacks:
        return
    whole = set(records.parts("attacks", "model", "condition").select("model", "condition").rows())
    keys = records.store.keys("attack-parts")
    parts = tally(records.store, "attack-parts", keys, by=("model", "condition"))
    for attack, model in itertools.product(plan.attacks, plan.study.models):
        suite = attack.attack if isinstance(attack.attack, Suite) else None
        members = [] if suite is None else [name for name, _ in suite.members]
        names = [f"{attack.name} after {one}" for one in members]
        names += [f"{attack.name}, {one} alone" for one in members] or [attack.name]
        own = parts.filter(pl.col("model") == model, pl.col("condition").is_in(names))
        total = _asked(attack.images, images)
        if total is not None:
            total *= max(1, len(members))
        done, seconds = _summed(own)
        if (model, attack.name) in whole:
            done = total = total or max(done, 1)
        elif total is not None:  # survivors that are attacked again are more than were asked for
            done = min(done, total - 1)
        yield Work(
            stage="attacks", model=model, what=attack.name, done=done, total=total, seconds=seconds
        )


def _asked(count: int | None, images: ImageSet | None) -> int | None:
    """Return on how many images something is done; None where that is all and not known."""
    known = [one for one in (count, None if images is None else images.images) if one is not None]
    return min(known) if known else None


def _salience(plan: Plan, records: _Records, images: ImageSet | None) -> Iterator[Work]:
    """Return the measuring of maps: of their shape, and by asking the model again."""
    chosen, shape = plan.salience, next(iter(MEASURES))
    if not chosen.methods:
        return
    place = ("model", "method", "condition")
    parts = (
        records.parts("salience", *place, "measure")
        .group_by("key", *place)
        .agg(
            pl.col("images").max(),
            pl.col("seconds").max(),
            shape=(pl.col("measure") == shape).any(),
        )
    )
    limits = {True: _asked(chosen.images, images), False: _asked(chosen.tested, images)}
    cases = [
        (own, method, one.name, "shape" if own else "tests")
        for own in ((True, False) if chosen.tested else (True,))
        for one in chosen.conditions
        for method in chosen.methods
    ]
    for (own, method, condition, words), model in itertools.product(cases, chosen.models):
        rows = parts.filter(model=model, method=method, condition=condition, shape=own)
        yield _maps(f"{words} of {method}, {condition}", limits[own], rows, model=model)
    if not chosen.tested:
        return
    clean = _clean(chosen.conditions)
    for condition, method, model in itertools.product(clean, REFERENCE_MAPS, chosen.models):
        rows = parts.filter(model=model, method=method, condition=condition)
        yield _maps(f"reference {method}, {condition}", limits[False], rows, model=model)
    pairs = len(chosen.models) * (len(chosen.models) - 1) // 2
    agreed = records.parts("agreements", "method", "condition")
    for condition, method in itertools.product(clean if pairs else (), chosen.methods):
        rows = agreed.filter(method=method, condition=condition)
        each = limits[False]
        total = None if each is None else pairs * each
        yield _maps(f"agreement of {method}, {condition}", total, rows)


def _clean(conditions: Iterable[Condition | AttackCondition]) -> list[str]:
    return [one.name for one in conditions if one.family == "clean"]


def _maps(what: str, total: int | None, parts: pl.DataFrame, *, model: str = "") -> Work:
    done, seconds = _summed(parts)
    return Work(stage="salience", model=model, what=what, done=done, total=total, seconds=seconds)


def _strips(plan: Plan, records: _Records) -> Iterator[Work]:
    """Return the pictures that are drawn, one part for all models."""
    salience = plan.salience
    if salience.strips and salience.methods and (salience.conditions or plan.attacks):
        there = [records.store.has("strips", key) for key in records.keys("strips")]
        yield Work(
            stage="strips",
            model="",
            what=", ".join(salience.methods),
            done=int(any(there)),
            total=1,
            unit="parts",
        )
