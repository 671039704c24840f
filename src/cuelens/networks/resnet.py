"""Residual networks for small images, and one for large ones.

Source:
    He et al., 2016, https://arxiv.org/abs/1512.03385, section 4.2 and table 1.
    Differs: the first layer is a 3 x 3 convolution with no pooling after it, as is usual at 32 to
    64 px, but for `resnet18_224`; `small_resnet` and `resnet10_64` have fewer and narrower stages.
"""

from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn

__all__ = ["ResNet", "resnet10_64", "resnet18", "resnet18_224", "small_resnet"]


class _Block(nn.Module):
    """Two 3 x 3 convolutions and a shortcut around them."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, features: Tensor) -> Tensor:
        out = self.relu(self.norm1(self.conv1(features)))
        out = self.norm2(self.conv2(out))
        result: Tensor = self.relu(out + self.shortcut(features))
        return result


class ResNet(nn.Module):
    """Stages of residual blocks; every stage but the first halves the resolution.

    Args:
        classes: How many logits.
        widths: Channels of each stage.
        blocks: Blocks in each stage.
        channels: Of the images.
        reduction: By how much the resolution falls before the first stage. 1: a 3 x 3 convolution
            keeps it; 2: one of stride 2 halves it; 4: a 7 x 7 convolution of stride 2 and a
            pooling of stride 2 quarter it, as large images want.
    """

    def __init__(
        self,
        *,
        classes: int,
        widths: Sequence[int],
        blocks: int,
        channels: int = 3,
        reduction: Literal[1, 2, 4] = 1,
    ) -> None:
        """Build the layers with the weights that torch draws."""
        super().__init__()
        size, stride = {1: (3, 1), 2: (3, 2), 4: (7, 2)}[reduction]
        self.conv = nn.Conv2d(channels, widths[0], size, stride, size // 2, bias=False)
        self.norm = nn.BatchNorm2d(widths[0])
        self.relu = nn.ReLU()
        # None rather than a layer that does nothing: fingerprints name every layer.
        self.reduce = nn.MaxPool2d(3, 2, 1) if reduction == 4 else None
        stages: list[nn.Module] = []
        inputs = widths[0]
        for index, width in enumerate(widths):
            for block in range(blocks):
                stages.append(_Block(inputs, width, 2 if index and not block else 1))
                inputs = width
        self.stages = nn.Sequential(*stages)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.classify = nn.Linear(inputs, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits, shape (batch, classes), of normalised images."""
        features = self.relu(self.norm(self.conv(images)))
        if self.reduce is not None:
            features = self.reduce(features)
        logits: Tensor = self.classify(self.flatten(self.pool(self.stages(features))))
        return logits


def small_resnet(classes: int) -> ResNet:
    """Return a network of 0.31 M parameters and about 100 MFLOP an image at 32 px."""
    return ResNet(classes=classes, widths=(32, 64, 128), blocks=1)


def resnet10_64(classes: int) -> ResNet:
    """Return a network for 64 px: 1.26 M parameters with 200 classes, 108 MFLOP an image there."""
    return ResNet(classes=classes, widths=(24, 64, 128, 256), blocks=1, reduction=2)


def resnet18(classes: int) -> ResNet:
    """Return ResNet-18 for small images: 11.2 M parameters, 1.11 GFLOP an image at 32 px."""
    return ResNet(classes=classes, widths=(64, 128, 256, 512), blocks=2)


def resnet18_224(classes: int) -> ResNet:
    """Return ResNet-18 for images from 128 px on: 3.6 GFLOP an image at 224 px."""
    return ResNet(classes=classes, widths=(64, 128, 256, 512), blocks=2, reduction=4)
