"""Models and test images as a command line names them, made for each other."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from cuelens.datasets import Dataset
from cuelens.errors import ConfigError
from cuelens.networks.classifier import Classifier
from cuelens.randomness import keyed_generator
from cuelens.sources import Stated, open_model
from cuelens.study.images.addressed_images import AddressedImages
from cuelens.study.images.data import ConflictImages, ReportedImages
from cuelens.study.images.data_places import reported_at
from cuelens.study.images.grouping import Grouping, few

__all__ = ["best_device", "drawn_test_images", "load_for"]


def best_device() -> torch.device:
    """Return a GPU if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def load_for(
    addresses: Sequence[str | Path],
    dataset: Dataset,
    *,
    grouping: Grouping | None = None,
    stated: Stated | None = None,
    gradients: bool = True,
) -> tuple[dict[str, Classifier], dict[str, int | None]]:
    """Return classifiers and training seeds by name, made for the data set's classes.

    Args:
        addresses: Model files, or others that `open_model` knows.
        dataset: Whose classes they must know, in its order.
        grouping: Makes their classes coarse first; a part of their names then.
        stated: What the models' sources do not say.
        gradients: Whether they will be asked for.
    """
    classifiers: dict[str, Classifier] = {}
    seeds: dict[str, int | None] = {}
    for address in addresses:
        found = open_model(address, stated=stated, gradients=gradients)
        classifier = found.classifier
        if grouping is not None:
            classifier = grouping(classifier)
        name = classifier.name
        if name in classifiers:
            raise ConfigError(
                f"Model files must have different names, got {name!r} twice. Rename one of them."
            )
        if classifier.class_names != dataset.class_names:
            raise ConfigError(
                f"`{address}` must know the classes of {dataset.name} "
                f"({few(dataset.class_names)}), got {few(classifier.class_names)}. "
                "Give the data that it was trained on, or its classes in their order, one a line, "
                "with `--classes FILE`."
            )
        classifier.network.to(best_device())
        classifiers[name], seeds[name] = classifier, found.provenance.training_seed
    return classifiers, seeds


def drawn_test_images(
    data: str,
    limit: int | None,
    seed: int,
    *,
    like: Classifier | None = None,
    grouping: Grouping | None = None,
) -> Dataset:
    """Return the images to report on, or `limit` of them drawn by chance.

    Args:
        data: See `cuelens.study.images.data.reported_at`.
        limit: How many; None, or more than there are: all.
        seed: Of the draw.
        like: A classifier, as its source has it: pictures take on its size, those of
            cue-conflict and those at an address its classes too.
        grouping: Makes the classes of classifier and images coarse.

    Raises:
        ConfigError: If `like` does not know the classes of cue-conflict images, or images that are
            to be grouped are labelled by other classes than its own and the groups.
    """
    if like is None:
        images, folder = reported_at(data, limit=limit, seed=seed)
        test = images.open_test(folder, seed=0)
    else:
        answers = like if grouping is None else grouping(like)
        images, folder = reported_at(
            data,
            classes=answers.class_names,
            size=like.specification.height,
            crop=like.specification.crop,
            interpolation=like.specification.picture_interpolation,
            limit=limit,
            seed=seed,
        )
        conflict = isinstance(images, ConflictImages)
        if conflict and folder is not None:
            _require_known(folder, answers)
        test = _opened(images, folder, like, grouping)
        if grouping is not None and not conflict:
            test = grouping.images(test, like)
    if limit is None or limit >= len(test):
        return test
    order = keyed_generator(seed, "limit", test.fingerprint).permutation(len(test))
    rows = torch.from_numpy(order[:limit]).sort().values
    return test.take(rows, name=f"{test.name}-{limit}")


def _opened(
    images: ReportedImages, folder: Path | None, like: Classifier, grouping: Grouping | None
) -> Dataset:
    """Open images; those at an address, which are to be grouped, under the fine classes first."""
    if grouping is not None and isinstance(images, AddressedImages):
        try:
            return replace(images, classes=like.class_names).open_test(folder, seed=0)
        except ConfigError:  # they may be called by the groups
            return images.open_test(folder, seed=0)
    return images.open_test(folder, seed=0)


def _require_known(folder: Path, classifier: Classifier) -> None:
    """Refuse cue-conflict images of classes that a classifier does not know."""
    shapes = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
    unknown = [name for name in shapes if name[0] != "." and name not in classifier.class_names]
    if unknown:
        raise ConfigError(
            f"{classifier.name} must know the classes of the shapes in `{folder}`, got none "
            f"called {', '.join(unknown)} among its {len(classifier.class_names):,}. Give "
            "`--groups imagenet-16`, or `--groups FILE` with the classes that make each of them."
        )
