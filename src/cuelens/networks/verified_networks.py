"""Small networks for CIFAR that work on provable robustness uses, as its weights name their layers.

Source:
    Wong & Kolter, 2018, https://arxiv.org/abs/1711.00851, appendix A ("small"); its width variants
    are those of Salman et al., 2019, https://arxiv.org/abs/1902.08722; the residual one without
    norms is that of Wang et al., 2021, https://arxiv.org/abs/2103.06624, table of networks.
    Differs: none.
"""

from torch import Tensor, nn

__all__ = ["NormFreeResNet", "two_convolutions"]


def two_convolutions(
    classes: int, *, widths: tuple[int, int] = (16, 32), hidden: int = 100, padding: int = 1
) -> nn.Sequential:
    """Return two 4 x 4 convolutions of stride 2 and two linear layers, for images of 32 x 32."""
    side = 32
    for _ in widths:
        side = (side + 2 * padding - 4) // 2 + 1
    return nn.Sequential(
        nn.Conv2d(3, widths[0], 4, 2, padding),
        nn.ReLU(),
        nn.Conv2d(widths[0], widths[1], 4, 2, padding),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(widths[1] * side**2, hidden),
        nn.ReLU(),
        nn.Linear(hidden, classes),
    )


class _Block(nn.Module):
    """Two 3 x 3 convolutions with biases and a shortcut around them; no norm."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1)
        self.relu = nn.ReLU()
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut.append(nn.Conv2d(inputs, outputs, 1, stride))

    def forward(self, features: Tensor) -> Tensor:
        inside = self.conv2(self.relu(self.conv1(features)))
        result: Tensor = self.relu(inside + self.shortcut(features))
        return result


class NormFreeResNet(nn.Module):
    """Maps normalised images of 32 x 32 to logits: one stage of two blocks without norms.

    Args:
        classes: How many logits.
        width: Channels of the first convolution; the stage has twice as many.
    """

    def __init__(self, classes: int, *, width: int = 8) -> None:
        """Build the layers with the weights that torch draws."""
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, 2, 1)
        self.relu = nn.ReLU()
        self.layer1 = nn.Sequential(_Block(width, 2 * width, 2), _Block(2 * width, 2 * width, 1))
        self.flatten = nn.Flatten()
        self.linear1 = nn.Linear(2 * width * 8**2, 100)
        self.linear2 = nn.Linear(100, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits, shape (batch, classes), of normalised images."""
        features = self.flatten(self.layer1(self.relu(self.conv1(images))))
        logits: Tensor = self.linear2(self.relu(self.linear1(features)))
        return logits
