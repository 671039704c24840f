"""The residual networks for CIFAR of the paper, as published weights name their layers.

Source:
    He et al., 2016, https://arxiv.org/abs/1512.03385, section 4.2.
    Differs: none; shortcuts between stages are those of option A, without weights.
"""

from torch import Tensor, nn
from torch.nn.functional import pad

__all__ = ["CifarResNet", "cifar_resnet"]

_WIDTHS = (16, 32, 64)


class _Shortcut(nn.Module):
    """Halves the resolution by leaving out pixels; new channels, half on each side, are zero."""

    def __init__(self, new: int) -> None:
        super().__init__()
        self.before, self.behind = new // 2, new - new // 2

    def forward(self, features: Tensor) -> Tensor:
        return pad(features[:, :, ::2, ::2], (0, 0, 0, 0, self.before, self.behind))


class _Block(nn.Module):
    """Two 3 x 3 convolutions and a shortcut around them."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.shortcut = nn.Identity() if inputs == outputs else _Shortcut(outputs - inputs)

    def forward(self, features: Tensor) -> Tensor:
        inside = self.relu(self.bn1(self.conv1(features)))
        result: Tensor = self.relu(self.bn2(self.conv2(inside)) + self.shortcut(features))
        return result


class CifarResNet(nn.Module):
    """Maps normalised images of 32 x 32 to logits.

    Args:
        blocks: Blocks in each of the three stages.
        classes: How many logits.
    """

    def __init__(self, blocks: int, classes: int) -> None:
        """Build the layers with the weights that torch draws."""
        super().__init__()
        self.conv1 = nn.Conv2d(3, _WIDTHS[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(_WIDTHS[0])
        self.relu = nn.ReLU()
        inputs = (_WIDTHS[0], *_WIDTHS)
        self.layer1, self.layer2, self.layer3 = (
            nn.Sequential(
                _Block(inputs[place], width, 2 if place else 1),
                *(_Block(width, width, 1) for _ in range(blocks - 1)),
            )
            for place, width in enumerate(_WIDTHS)
        )
        self.linear = nn.Linear(_WIDTHS[-1], classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits, shape (batch, classes), of normalised images."""
        features = self.relu(self.bn1(self.conv1(images)))
        features = self.layer3(self.layer2(self.layer1(features)))
        logits: Tensor = self.linear(features.mean((2, 3)))
        return logits


def cifar_resnet(depth: int, classes: int) -> CifarResNet:
    """Return the network of a depth: 20, 32, 44, 56 or 110 layers with weights."""
    return CifarResNet((depth - 2) // 6, classes)
