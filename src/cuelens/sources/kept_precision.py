"""A network that stays in float32 and in eval mode, whatever is asked of it.

It is for programs whose steps are fixed: a cast to bfloat16 would break them, and some refuse to
be told a mode. It does not know where they come from.
"""

import copy
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["KeptPrecision"]


class KeptPrecision(nn.Module):
    """Runs a program in float32, in batches of the size that it was made for.

    Args:
        program: Maps images to logits.
        batch: How many images it takes at once; None: any number.
        channels_last: Whether it reads (batch, height, width, channel).
    """

    def __init__(
        self, program: nn.Module, *, batch: int | None = None, channels_last: bool = False
    ) -> None:
        """Take the program as it is."""
        super().__init__()
        self.program = program
        self.batch = batch
        self.channels_last = channels_last
        self.training = False

    def __deepcopy__(self, memo: Any) -> "KeptPrecision":
        """Copy the program without what torch says of its own code meanwhile.

        Without a graph: the weights of a script's copy would be results, which cannot be frozen.
        """
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore", FutureWarning)
            program = copy.deepcopy(self.program, memo)
        return KeptPrecision(program, batch=self.batch, channels_last=self.channels_last)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits, shape (batch, class), in float32."""
        images = images.float()
        if self.channels_last:
            images = images.permute(0, 2, 3, 1)
        if self.batch is None or len(images) == self.batch:
            return self._logits(images.contiguous())
        missing = -len(images) % self.batch
        padded = torch.cat([images, images.new_zeros(missing, *images.shape[1:])])
        parts = [self._logits(part.contiguous()) for part in torch.split(padded, self.batch)]
        return torch.cat(parts)[: len(images)]

    def _logits(self, images: Tensor) -> Tensor:
        found = self.program(images)
        logits: Tensor = found[0] if isinstance(found, tuple | list) else found
        return logits

    def train(self, mode: bool = True) -> "KeptPrecision":
        """Stay in eval mode: the program was written in it."""
        return self

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "KeptPrecision":
        """Move parts to another device; never change their precision."""

        def moved(tensor: Tensor) -> Tensor:
            return tensor.to(fn(tensor.new_empty(0)).device)

        super()._apply(moved, recurse)  # type: ignore[no-untyped-call]
        return self
