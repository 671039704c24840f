"""What the attacks are measured on: a row's name, networks that resist somewhat, real images.

It knows where networks and images come from; it does not know how they are attacked.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from bench.published import NETWORKS, cifar10_folder, load_published, weights_folder
from cuelens.datasets import Cifar10
from cuelens.datasets.in_memory import InMemoryDataset
from cuelens.networks import Classifier
from cuelens.sources import load_model

__all__ = ["RADIUS", "RESNET18", "Case", "Subject", "cifar10_test", "classifier_of", "subject_of"]

RESNET18 = Path("runs/bench/resnet18-pgd.safetensors")
"""The ResNet-18 that is trained for this benchmark, from the project's root."""

RADIUS = 8 / 255
"""Of the Linf ball of every attack here, and of the training."""

_EPOCHS = 2


@dataclass(frozen=True, kw_only=True)
class Case:
    """A row to measure.

    Attributes:
        what: Is measured.
        network: On which network.
        peer: Against whom; "limit" for a limit.
        images: How many images.
        rounds: How often each side is measured.
        device: Where; on a GPU, "/cuda" stands behind the row's name.
    """

    what: str
    network: str
    peer: str
    images: int
    rounds: int
    device: str = "cpu"

    @property
    def row(self) -> str:
        """Its name."""
        device = "" if self.device == "cpu" else f"/{self.device}"
        return f"{self.what}/{self.network}/{self.peer}{device}"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A classifier and the images that it is attacked on."""

    classifier: Classifier
    dataset: InMemoryDataset

    def first(self, count: int) -> "Subject":
        """Return the same classifier with the first images alone."""
        rows = torch.arange(min(count, len(self.dataset)))
        taken = self.dataset.take(rows, name=self.dataset.name)
        return Subject(classifier=self.classifier, dataset=taken)

    @property
    def images(self) -> Tensor:
        """All images, on the classifier's device."""
        return self.dataset.images(torch.arange(len(self.dataset))).to(self.classifier.device)

    @property
    def labels(self) -> Tensor:
        """All labels, on the classifier's device."""
        return self.dataset.labels.to(self.classifier.device)


def subject_of(case: Case) -> Subject:
    """Return what a row is measured on."""
    classifier = classifier_of(case.network)
    classifier.network.to(case.device)
    return Subject(classifier=classifier, dataset=cifar10_test(case.images))


def cifar10_test(count: int) -> InMemoryDataset:
    """Return the first test images of CIFAR-10."""
    test = Cifar10(_data(), split="test")
    return test.take(torch.arange(count), name=f"cifar10-first-{count}")


def _data() -> Path:
    folder = cifar10_folder()
    if folder is None:
        raise SystemExit("Expected CIFAR-10: set CUELENS_DATA to the folder it was unpacked in.")
    return folder


def classifier_of(network: str) -> Classifier:
    """Return a published network, or the ResNet-18 that is trained where it is not there yet.

    Args:
        network: Of `NETWORKS`, or "resnet18".
    """
    if network != "resnet18":
        folder = weights_folder()
        if folder is None:
            raise SystemExit(
                f"Expected the published weights ({', '.join(NETWORKS)}): put their folder "
                "`weights` into the folder that CUELENS_DATA names."
            )
        return load_published(network, folder)
    if not RESNET18.is_file():
        _train(RESNET18)
    return load_model(RESNET18)[0]


def _train(path: Path) -> None:
    from cuelens.study import train_file
    from cuelens.training import pgd_linf

    print(f"{path} is not there: it is trained first, {_EPOCHS} epochs.", file=sys.stderr)
    recipe = pgd_linf(radius=RADIUS, epochs=_EPOCHS)
    train_file(path, "resnet18", recipe, data=str(_data()), progress=_tell)


def _tell(stage: str, done: int, total: int, note: str) -> None:
    if done % 50 == 0 or done == total:
        print(f"{stage}: {done}/{total} {note}", file=sys.stderr)
