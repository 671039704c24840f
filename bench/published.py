"""CIFAR-10 networks that others trained and published, from weights that lie beside the project.

It knows their layers, what they expect of their input and where the files may lie. The weights
are nobody's to copy into the project; where they are missing, whoever asks is told so.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from cuelens.datasets.cifar10 import CIFAR10_CLASSES
from cuelens.networks import Classifier, InputSpecification

__all__ = [
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


def _small(*, padding: int) -> nn.Module:
    """Return the field's small verification network: two convolutions, two linear layers."""
    side = 8 if padding else 6
    return nn.Sequential(
        nn.Conv2d(3, 16, 4, 2, padding),
        nn.ReLU(),
        nn.Conv2d(16, 32, 4, 2, padding),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * side * side, 100),
        nn.ReLU(),
        nn.Linear(100, 10),
    )


class _PlainBlock(nn.Module):
    """Two convolutions and a shortcut, no batch norm."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut.append(nn.Conv2d(inputs, outputs, 1, stride))

    def forward(self, features: Tensor) -> Tensor:
        out = self.conv2(self.conv1(features).relu())
        return (out + self.shortcut(features)).relu()


class _ResNet2b(nn.Module):
    """Two residual blocks from 16 x 16 features, then two linear layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, 2, 1)
        self.layer1 = nn.Sequential(_PlainBlock(8, 16, 2), _PlainBlock(16, 16, 1))
        self.linear1 = nn.Linear(16 * 8 * 8, 100)
        self.linear2 = nn.Linear(100, 10)

    def forward(self, images: Tensor) -> Tensor:
        features = self.layer1(self.conv1(images).relu()).flatten(1)
        return self.linear2(self.linear1(features).relu())


class _PaddedBlock(nn.Module):
    """Two convolutions with batch norms; the shortcut skips pixels and pads with zero channels."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.added = stride, (outputs - inputs) // 2

    def forward(self, features: Tensor) -> Tensor:
        out = self.bn2(self.conv2(self.bn1(self.conv1(features)).relu()))
        skipped = features[:, :, :: self.stride, :: self.stride]
        return (out + pad(skipped, (0, 0, 0, 0, self.added, self.added))).relu()


class _ResNet20(nn.Module):
    """Three stages of three blocks, as the first paper on residual networks has it for CIFAR-10."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1, self.layer2, self.layer3 = (
            nn.Sequential(
                _PaddedBlock(inputs, outputs, outputs // inputs),
                *[_PaddedBlock(outputs, outputs, 1) for _ in range(2)],
            )
            for inputs, outputs in ((16, 16), (16, 32), (32, 64))
        )
        self.linear = nn.Linear(64, 10)

    def forward(self, images: Tensor) -> Tensor:
        features = self.bn1(self.conv1(images)).relu()
        features = self.layer3(self.layer2(self.layer1(features)))
        return self.linear(features.mean((2, 3)))


@dataclass(frozen=True, kw_only=True)
class Published:
    """A network that somebody published.

    Attributes:
        file: Its weights, below the folder of weights.
        build: Makes its layers, named as the file names them.
        mean: Subtracted from the pixels.
        deviation: Divides what is left.
    """

    file: str
    build: Callable[[], nn.Module]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]


def _robust(file: str, build: Callable[[], nn.Module]) -> Published:
    deviation = (0.2023, 0.1994, 0.201)
    file = f"cifar10-robust/{file}"
    return Published(file=file, build=build, mean=_CIFAR_MEAN, deviation=deviation)


def _triple(kind: str, mean: tuple[float, ...], deviation: tuple[float, ...]) -> Published:
    """Return one of three trainings of a small network, whose authors state no normalisation."""
    return Published(
        file=f"cifar10-same-architecture-triples/cifar_cnn_small_{kind}.pth",
        build=lambda: _small(padding=1),
        mean=mean,
        deviation=deviation,
    )


NETWORKS = {
    "resnet20": Published(
        file="cifar10-standard/resnet20-12fca82f.th",
        build=_ResNet20,
        mean=_IMAGENET_MEAN,
        deviation=(0.229, 0.224, 0.225),
    ),
    "resnet2b": Published(
        file="cifar10-robust/resnet2b.pth",
        build=_ResNet2b,
        mean=_CIFAR_MEAN,
        deviation=_CIFAR_DEVIATION,
    ),
    "cifar_cnn_a_adv": _robust("cifar_cnn_a_adv.model", lambda: _small(padding=1)),
    "conv_small_pgd": _robust("cifar_conv_small_pgd.pth", lambda: _small(padding=0)),
    "small_nor": _triple("NOR", _IMAGENET_MEAN, (0.225, 0.225, 0.225)),
    "small_adv": _triple("ADV", _CIFAR_MEAN, _CIFAR_DEVIATION),
    "small_lpd": _triple("LPD", _IMAGENET_MEAN, (0.225, 0.225, 0.225)),
}
"""Names to networks."""


def load_published(name: str, folder: Path) -> Classifier:
    """Return a published network in eval mode, its parameters as a checkpoint gives them.

    Args:
        name: Of `NETWORKS`.
        folder: Of the weights.
    """
    published = NETWORKS[name]
    content = torch.load(folder / published.file, map_location="cpu", weights_only=True)
    state = content.get("state_dict", content)
    if isinstance(state, list):
        (state,) = state
    network = published.build()
    # Written by a network that was spread over devices.
    network.load_state_dict({key.removeprefix("module."): state[key] for key in state})
    return Classifier(
        network.eval(),
        class_names=CIFAR10_CLASSES,
        specification=InputSpecification(mean=published.mean, deviation=published.deviation),
        name=name,
    )
