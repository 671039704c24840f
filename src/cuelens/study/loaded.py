"""Model files and test images as a command line names them, made for each other."""

from collections.abc import Sequence
from pathlib import Path

import torch

from cuelens.datasets import Dataset
from cuelens.errors import ConfigError
from cuelens.networks.classifier import Classifier
from cuelens.randomness import keyed_generator
from cuelens.sources import load_model
from cuelens.study.data import images_at

__all__ = ["best_device", "drawn_test_images", "load_for"]


def best_device() -> torch.device:
    """Return a GPU if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def load_for(
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
        classifier.network.to(best_device())
        classifiers[name], seeds[name] = classifier, card.training_seed
    return classifiers, seeds


def drawn_test_images(data: str, limit: int | None, seed: int) -> Dataset:
    """Return the test split, or `limit` of its images drawn by chance."""
    images, folder = images_at(data)
    test = images.open(folder, seed=0).test
    if limit is None or limit >= len(test):
        return test
    order = keyed_generator(seed, "limit", test.fingerprint).permutation(len(test))
    rows = torch.from_numpy(order[:limit]).sort().values
    return test.take(rows, name=f"{test.name}-{limit}")
