"""Which measures a study takes of which maps: of their shape, and by asking the model again.

It says what is measured where; how, is in `evaluation`, and what it comes to, in the summaries.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch

from cuelens.datasets import Dataset, MaskedDataset
from cuelens.evaluation import (
    REFERENCE_MAPS,
    SCALE_MEASURES,
    AttackCondition,
    CaseMeasure,
    Condition,
    ConditionStability,
    Evaluated,
    MapMeasures,
    NoiseStability,
    PixelRemoval,
    Progress,
    RecordStore,
    WeightRandomisation,
    measure_agreement,
    measure_salience,
)
from cuelens.evaluation.forward import share_of
from cuelens.metrics import IMAGE_MEASURES, MASK_MEASURES, MEASURES
from cuelens.networks.classifier import Classifier
from cuelens.salience import Salience
from cuelens.study.plan.salience_plan import SaliencePlan

__all__ = ["Measuring"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Measuring:
    """The measuring of a study's maps.

    Attributes:
        plan: What is measured.
        images: Of what the maps are.
        classifiers: By name.
        seeds: Training seeds by name.
        store: Where the records go.
        draw: The study's seed.
        tell: Makes the progress of a stage from its name.
    """

    plan: SaliencePlan
    images: Dataset
    classifiers: Mapping[str, Classifier]
    seeds: Mapping[str, int | None]
    store: RecordStore
    draw: int
    tell: Callable[[str], Progress]

    def run(self) -> Iterator[Evaluated]:
        """Measure what the records do not hold yet, stage by stage."""
        methods = self.plan.methods.items()
        cases = itertools.product(self.classifiers, methods, self.plan.conditions)
        for model, (name, method), condition in cases:
            shape = self._of_shape(condition)
            yield self._measured(model, name, method, condition, shape, self.plan.images)
        if not self.plan.tested:
            return
        cases = itertools.product(self.classifiers, methods, self.plan.conditions)
        for model, (name, method), condition in cases:
            tests = MapMeasures(cases=self._tests(condition))
            yield self._measured(model, name, method, condition, tests, self.plan.tested)
        clean = [one for one in self.plan.conditions if one.family == "clean"]
        for condition, (name, method) in itertools.product(clean, methods):
            yield self._agreed(name, method, condition)
        for condition, model in itertools.product(clean if methods else (), self.classifiers):
            for name, method in REFERENCE_MAPS.items():
                worth = self._of_shape(condition, cases=(PixelRemoval(steps=self.plan.steps),))
                yield self._measured(model, name, method, condition, worth, self.plan.tested)

    def _of_shape(
        self, condition: Condition | AttackCondition, *, cases: tuple[CaseMeasure, ...] = ()
    ) -> MapMeasures:
        """Return the measures that ask no model."""
        # Only on unchanged images is the figure surely where its mask says.
        masked = condition.family == "clean" and isinstance(self.images, MaskedDataset)
        return MapMeasures(
            alone={**MEASURES, **SCALE_MEASURES},
            images=IMAGE_MEASURES,
            masks=MASK_MEASURES if masked else {},
            cases=cases,
        )

    def _tests(self, condition: Condition | AttackCondition) -> tuple[CaseMeasure, ...]:
        """Return what asks the model again."""
        if condition.family != "clean":
            return (ConditionStability(),)
        return (
            PixelRemoval(steps=self.plan.steps),
            NoiseStability(noise=self.plan.noise),
            WeightRandomisation(depths=self.plan.depths),
        )

    def _measured(
        self,
        model: str,
        name: str,
        method: Salience,
        condition: Condition | AttackCondition,
        measures: MapMeasures,
        limit: int,
    ) -> Evaluated:
        stage = "salience" if not measures.cases else "salience tests"
        return measure_salience(
            self.classifiers[model],
            self.images,
            method,
            measures,
            method_name=name,
            condition=condition,
            target=self.plan.target,
            store=self.store,
            draw=self.draw,
            micro_batch=self._at_once(model),
            limit=limit,
            name=model,
            training_seed=self.seeds[model],
            progress=self.tell(f"{stage} {model}, {name}, {condition.name}"),
        )

    def _at_once(self, model: str) -> int:
        """Return how many images are explained at once: fewer where they are large."""
        one = self.images.images(torch.arange(1))
        return share_of(100, self.classifiers[model], one)

    def _agreed(
        self, name: str, method: Salience, condition: Condition | AttackCondition
    ) -> Evaluated:
        return measure_agreement(
            self.classifiers,
            self.images,
            method,
            method_name=name,
            condition=condition,
            target=self.plan.target,
            store=self.store,
            draw=self.draw,
            micro_batch=min(map(self._at_once, self.classifiers)),
            limit=self.plan.tested,
            training_seeds=self.seeds,
            progress=self.tell(f"salience agreement {name}, {condition.name}"),
        )
