"""Everything that resumes a training bit for bit, in one safetensors file.

All chance in training is keyed by (seed, epoch, image), so weights, momenta and the number of
steps are the whole state.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from cuelens.errors import RunFolderError
from cuelens.files import write_atomically

__all__ = ["Checkpoint", "load_checkpoint", "save_checkpoint"]


@dataclass(kw_only=True)
class Checkpoint:
    """The state of a training after some steps.

    Attributes:
        key: Names what determines the training; another training's checkpoint is refused.
        step: Steps taken.
        seconds: Time spent so far.
        network: Weights and statistics by name.
        momenta: Momentum buffers by parameter name; empty before the first step.
        best: Weights and statistics of the best validated epoch; empty before the first.
        best_score: What was best about it.
        history: One entry a validation: numbers by name.
    """

    key: str
    step: int = 0
    seconds: float = 0.0
    network: dict[str, Tensor] = field(default_factory=dict)
    momenta: dict[str, Tensor] = field(default_factory=dict)
    best: dict[str, Tensor] = field(default_factory=dict)
    best_score: float = float("-inf")
    history: list[dict[str, Any]] = field(default_factory=list)


_GROUPS = ("network", "momenta", "best")


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; the file appears whole or the earlier one stays.

    Raises:
        StorageError: If the disk is full or cannot be written.
    """
    tensors = {
        f"{group}/{name}": value.detach().cpu().contiguous()
        for group in _GROUPS
        for name, value in getattr(checkpoint, group).items()
    }
    numbers = {
        "key": checkpoint.key,
        "step": checkpoint.step,
        "seconds": checkpoint.seconds,
        "best_score": checkpoint.best_score,
        "history": checkpoint.history,
    }
    write_atomically(path, save(tensors, metadata={"numbers": json.dumps(numbers)}))


def load_checkpoint(path: Path, *, key: str) -> Checkpoint:
    """Return the checkpoint at `path`, or a fresh one where there is none.

    Args:
        path: Where `save_checkpoint` wrote, or will write.
        key: What determines the training now.

    Raises:
        RunFolderError: If the file belongs to another training or cannot be read.
    """
    if not path.exists():
        return Checkpoint(key=key)
    try:
        with safe_open(path, framework="pt") as file:
            numbers = json.loads((file.metadata() or {})["numbers"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError) as error:
        raise RunFolderError(
            f"Expected a checkpoint of this training at {path}, got a file that cannot be read "
            f"({error}). Delete it to start over."
        ) from error
    if numbers["key"] != key:
        raise RunFolderError(
            f"Expected a checkpoint of this training at {path}, got one of another training "
            "(other data, network, recipe or seed). Give another folder, or delete it."
        )
    groups: dict[str, dict[str, Tensor]] = {group: {} for group in _GROUPS}
    for name, tensor in tensors.items():
        group, _, rest = name.partition("/")
        groups[group][rest] = tensor
    return Checkpoint(**numbers, **groups)
