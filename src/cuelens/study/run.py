"""Run a study: train what is missing, evaluate what is missing, keep records of everything."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl
import torch

from cuelens.datasets import CueDataset, Dataset
from cuelens.evaluation import (
    Condition,
    Evaluated,
    RecordStore,
    attack_dataset,
    choose_rows,
    evaluate_models,
    make_strips,
    measure_salience,
)
from cuelens.metrics import MASK_MEASURES, MEASURES
from cuelens.study.data import StudyData
from cuelens.study.models import StudyModel, train_models
from cuelens.study.plan import Plan
from cuelens.study.progress import Progress, silent, warn_of
from cuelens.study.run_folder import claim_folder, note_parts

__all__ = ["run_study"]


def run_study(
    plan: Plan,
    *,
    data_folder: Path | None,
    out: Path,
    progress: Progress = silent,
    device: torch.device | None = None,
) -> None:
    """Do everything of a study that its folder does not hold yet.

    Args:
        plan: The study.
        data_folder: Where its images lie; None for rendered images.
        out: The run's folder; killed at any moment, the same call goes on there.
        progress: Told of every stage.
        device: Where to compute; a GPU if there is one, if None.

    Raises:
        RunFolderError: If the folder holds another study.
        MissingDataError: If the images are not where they should be.
        StorageError: If the disk is full.
    """
    device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
    data = plan.data.open(data_folder, seed=plan.study.seed)
    claim_folder(out, plan)
    models = train_models(plan.models, data, out, progress=progress, device=device)
    ordered = {name: models[name] for name in plan.study.models}
    for model in ordered.values():
        model.classifier.network.to(device)
    evaluate_study(plan, data, ordered, out, progress=progress)


def evaluate_study(
    plan: Plan,
    data: StudyData,
    models: Mapping[str, StudyModel],
    out: Path,
    *,
    progress: Progress = silent,
) -> None:
    """Record what every model does under every condition and attack, and where it looks.

    Args:
        plan: The study.
        data: Its images.
        models: By name.
        out: The run's folder; what its records hold is not computed again.
        progress: Told of every stage.
    """
    store = RecordStore(out / "records")
    classifiers = {name: model.classifier for name, model in models.items()}
    seeds = {name: model.card.training_seed for name, model in models.items()}
    draw = plan.study.seed

    parts: dict[str, list[str]] = defaultdict(list)

    def tell(stage: str) -> Callable[[int, int, str], None]:
        return lambda done, total, note: progress(stage, done, total, note)

    def keep(done: Evaluated) -> None:
        parts[done.table] += done.keys
        warn_of(done.problems)

    done = evaluate_models(
        classifiers,
        data.test,
        plan.conditions,
        store=store,
        draw=draw,
        training_seeds=seeds,
        progress=tell("predict"),
    )
    keep(done)
    if data.conflict is not None:
        done = evaluate_models(
            classifiers,
            data.conflict,
            [Condition.clean()],
            store=store,
            draw=draw,
            training_seeds=seeds,
            progress=tell("predict conflict"),
        )
        keep(done)
    for attack in plan.attacks:
        for name, classifier in classifiers.items():
            done = attack_dataset(
                classifier,
                data.test,
                attack.attack,
                condition=attack.name,
                name=name,
                store=store,
                draw=draw,
                limit=attack.images,
                training_seed=seeds[name],
                progress=tell(f"attack {name}, {attack.name}"),
            )
            keep(done)
    _record_salience(plan, data.test, models, store, tell, keep)
    seen = store.read("predictions", parts["predictions"])
    _record_strips(plan, data.test, models, seen, store, tell, keep)
    note_parts(out, parts)


def _record_salience(
    plan: Plan,
    test: Dataset,
    models: Mapping[str, StudyModel],
    store: RecordStore,
    tell: Callable[[str], Callable[[int, int, str], None]],
    keep: Callable[[Evaluated], None],
) -> None:
    """Record the measures of every map."""
    salience = plan.salience
    cases = itertools.product(models.items(), salience.methods.items(), salience.conditions)
    for (name, model), (method_name, method), condition in cases:
        # Only on unchanged images is the figure surely where its mask says.
        masked = condition.family == "clean" and isinstance(test, CueDataset)
        done = measure_salience(
            model.classifier,
            test,
            method,
            MEASURES,
            mask_measures=MASK_MEASURES if masked else None,
            method_name=method_name,
            condition=condition,
            store=store,
            draw=plan.study.seed,
            limit=salience.images,
            name=name,
            training_seed=model.card.training_seed,
            progress=tell(f"salience {name}, {method_name}, {condition.name}"),
        )
        keep(done)


def _record_strips(
    plan: Plan,
    test: Dataset,
    models: Mapping[str, StudyModel],
    seen: pl.DataFrame,
    store: RecordStore,
    tell: Callable[[str], Callable[[int, int, str], None]],
    keep: Callable[[Evaluated], None],
) -> None:
    """Record what the report draws of a few images, chosen by what was predicted of all."""
    salience = plan.salience
    if salience.strips and salience.methods and (salience.conditions or plan.attacks):
        done = make_strips(
            {name: model.classifier for name, model in models.items()},
            test,
            choose_rows(
                seen.filter(pl.col("dataset") == test.name),
                count=salience.strips,
                seed=plan.study.seed,
            ),
            salience.conditions,
            methods=salience.methods,
            attacks={attack.name: attack.attack for attack in plan.attacks[:1]},
            store=store,
            draw=plan.study.seed,
            progress=tell("strips"),
        )
        keep(done)
