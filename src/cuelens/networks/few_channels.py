"""Convolutions that read few channels, as the first one of a network does.

It knows how their gradient with respect to the input comes cheapest; it does not know networks.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import conv2d

__all__ = ["FewChannels", "reads_few_channels"]

_FEW = 8
_ROOM = 4
"""How many times the room of its input the products of a convolution may take."""

Features = Float[Tensor, "batch channel height width"]
Convolved = Float[Tensor, "batch output rows columns"]


def reads_few_channels(module: nn.Module) -> bool:
    """Return whether `FewChannels` does the same as a module, for less.

    The library's gradient works on blocks of 8 to 16 channels and wastes most of each where there
    are 3. A product and a sum of overlapping windows waste nothing, but need room for the windows,
    which a stride keeps small.
    """
    if type(module) is not nn.Conv2d or module.padding_mode != "zeros":
        return False
    if module.groups != 1 or isinstance(module.padding, str):
        return False
    (height, width), (down, along) = module.kernel_size, module.stride
    return module.in_channels <= _FEW and height * width <= _ROOM * down * along


class FewChannels(nn.Conv2d):
    """A frozen convolution whose input gradient is a matrix product and a sum of windows."""

    @classmethod
    def of(cls, convolution: nn.Conv2d) -> "FewChannels":
        """Return the same convolution, with the same parameters."""
        same = cls.__new__(cls)
        same.__dict__.update(convolution.__dict__)
        return same

    def forward(self, features: Features) -> Convolved:
        """Return what the convolution returns."""
        needed = torch.is_grad_enabled() and features.requires_grad
        if not needed or self.weight.requires_grad or features.device.type != "cpu":
            return super().forward(features)
        result: Convolved = _Convolution.apply(  # type: ignore[no-untyped-call]
            features, self.weight, self.bias, self.stride, self.padding, self.dilation
        )
        return result


class _Convolution(torch.autograd.Function):
    """The convolution, differentiable with respect to its input alone."""

    is_linear = True
    """What looks for activation functions passes it."""

    @staticmethod
    def forward(
        ctx: Any,
        features: Features,
        weight: Tensor,
        bias: Tensor | None,
        stride: tuple[int, int],
        padding: tuple[int, int],
        dilation: tuple[int, int],
    ) -> Convolved:
        ctx.save_for_backward(weight)
        ctx.size = features.shape[2:]
        ctx.stride, ctx.padding, ctx.dilation = stride, padding, dilation
        return conv2d(features, weight, bias, stride, padding, dilation)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Convolved) -> tuple[Features, None, None, None, None, None]:
        (weight,) = ctx.saved_tensors
        products = torch.matmul(weight.flatten(1).T, gradient.flatten(2))
        windows = products.view(len(gradient), *weight.shape[1:], *gradient.shape[2:])
        features = _summed(windows, ctx.size, ctx.stride, ctx.padding, ctx.dilation)
        return features, None, None, None, None, None


def _summed(
    windows: Float[Tensor, "batch channel down along rows columns"],
    size: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
) -> Features:
    """Return the sum of overlapping windows: `torch.nn.functional.fold`, on every core."""
    batch, channels, down, along, rows, columns = windows.shape
    height, width = (side + 2 * edge for side, edge in zip(size, padding, strict=True))
    padded = windows.new_zeros(batch, channels, height, width)
    for row in range(down):
        top = row * dilation[0]
        lines = slice(top, top + (rows - 1) * stride[0] + 1, stride[0])
        for column in range(along):
            left = column * dilation[1]
            places = slice(left, left + (columns - 1) * stride[1] + 1, stride[1])
            padded[:, :, lines, places] += windows[:, :, row, column]
    inside = padded[:, :, padding[0] : height - padding[0], padding[1] : width - padding[1]]
    return inside.contiguous()
