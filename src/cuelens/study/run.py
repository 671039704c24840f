"""Run a study: train what is missing, evaluate what is missing, keep records of everything."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import torch

from cuelens.datasets import Dataset
from cuelens.evaluation import (
    Condition,
    Evaluated,
    RecordStore,
    attack_dataset,
    choose_rows,
    evaluate_models,
    make_strips,
    measure_controls,
    probe_model,
    try_conditions,
)
from cuelens.evaluation.attack_images import IMAGES_TABLE
from cuelens.networks.classifier import Classifier
from cuelens.study.data import StudyData, warn_of_styles
from cuelens.study.finish import evidence_of, finished_with, note_finish
from cuelens.study.fooled_images import keep_few_fooled
from cuelens.study.models import StudyModel, train_models
from cuelens.study.plan import Plan
from cuelens.study.progress import Progress, silent, warn_of
from cuelens.study.run_folder import (
    SHOWN,
    ImageSet,
    claim_folder,
    finished_parts,
    note_images,
    note_parts,
)
from cuelens.study.salience_measuring import Measuring
from cuelens.study.salience_plan import shown_attack

__all__ = ["run_study"]


def run_study(
    plan: Plan,
    *,
    data_folder: Path | None,
    out: Path,
    progress: Progress = silent,
    device: torch.device | None = None,
) -> bool:
    """Do everything of a study that its folder does not hold yet.

    Args:
        plan: The study.
        data_folder: Where its images lie; None for rendered images.
        out: The run's folder; killed at any moment, the same call goes on there.
        progress: Told of every stage.
        device: Where to compute; a GPU if there is one, if None.

    Returns:
        Whether there was anything to do, or to look at piece by piece; not where the folder is
        known to hold all of the study.

    Raises:
        RunFolderError: If the folder holds another study.
        MissingDataError: If the images are not where they should be.
        DataError: If a condition needs masks that the images do not have.
        StorageError: If the disk is full.
    """
    device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
    data = plan.data.open(data_folder, seed=plan.study.seed)
    warn_of_styles(plan.conditions)
    evidence = evidence_of(plan, data, device)
    if finished_parts(out) is not None:
        claim_folder(out, plan)
        problems = finished_with(out, evidence)
        if problems is not None:
            warn_of(problems)
            return False
    try_conditions(data.test, plan.conditions)
    claim_folder(out, plan)
    note_images(out, _sizes(data))
    models = train_models(plan.models, data, out, progress=progress, device=device)
    ordered = {name: models[name] for name in plan.study.models}
    for model in ordered.values():
        model.classifier.network.to(device)
    told = evaluate_study(plan, data, ordered, out, progress=progress)
    note_finish(out, evidence, told)
    return True


def _sizes(data: StudyData) -> dict[str, ImageSet]:
    sets = {"training": data.training, "test": data.test, "conflict": data.conflict}
    return {
        role: ImageSet(name=images.name, images=len(images))
        for role, images in sets.items()
        if images is not None
    }


def evaluate_study(
    plan: Plan,
    data: StudyData,
    models: Mapping[str, StudyModel],
    out: Path,
    *,
    progress: Progress = silent,
) -> tuple[str, ...]:
    """Record what every model does under every condition and attack, and where it looks.

    Args:
        plan: The study.
        data: Its images.
        models: By name.
        out: The run's folder; what its records hold is not computed again.
        progress: Told of every stage.

    Returns:
        Sentences that name what is wrong with answers and maps; each was logged as a warning.
    """
    work = _Evaluation(
        plan=plan,
        models=models,
        store=RecordStore(out / "records"),
        shown=RecordStore(out / SHOWN),
        progress=progress,
    )
    work.predict(data.test, plan.conditions, stage="predict")
    if data.conflict is not None:
        work.predict(data.conflict, [Condition.clean()], stage="predict conflict")
    work.attack(data.test)
    work.measure(data.test)
    work.draw(data.test)
    for store in (work.store, work.shown):
        store.remember()
    note_parts(out, work.parts)
    return tuple(work.problems)


@dataclass(frozen=True, kw_only=True)
class _Evaluation:
    """A study's evaluation in progress, and which parts of the records it has so far.

    What is attacked again to be looked at has records of its own, which no rate counts.
    """

    plan: Plan
    models: Mapping[str, StudyModel]
    store: RecordStore
    shown: RecordStore
    progress: Progress
    parts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    problems: list[str] = field(default_factory=list)

    @property
    def classifiers(self) -> dict[str, Classifier]:
        return {name: model.classifier for name, model in self.models.items()}

    @property
    def seeds(self) -> dict[str, int | None]:
        return {name: model.card.training_seed for name, model in self.models.items()}

    def tell(self, stage: str) -> Callable[[int, int, str], None]:
        return lambda done, total, note: self.progress(stage, done, total, note)

    def keep(self, done: Evaluated) -> None:
        self.parts[done.table] += done.keys
        self.problems.extend(done.problems)
        warn_of(done.problems)

    def predict(self, images: Dataset, conditions: Sequence[Condition], *, stage: str) -> None:
        """Record what the models answer."""
        done = evaluate_models(
            self.classifiers,
            images,
            conditions,
            store=self.store,
            draw=self.plan.study.seed,
            training_seeds=self.seeds,
            progress=self.tell(stage),
        )
        self.keep(done)
        self.keep(measure_controls(images, conditions, store=self.store, draw=self.plan.study.seed))

    def attack(self, images: Dataset) -> None:
        """Record which images the attacks fool, and what would make them misleading."""
        for name, classifier in self.classifiers.items() if self.plan.attacks else ():
            self.keep(
                probe_model(
                    classifier,
                    images,
                    store=self.store,
                    draw=self.plan.study.seed,
                    name=name,
                    training_seed=self.seeds[name],
                )
            )
        for attack, name in itertools.product(self.plan.attacks, self.models):
            done = attack_dataset(
                self.classifiers[name],
                images,
                attack.attack,
                condition=attack.name,
                name=name,
                store=self.store,
                draw=self.plan.study.seed,
                limit=attack.images,
                training_seed=self.seeds[name],
                progress=self.tell(f"attack {name}, {attack.name}"),
            )
            self.keep(done)
            few = keep_few_fooled(
                self.classifiers[name],
                images,
                attack.attack,
                self.store.read(done.table, done.keys[-1:]),
                condition=attack.name,
                store=self.shown,
                draw=self.plan.study.seed,
                name=name,
            )
            if few is not None:
                self.parts[IMAGES_TABLE].append(few)

    def measure(self, images: Dataset) -> None:
        """Record the measures of every map."""
        measuring = Measuring(
            plan=self.plan.salience,
            images=images,
            classifiers=self.classifiers,
            seeds=self.seeds,
            store=self.store,
            draw=self.plan.study.seed,
            tell=self.tell,
        )
        for done in measuring.run():
            self.keep(done)

    def draw(self, images: Dataset) -> None:
        """Record pictures and maps of a few images, chosen by what was predicted of all."""
        salience = self.plan.salience
        if not (
            salience.strips and salience.methods and (salience.conditions or self.plan.attacks)
        ):
            return
        predictions = self.store.read("predictions", self.parts["predictions"])
        seen = predictions.filter(pl.col("dataset") == images.name)
        done = make_strips(
            self.classifiers,
            images,
            choose_rows(seen, count=salience.strips, seed=self.plan.study.seed),
            [one for one in salience.conditions if isinstance(one, Condition)],
            methods=salience.methods,
            target=salience.target,
            attacks={attack.name: shown_attack(attack.attack) for attack in self.plan.attacks[:1]},
            store=self.store,
            draw=self.plan.study.seed,
            progress=self.tell("strips"),
        )
        self.keep(done)
