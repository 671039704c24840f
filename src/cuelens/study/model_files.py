"""The parts of a study alone: train one model file, evaluate or attack some."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import torch

from cuelens.attacks import Attack
from cuelens.datasets import Dataset
from cuelens.errors import ConfigError
from cuelens.evaluation import Condition, RecordStore, attack_dataset, evaluate_models
from cuelens.networks.classifier import Classifier
from cuelens.randomness import keyed_generator
from cuelens.sources import ModelCard, load_model, require_architecture
from cuelens.study.data import images_at
from cuelens.study.models import train_model_file
from cuelens.study.plan import ModelPlan
from cuelens.study.progress import Progress, silent, warn_of
from cuelens.study.summaries import summarise_attacks, summarise_predictions
from cuelens.training import Recipe

__all__ = ["attack_files", "evaluate_files", "train_file"]


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


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
        device=_device(),
    )
    return model.card


def _loaded(
    paths: Sequence[Path], dataset: Dataset
) -> tuple[dict[str, Classifier], dict[str, int | None]]:
    """Return classifiers and training seeds by name, made for the data set's classes."""
    classifiers: dict[str, Classifier] = {}
    seeds: dict[str, int | None] = {}
    for path in paths:
        classifier, card = load_model(path)
        name = path.stem
        if name in classifiers:
            raise ConfigError(
                f"Model files must have different names, got {name!r} twice. Rename one of them."
            )
        if classifier.class_names != dataset.class_names:
            raise ConfigError(
                f"`{path}` must know the classes of {dataset.name} "
                f"({', '.join(dataset.class_names)}), got {', '.join(classifier.class_names)}. "
                "Give the data that it was trained on."
            )
        classifier.network.to(_device())
        classifiers[name], seeds[name] = classifier, card.training_seed
    return classifiers, seeds


def _test_images(data: str, limit: int | None, seed: int) -> Dataset:
    """Return the test split, or `limit` of its images drawn by chance."""
    images, folder = images_at(data)
    test = images.open(folder, seed=0).test
    if limit is None or limit >= len(test):
        return test
    order = keyed_generator(seed, "limit", test.fingerprint).permutation(len(test))
    rows = torch.from_numpy(order[:limit]).sort().values
    return test.take(rows, name=f"{test.name}-{limit}")


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
    test = _test_images(data, limit, seed)
    classifiers, seeds = _loaded(paths, test)
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


def attack_files(
    paths: Sequence[Path],
    attack: Attack,
    *,
    name: str,
    data: str,
    out: Path,
    limit: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Record which images an attack fools, and return robust accuracies.

    Args:
        paths: Model files.
        attack: What is done to the images.
        name: Of the attack in the records.
        data: See `images_at`; the test split is used.
        out: Folder of the records; what is there is not computed again.
        limit: Attack so many images, drawn by chance, the same for every model.
        seed: Keys random starts and the draw of images.
        progress: Told of every part.

    Returns:
        The columns of `summarise_attacks`.
    """
    test = _test_images(data, None, seed)
    classifiers, seeds = _loaded(paths, test)
    store = RecordStore(out / "records")
    frames = []
    for model, classifier in classifiers.items():
        done = attack_dataset(
            classifier,
            test,
            attack,
            condition=name,
            store=store,
            draw=seed,
            limit=limit,
            training_seed=seeds[model],
            name=model,
            progress=lambda part, total, note: progress(f"attack {note}", part, total, ""),
        )
        warn_of(done.problems)
        frames.append(store.read(done.table, done.keys))
    return summarise_attacks(pl.concat(frames))
