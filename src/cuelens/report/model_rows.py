"""What a report says of each model: from its file, from what a run noted of it, or from an import.

Its accuracies come from summaries; nothing is evaluated.
"""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from cuelens.report import data as drawn
from cuelens.report.recipe_words import recipe_in_words
from cuelens.sources import load_model
from cuelens.sources.model_file import read_card
from cuelens.study.models.given_models import read_given
from cuelens.study.plan.plan import ModelPlan, Plan
from cuelens.study.run_folder.imported import ImportedModel

__all__ = ["classes_of", "imported_row", "model_rows"]


def classes_of(plan: Plan, folder: Path) -> int:
    """Return how many classes the models of a run know."""
    first = plan.models[0]
    if first.source is not None:
        return read_given(folder, first.name).classes
    return len(read_card(_file(folder, first.name)).class_names)


def model_rows(plan: Plan, folder: Path, rates: pl.DataFrame) -> Iterator[drawn.ModelRow]:
    """Yield a row for each model of a study, in its order.

    Args:
        plan: The study.
        folder: Of its run.
        rates: Summaries of the images that are reported.
    """
    main = plan.attacks[0].name if plan.attacks else ""
    plans = {one.name: one for one in plan.models}
    for name in plan.study.models:
        clean = _rate(rates, name, "clean", "accuracy")
        robust = _rate(rates, name, main, "robust accuracy")
        own = plans[name]
        yield (_given if own.source else _trained)(own, folder, clean, robust)


def _trained(
    plan: ModelPlan, folder: Path, clean: drawn.Rate | None, robust: drawn.Rate | None
) -> drawn.ModelRow:
    classifier, card = load_model(_file(folder, plan.name))
    return drawn.ModelRow(
        name=plan.name,
        recipe=recipe_in_words(plan),
        network=card.architecture,
        parameters=sum(parameter.numel() for parameter in classifier.network.parameters()),
        clean=clean,
        robust=robust,
        training_seconds=card.training.get("seconds"),
        seed=card.training_seed,
        fingerprint=classifier.fingerprint(),
    )


def _given(
    plan: ModelPlan, folder: Path, clean: drawn.Rate | None, robust: drawn.Rate | None
) -> drawn.ModelRow:
    """Return what was noted of a model that was there already."""
    note = read_given(folder, plan.name)
    return drawn.ModelRow(
        name=plan.name,
        recipe=note.recipe or f"not known; opened from {note.address}",
        network=note.network,
        parameters=note.parameters,
        clean=clean,
        robust=robust,
        seed=note.training_seed,
        fingerprint=note.fingerprint,
    )


def imported_row(name: str, model: ImportedModel, rates: pl.DataFrame) -> drawn.ModelRow:
    """Return what is known of a model whose answers came from outside."""
    return drawn.ModelRow(
        name=name,
        recipe=f"{model.given} imported from {', '.join(model.files)}",
        network="not known",
        parameters=None,
        clean=_rate(rates, name, "clean", "accuracy"),
        seed=model.training_seed,
        fingerprint=model.weights,
    )


def _file(folder: Path, name: str) -> Path:
    return folder / "models" / f"{name}.safetensors"


def _rate(rates: pl.DataFrame, model: str, condition: str, quantity: str) -> drawn.Rate | None:
    rows = rates.filter(
        (pl.col("model") == model)
        & (pl.col("condition") == condition)
        & (pl.col("quantity") == quantity)
    )
    if rows.is_empty():
        return None
    row = rows.row(0, named=True)
    return drawn.Rate(value=row["value"], low=row["low"], high=row["high"], n=row["n"])
