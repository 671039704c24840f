"""The evaluation of a study: which records it asks for, and in which order they are made."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

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
    key_of,
    make_strips,
    measure_controls,
    probe_model,
)
from cuelens.evaluation.attack_images import IMAGES_TABLE
from cuelens.evaluation.forms import bytes_of, placed, room_on
from cuelens.leases import Leases
from cuelens.memory import give_back_freed
from cuelens.networks.classifier import Classifier
from cuelens.sharing import apart_first
from cuelens.study.images.data import StudyData
from cuelens.study.models.trained_file import StudyModel
from cuelens.study.outcomes.outcomes import read_predictions
from cuelens.study.plan.limits import Limits
from cuelens.study.plan.plan import AttackPlan, Plan
from cuelens.study.plan.salience_plan import shown_attack
from cuelens.study.progress import Progress, silent, warn_of
from cuelens.study.run.fooled_images import keep_few_fooled
from cuelens.study.run.salience_measuring import Measuring
from cuelens.study.run_folder.run_folder import (
    LEASES,
    SHOWN,
    finished_parts,
    note_parts,
)

__all__ = ["evaluate_study"]

Done = TypeVar("Done")


def evaluate_study(
    plan: Plan,
    data: StudyData,
    models: Mapping[str, StudyModel],
    out: Path,
    *,
    progress: Progress = silent,
    device: torch.device | None = None,
    memory: int | None = None,
) -> tuple[str, ...]:
    """Record what every model does under every condition and attack, and where it looks.

    Args:
        plan: The study.
        data: Its images.
        models: By name.
        out: The run's folder; what its records hold is not computed again.
        progress: Told of every stage.
        device: Where to compute; the CPU, if None.
        memory: As in `run_study`.

    Returns:
        Sentences that name what is wrong with answers and maps; each was logged as a warning.
    """
    leases = Leases(out / LEASES)
    work = _Evaluation(
        plan=plan,
        models=models,
        store=RecordStore(out / "records", leases=leases, doubting=True),
        shown=RecordStore(out / SHOWN, leases=leases, doubting=True),
        progress=progress,
        device=device or torch.device("cpu"),
        memory=memory,
        ended=finished_parts(out) is not None,
    )
    give_back_freed()
    alike: dict[Limits, list[Condition]] = {}
    for condition in plan.conditions:
        alike.setdefault(plan.limits[condition.name], []).append(condition)
    for limits, conditions in alike.items():
        work.predict(data.test, conditions, limits, stage="predict")
    work.measure_controls(data.test)
    if data.conflict is not None:
        work.predict(data.conflict, [Condition.clean()], plan.conflict, stage="predict conflict")
    work.attack(data.test)
    work.measure(data.test)
    work.draw(data.test)
    for store in (work.store, work.shown):
        store.remember()
    note_parts(out, work.parts, plan=plan)
    leases.sweep()
    return tuple(work.problems)


@dataclass(frozen=True, kw_only=True)
class _Evaluation:
    """A study's evaluation in progress, and which parts of the records it has so far.

    What is attacked again to be looked at has records of its own, which no rate counts. A run that
    has come to its end before has no jobs to divide.
    """

    plan: Plan
    models: Mapping[str, StudyModel]
    store: RecordStore
    shown: RecordStore
    progress: Progress
    device: torch.device
    memory: int | None
    ended: bool
    parts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    problems: list[str] = field(default_factory=list)

    @property
    def classifiers(self) -> dict[str, Classifier]:
        return {name: model.classifier for name, model in self.models.items()}

    @property
    def explained(self) -> dict[str, Classifier]:
        """Those whose maps are measured and drawn."""
        return {name: self.classifiers[name] for name in self.plan.salience.models}

    @property
    def seeds(self) -> dict[str, int | None]:
        return {name: model.card.training_seed for name, model in self.models.items()}

    def tell(self, stage: str) -> Callable[[int, int, str], None]:
        return lambda done, total, note: self.progress(stage, done, total, note)

    def keep(self, done: Evaluated) -> None:
        give_back_freed()
        self.parts[done.table] += done.keys
        self.problems.extend(done.problems)
        warn_of(done.problems)

    def predict(
        self, images: Dataset, conditions: Sequence[Condition], limits: Limits, *, stage: str
    ) -> None:
        """Record what the models answer."""
        done = evaluate_models(
            {name: self.classifiers[name] for name in limits.models},
            images,
            conditions,
            store=self.store,
            draw=self.plan.study.seed,
            limit=limits.images,
            training_seeds=self.seeds,
            device=self.device,
            memory=self.memory,
            progress=self.tell(stage),
        )
        self.keep(done)

    def measure_controls(self, images: Dataset) -> None:
        """Record how far conditions are from their controls."""
        conditions, draw = self.plan.conditions, self.plan.study.seed
        self.keep(measure_controls(images, conditions, store=self.store, draw=draw))

    def attack(self, images: Dataset) -> None:
        """Record which images the attacks fool, and what would make them misleading."""
        names = tuple(self.models) if self.plan.attacks else ()
        probes = {f"probe {name}": partial(self._probed, name, images) for name in names}
        for done in self._divided(probes):
            self.keep(done)
        attacks = {
            f"attack {name}, {attack.name}": partial(self._attacked, name, attack, images)
            for attack, name in itertools.product(self.plan.attacks, names)
        }
        for done, few in self._divided(attacks):
            self.keep(done)
            if few is not None:
                self.parts[IMAGES_TABLE].append(few)

    def _divided(self, jobs: Mapping[str, Callable[[], Done]]) -> list[Done]:
        """Do jobs, each process another one first."""
        if self.ended:
            return [do() for do in jobs.values()]
        named = [(key_of(job=name), do) for name, do in jobs.items()]
        return apart_first(named, self.store.leases)

    def _probed(self, name: str, images: Dataset) -> Evaluated:
        with placed(self.classifiers[name], self.device) as classifier:
            return probe_model(
                classifier,
                images,
                store=self.store,
                draw=self.plan.study.seed,
                name=name,
                training_seed=self.seeds[name],
            )

    def _attacked(
        self, name: str, attack: AttackPlan, images: Dataset
    ) -> tuple[Evaluated, str | None]:
        """Attack a model, and return the key of the few fooled images that are shown, too."""
        with placed(self.classifiers[name], self.device) as classifier:
            done = attack_dataset(
                classifier,
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
            few = keep_few_fooled(
                classifier,
                images,
                attack.attack,
                self.store.read(done.table, done.keys[-1:]),
                condition=attack.name,
                store=self.shown,
                draw=self.plan.study.seed,
                name=name,
            )
        return done, few

    def measure(self, images: Dataset) -> None:
        """Record the measures of every map."""
        measuring = Measuring(
            plan=self.plan.salience,
            images=images,
            classifiers=self.explained,
            seeds=self.seeds,
            store=self.store,
            draw=self.plan.study.seed,
            tell=self.tell,
        )
        with self._all_placed():
            for done in measuring.run():
                self.keep(done)

    def draw(self, images: Dataset) -> None:
        """Record pictures and maps of a few images, chosen by what was predicted of all."""
        salience = self.plan.salience
        if not (
            salience.strips and salience.methods and (salience.conditions or self.plan.attacks)
        ):
            return
        predictions = read_predictions(self.store, self.parts["predictions"])
        everywhere = [
            name
            for name, limits in self.plan.limits.items()
            if limits == self.plan.limits["clean"]  # falls are means over the same conditions
        ]
        seen = predictions.filter(
            pl.col("dataset") == images.name, pl.col("condition").is_in(everywhere)
        )
        shown = {attack.name: shown_attack(attack.attack) for attack in self.plan.attacks[:1]}
        with self._all_placed():
            done = make_strips(
                self.explained,
                images,
                choose_rows(seen, count=salience.strips, seed=self.plan.study.seed),
                [one for one in salience.conditions if isinstance(one, Condition)],
                methods=salience.methods,
                target=salience.target,
                attacks=shown,
                store=self.store,
                draw=self.plan.study.seed,
                progress=self.tell("strips"),
            )
        self.keep(done)

    @contextmanager
    def _all_placed(self) -> Iterator[None]:
        """Have every model on the device that fits there with the others; the rest stay."""
        left = room_on(self.device, self.memory)
        with ExitStack() as stack:
            for classifier in self.classifiers.values():
                size = bytes_of(classifier.network)
                if left is None or size <= left:
                    stack.enter_context(placed(classifier, self.device))
                    left = None if left is None else left - size
            yield
