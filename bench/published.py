"""CIFAR-10 networks that others trained and published, from weights that lie beside the project.

It knows what they expect of their input and where the files may lie. The weights
are nobody's to copy into the project; where they are missing, whoever asks is told so.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from cuelens.datasets.cifar10 import CIFAR10_CLASSES
from cuelens.networks import Classifier
from cuelens.sources import Preprocessing, Stated, open_model

__all__ = [
    "FURTHER",
    "NETWORKS",
    "Published",
    "cifar10_folder",
    "data_folders",
    "load_published",
    "weights_folder",
]

_CIFAR_MEAN = (0.4914, 0.4822, 0.4465)
_CIFAR_DEVIATION = (0.2471, 0.2435, 0.2616)
_IMAGENET_MEAN = (0.485, 0.456, 0.406)


def data_folders() -> tuple[Path, ...]:
    """Return where data may lie: CUELENS_DATA first, then beside the project."""
    named = (Path(os.environ["CUELENS_DATA"]),) if "CUELENS_DATA" in os.environ else ()
    return (*named, Path(__file__).parents[2] / "shared" / "data")


def cifar10_folder() -> Path | None:
    """Return the folder in which CIFAR-10 was unpacked; None if it is nowhere."""
    found = (at for at in data_folders() if (at / "cifar-10-batches-py" / "test_batch").is_file())
    return next(found, None)


def weights_folder() -> Path | None:
    """Return the folder of the published weights; None if it is nowhere."""
    return next((at / "weights" for at in data_folders() if (at / "weights").is_dir()), None)


@dataclass(frozen=True, kw_only=True)
class Published:
    """A network that somebody published.

    Attributes:
        file: Its weights, below the folder of weights.
        architecture: As `--arch` names it.
        mean: Subtracted from the pixels.
        deviation: Divides what is left.
    """

    file: str
    architecture: str
    mean: tuple[float, ...]
    deviation: tuple[float, ...]


def _robust(file: str, architecture: str) -> Published:
    deviation = (0.2023, 0.1994, 0.201)
    file = f"cifar10-robust/{file}"
    return Published(file=file, architecture=architecture, mean=_CIFAR_MEAN, deviation=deviation)


def _triple(
    kind: str, mean: tuple[float, ...], deviation: tuple[float, ...], *, size: str = "small"
) -> Published:
    """Return one of three trainings of a network, whose authors state no normalisation."""
    return Published(
        file=f"cifar10-same-architecture-triples/cifar_cnn_{size}_{kind}.pth",
        architecture=f"cifar-cnn-{size.replace('_', '-')}",
        mean=mean,
        deviation=deviation,
    )


NETWORKS = {
    "resnet20": Published(
        file="cifar10-standard/resnet20-12fca82f.th",
        architecture="cifar-resnet20",
        mean=_IMAGENET_MEAN,
        deviation=(0.229, 0.224, 0.225),
    ),
    "resnet2b": Published(
        file="cifar10-robust/resnet2b.pth",
        architecture="cifar-resnet2b",
        mean=_CIFAR_MEAN,
        deviation=_CIFAR_DEVIATION,
    ),
    "cifar_cnn_a_adv": _robust("cifar_cnn_a_adv.model", "cifar-cnn-small"),
    "conv_small_pgd": _robust("cifar_conv_small_pgd.pth", "cifar-cnn-small-unpadded"),
    "small_nor": _triple("NOR", _IMAGENET_MEAN, (0.225, 0.225, 0.225)),
    "small_adv": _triple("ADV", _CIFAR_MEAN, _CIFAR_DEVIATION),
    "small_lpd": _triple("LPD", _IMAGENET_MEAN, (0.225, 0.225, 0.225)),
}
"""Names to networks whose accuracies under attack are known."""

FURTHER = {
    "resnet56": Published(
        file="cifar10-standard/resnet56-4bfd9763.th",
        architecture="cifar-resnet56",
        mean=_IMAGENET_MEAN,
        deviation=(0.229, 0.224, 0.225),
    ),
    **{
        f"{size}_{kind.lower()}": _triple(kind, _CIFAR_MEAN, _CIFAR_DEVIATION, size=size)
        for size in ("wide_1", "wide_2")
        for kind in ("NOR", "ADV", "LPD")
    },
}
"""Names to more of them."""


def load_published(name: str, folder: Path) -> Classifier:
    """Return a published network in eval mode, its parameters as a checkpoint gives them.

    Args:
        name: Of `NETWORKS` or `FURTHER`.
        folder: Of the weights.
    """
    published = {**NETWORKS, **FURTHER}[name]
    stated = Stated(
        architecture=published.architecture,
        class_names=CIFAR10_CLASSES,
        preprocessing=Preprocessing(mean=published.mean, deviation=published.deviation),
    )
    classifier = open_model(f"checkpoint:{folder / published.file}", stated=stated).classifier
    classifier.name = name
    return classifier
