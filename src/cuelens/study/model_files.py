"""The parts of a study alone: train one model file, evaluate or attack some."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import torch

from cuelens.attacks import Attack
from cuelens.datasets import Dataset
from cuelens.errors import ConfigError
from cuelens.evaluation import Condition, RecordStore, attack_dataset, evaluate_models
from cuelens.networks.classifier import Classifier
from cuelens.sources import ModelCard, load_model
from cuelens.statistics import Estimate, wilson
from cuelens.study.data import images_at
from cuelens.study.models import train_model_file
from cuelens.study.plan import ModelPlan
from cuelens.study.progress import Progress, silent
from cuelens.training import Recipe

__all__ = ["RobustRow", "attack_files", "evaluate_files", "train_file"]


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
        path: The file to write; checkpoints lie in PATH.training beside it until it is there.
        architecture: A name in `ARCHITECTURES`.
        recipe: How to train.
        data: See `images_at`.
        seed: The training seed.
        progress: Told of every step.

    Returns:
        What the file says of the network.
    """
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


def _loaded(paths: Sequence[Path], dataset: Dataset) -> tuple[dict[str, Classifier], dict[str, int | None]]:
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
                f"`{path}` must know the classes of {dataset.name} ({', '.join(dataset.class_names)}), "
                f"got {', '.join(classifier.class_names)}. Give the data that it was trained on."
            )
        classifier.network.to(_device())
        classifiers[name], seeds[name] = classifier, card.training_seed
    return classifiers, seeds


def _test_images(data: str, limit: int | None) -> Dataset:
    images, folder = images_at(data)
    test = images.open(folder, seed=0).test
    if limit is not None and limit < len(test):
        return test.take(torch.arange(limit), name=f"{test.name}-first-{limit}")
    return test
