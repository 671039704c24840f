"""Everything that resumes a training bit for bit, in one safetensors file.

All chance in training is keyed by (seed, epoch, image), so weights, momenta, what an objective
carries from step to step and the number of steps are the whole state.
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

__all__ = ["Checkpoint", "load_checkpoint", "progress_of", "save_checkpoint"]

_FORMAT = "cuelens-checkpoint-1"
_GROUPS = ("network", "momenta", "best", "sound", "carried")
_NUMBERS = ("key", "step", "seconds", "best_score", "history")


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
        sound: Weights and statistics of the last epoch that was found sound; empty where nobody
            looks.
        carried: What the objective left behind for the next step, as "carried"; mostly empty.
        best_score: What was best about `best`.
        history: One entry a validation: numbers by name.
    """

    key: str
    step: int = 0
    seconds: float = 0.0
    network: dict[str, Tensor] = field(default_factory=dict)
    momenta: dict[str, Tensor] = field(default_factory=dict)
    best: dict[str, Tensor] = field(default_factory=dict)
    sound: dict[str, Tensor] = field(default_factory=dict)
    carried: dict[str, Tensor] = field(default_factory=dict)
    best_score: float = float("-inf")
    history: list[dict[str, Any]] = field(default_factory=list)


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
    numbers = {name: getattr(checkpoint, name) for name in _NUMBERS}
    metadata = {"format": _FORMAT, "numbers": json.dumps(numbers)}
    write_atomically(path, save(tensors, metadata=metadata))


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
            metadata = file.metadata() or {}
            # Copied, since the file's own memory goes when the file is overwritten in place.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise RunFolderError(
            f"Expected a checkpoint of this training at {path}, got one that cannot be read "
            f"({error}). Delete it to start over."
        ) from error
    if metadata.get("format") != _FORMAT:
        raise RunFolderError(
            f"Expected a checkpoint of this training (format {_FORMAT}) at {path}, got format "
            f"{metadata.get('format')!r}. Give another folder, or delete it to start over."
        )
    numbers = json.loads(metadata["numbers"])
    if numbers["key"] != key:
        raise RunFolderError(
            f"Expected a checkpoint of this training at {path}, got one of another training "
            "(other data, network, recipe, seed or device). Give another folder, or delete it to "
            "start over."
        )
    groups: dict[str, dict[str, Tensor]] = {group: {} for group in _GROUPS}
    for name, tensor in tensors.items():
        group, _, rest = name.partition("/")
        groups[group][rest] = tensor
    return Checkpoint(
        key=key,
        step=numbers["step"],
        seconds=numbers["seconds"],
        network=groups["network"],
        momenta=groups["momenta"],
        best=groups["best"],
        sound=groups["sound"],
        carried=groups["carried"],
        best_score=numbers["best_score"],
        history=numbers["history"],
    )


def progress_of(path: Path) -> tuple[int, float] | None:
    """Return how many steps a checkpoint holds and the seconds they took, whatever its training.

    Args:
        path: Where `save_checkpoint` wrote, or will write.

    Returns:
        None where there is no checkpoint that can be read. Its tensors are not read.
    """
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            numbers = json.loads((file.metadata() or {})["numbers"])
        return int(numbers["step"]), float(numbers["seconds"])
    except (SafetensorError, OSError, KeyError, TypeError, ValueError):
        return None
