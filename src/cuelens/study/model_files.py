"""The parts of a study alone: train one model file, evaluate some."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from cuelens.evaluation import Condition, RecordStore, evaluate_models
from cuelens.sources import ModelCard, require_architecture
from cuelens.study.data import images_at
from cuelens.study.loaded import best_device, drawn_test_images, load_for
from cuelens.study.models import train_model_file
from cuelens.study.plan import ModelPlan
from cuelens.study.progress import Progress, silent, warn_of
from cuelens.study.summaries import summarise_predictions
from cuelens.training import Recipe

__all__ = ["evaluate_files", "train_file"]


def train_file(
    path: Path,
    architecture: str,
    recipe: Recipe,
    *,
    data: str,
    seed: int = 0,
    progress: Progress = silent,
) -> ModelCard:
    """Train a network into a model file; go on where the same training was stopped.

    Args:
        path: The file to write; checkpoints lie in PATH.training beside it.
        architecture: A name in `ARCHITECTURES`.
        recipe: How to train.
        data: See `images_at`.
        seed: The training seed.
        progress: Told of every step.

    Returns:
        What the file says of the network.
    """
    require_architecture(architecture)
    images, folder = images_at(data)
    plan = ModelPlan(
        name=path.stem, architecture=architecture, recipe=recipe, seed=seed, as_accurate_as=None
    )
    model = train_model_file(
        path,
        plan,
        images.open(folder, seed=0),
        checkpoints=path.with_name(f"{path.name}.training"),
        progress=progress,
        device=best_device(),
    )
    return model.card


def evaluate_files(
    paths: Sequence[Path],
    conditions: Sequence[Condition],
    *,
    data: str,
    out: Path,
    limit: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Record what models answer under conditions, and return accuracy and retention.

    Args:
        paths: Model files.
        conditions: The clean one among them.
        data: See `images_at`; the test split is used.
        out: Folder of the records; what is there is not computed again.
        limit: Use so many images, drawn by chance, the same for every model.
        seed: The draw seed.
        progress: Told of every part.

    Returns:
        The columns of `summarise_predictions`, for these models and conditions alone.
    """
    test = drawn_test_images(data, limit, seed)
    classifiers, seeds = load_for(paths, test)
    store = RecordStore(out / "records")
    done = evaluate_models(
        classifiers,
        test,
        conditions,
        store=store,
        draw=seed,
        training_seeds=seeds,
        progress=lambda part, total, note: progress("evaluate", part, total, note),
    )
    warn_of(done.problems)
    return summarise_predictions(store.read(done.table, done.keys))
