"""What salience is measured on: networks with the images that they were trained for.

It knows where networks and images come from; it does not know how they are explained.
"""

import copy
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bench.attack_subjects import Case, cifar10_test, classifier_of
from bench.published import data_folders
from cuelens.datasets import ProceduralStyles, read_image
from cuelens.networks import Classifier
from cuelens.randomness import Chance
from cuelens.sources import open_model

__all__ = ["Explained", "explained_of"]

_SIDE = 224


@dataclass(frozen=True, kw_only=True)
class Explained:
    """A classifier, images, and the classes that are explained.

    Attributes:
        classifier: As it was given.
        images: Pixels in [0, 1].
        labels: One a row.
        chance: Of the noise.
    """

    classifier: Classifier
    images: Tensor
    labels: Tensor
    chance: Chance

    def first(self, count: int) -> "Explained":
        """Return the same classifier with the first images alone."""
        few = range(min(count, len(self.images)))
        return replace(
            self,
            images=self.images[:count],
            labels=self.labels[:count],
            chance=self.chance.take(few),
        )

    def double(self) -> "Explained":
        """Return the same in float64, on a copy of the network."""
        classifier = copy.copy(self.classifier)
        classifier.network = copy.deepcopy(self.classifier.network).double()
        return replace(self, classifier=classifier, images=self.images.double())


def explained_of(case: Case) -> Explained:
    """Return what a row is measured on."""
    if case.network == "efficientnet-lite0":
        return _photographs(case.images)
    dataset = cifar10_test(case.images)
    return Explained(
        classifier=classifier_of(case.network),
        images=dataset.images(torch.arange(case.images)),
        labels=dataset.labels,
        chance=Chance(0, dataset.ids),
    )


def _photographs(count: int) -> Explained:
    """Return the photographs that lie beside the project, or drawn pictures; what is seen there."""
    folder = next((at for at in data_folders() if (at / "imagenet-dev200").is_dir()), None)
    if folder is None:
        drawn = ProceduralStyles(count=count)
        images, ids = drawn.pictures(torch.arange(count), size=_SIDE), drawn.ids
    else:
        files = sorted((folder / "imagenet-dev200").glob("*.jpg"))[:count]
        images = torch.stack([read_image(file, size=_SIDE) for file in files]).float() / 255
        ids = tuple(file.name for file in files)
    classifier = open_model("package:efficientnet-lite0").classifier
    with torch.no_grad():
        labels = classifier(images).argmax(1)
    return Explained(classifier=classifier, images=images, labels=labels, chance=Chance(0, ids))
