"""What an objective leaves behind for the next step, a row for each image of the batch."""

from collections.abc import Sequence

import torch
from torch import Tensor

from cuelens.training.team import Team

__all__ = ["Carried"]


class Carried:
    """What is carried on of a whole batch, of which a process knows its own rows.

    Attributes:
        whole: One entry an image of the batch; None before an objective left anything.
    """

    def __init__(self, whole: Tensor | None) -> None:
        """Go on with what a checkpoint holds."""
        self.whole = whole

    def of(self, part: slice) -> Tensor | None:
        """Return what is carried on of some rows."""
        return None if self.whole is None else self.whole[part]

    def keep(self, left: Tensor | None, part: slice, *, batch_size: int) -> None:
        """Take what an objective left of some rows; of the others it is as it was.

        Args:
            left: One entry a row; None where it left nothing.
            part: Which rows of the batch.
            batch_size: How many rows a batch has.
        """
        if left is None:
            return
        if len(left) == batch_size:
            self.whole = left
            return
        if self.whole is None:
            self.whole = left.new_zeros((batch_size, *left.shape[1:]))
        self.whole[part] = left

    def gather(self, team: Team, parts: Sequence[slice]) -> None:
        """Have all rows, each from the process that learns from it; all of them call this."""
        if self.whole is None or team.count == 1:
            return
        own = torch.zeros_like(self.whole)
        for part in parts:
            own[part] = self.whole[part]
        (self.whole,) = team.summed([own])
