"""Says what to do where a batch does not fit into the memory."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from cuelens.errors import TrainingError

__all__ = ["within_memory"]

_FULL = ("out of memory", "can't allocate memory", "not enough memory")


@contextmanager
def within_memory(batch_size: int, device: torch.device) -> Iterator[None]:
    """Turn an exhausted memory into an error that names the batch size to try.

    Args:
        batch_size: Of the step in the block. At least 2.
        device: Where it computes.

    Raises:
        TrainingError: If the memory is exhausted in the block.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        exhausted = isinstance(error, MemoryError | torch.OutOfMemoryError)
        if not exhausted and not any(sentence in str(error) for sentence in _FULL):
            raise
        smaller = batch_size // 2
        remedy = (
            f"Try `batch_size` {smaller}, in another folder."
            if smaller >= 2
            else "Train a smaller network, or smaller images."
        )
        reason = next(iter(str(error).splitlines()), "no more memory").rstrip(". ")
        raise TrainingError(
            f"A step on {batch_size} images must fit into the memory of {device}, got: {reason}. "
            f"{remedy}"
        ) from error
