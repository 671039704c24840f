"""EfficientNet-Lite0, a network for ImageNet that does without what small devices cannot do.

It knows the layers, as the published weights name them; it does not know where those are.

Source:
    Tan & Le, 2019, https://arxiv.org/abs/1905.11946, table 1.
    Differs: the Lite form, without squeeze-and-excitation and with ReLU6; where a stride leaves a
    remainder, TensorFlow's padding, which puts more zeros below and to the right.
"""

from torch import Tensor, nn

__all__ = ["EfficientNetLite0"]

_STAGES = (
    (16, 1, 3, 1, 1),
    (24, 2, 3, 2, 6),
    (40, 2, 5, 2, 6),
    (80, 3, 3, 2, 6),
    (112, 3, 5, 1, 6),
    (192, 4, 5, 2, 6),
    (320, 1, 3, 1, 6),
)
"""Of each stage: outputs, blocks, kernel, stride of the first block, expansion."""

_EPSILON = 1e-3


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=_EPSILON)


def _padding(kernel: int, stride: int) -> tuple[nn.Module, int]:
    """Return TensorFlow's padding of an even side: zeros by themselves, and in the convolution.

    Where their number is odd there is one more behind than before, which no convolution does.
    """
    before, behind = (kernel - stride) // 2, (kernel - stride + 1) // 2
    if before == behind:
        return nn.Identity(), before
    return nn.ZeroPad2d((before, behind, before, behind)), 0


class _Block(nn.Module):
    """Widens by a 1 x 1 convolution, filters each channel, narrows; adds what it got if it fits."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inside = inputs * expansion
        self.expands = expansion > 1
        self.adds = stride == 1 and inputs == outputs
        self.activate = nn.ReLU6()
        if self.expands:
            self._expand_conv = nn.Conv2d(inputs, inside, 1, bias=False)
            self._bn0 = _norm(inside)
        self.padding, inner = _padding(kernel, stride)
        self._depthwise_conv = nn.Conv2d(
            inside, inside, kernel, stride, inner, groups=inside, bias=False
        )
        self._bn1 = _norm(inside)
        self._project_conv = nn.Conv2d(inside, outputs, 1, bias=False)
        self._bn2 = _norm(outputs)

    def forward(self, features: Tensor) -> Tensor:
        wide = features
        if self.expands:
            wide = self.activate(self._bn0(self._expand_conv(features)))
        wide = self.activate(self._bn1(self._depthwise_conv(self.padding(wide))))
        narrow: Tensor = self._bn2(self._project_conv(wide))
        return narrow + features if self.adds else narrow


class EfficientNetLite0(nn.Module):
    """Maps normalised images of 224 x 224 to logits.

    Args:
        classes: How many logits.
    """

    def __init__(self, classes: int = 1000) -> None:
        """Build the layers with the weights that torch draws."""
        super().__init__()
        self.activate = nn.ReLU6()
        self.padding, _ = _padding(3, 2)
        self._conv_stem = nn.Conv2d(3, 32, 3, 2, bias=False)
        self._bn0 = _norm(32)
        blocks: list[nn.Module] = []
        inputs = 32
        for outputs, count, kernel, stride, expansion in _STAGES:
            for number in range(count):
                blocks.append(_Block(inputs, outputs, kernel, 1 if number else stride, expansion))
                inputs = outputs
        self._blocks = nn.Sequential(*blocks)
        self._conv_head = nn.Conv2d(inputs, 1280, 1, bias=False)
        self._bn1 = _norm(1280)
        self._fc = nn.Linear(1280, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits, shape (batch, classes)."""
        features = self.activate(self._bn0(self._conv_stem(self.padding(images))))
        features = self.activate(self._bn1(self._conv_head(self._blocks(features))))
        logits: Tensor = self._fc(features.mean((2, 3)))
        return logits
