"""Which process this is among those that a launcher started for one command.

torchrun and SLURM are known through lightning-fabric. The processes meet once, to make sure that
they see one folder; from then on they share nothing but that folder, so that one which dies takes
no other with it.
"""

import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from cuelens.errors import RunFolderError
from cuelens.files import write_atomically
from cuelens.study.models.loaded import best_device
from cuelens.training.team import fabric_of, launched

if TYPE_CHECKING:
    from lightning_fabric import Fabric

__all__ = ["Rank", "meet"]

_SECONDS = 10.0
"""For how long a file that another machine wrote may stay unseen on a network folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rank:
    """A process of a command.

    Attributes:
        number: From 0.
        count: How many there are.
        device: Where it computes.
    """

    number: int
    count: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this process speaks for all."""
        return self.number == 0


def meet(folder: Path) -> Rank:
    """Return which process this is, once all of them have seen the same folder.

    Without a launcher it is the only one.

    Args:
        folder: What they share; made as needed.

    Raises:
        ConfigError: If a launcher started this process and lightning-fabric is not installed, or
            there are more processes on a machine than GPUs.
        RunFolderError: If a process does not see what the first one wrote.
    """
    size = launched()
    if size is None:
        return Rank(number=0, count=1, device=best_device())
    fabric = fabric_of(*size)
    try:
        _require_one_folder(fabric, folder)
    finally:
        torch.distributed.destroy_process_group()
    return Rank(number=fabric.global_rank, count=fabric.world_size, device=fabric.device)


def _require_one_folder(fabric: "Fabric", folder: Path) -> None:
    """Let the first process write a file that all of them must see."""
    token: str = fabric.broadcast(secrets.token_hex(8))
    path = folder / f".met-{token}"
    if fabric.global_rank == 0:
        write_atomically(path, "")
    fabric.barrier()
    missed = torch.zeros(fabric.world_size, device=fabric.device)
    missed[fabric.global_rank] = float(not _appears(path))
    # A sum, not a gathering: that of lightning-fabric is deprecated by torch, on every rank.
    all_missed = torch.as_tensor(fabric.all_reduce(missed, reduce_op="sum"))
    if fabric.global_rank == 0:
        path.unlink(missing_ok=True)
    blind = [rank for rank, one in enumerate(all_missed.tolist()) if one]
    if blind:
        raise RunFolderError(
            f"Expected {folder} to be one folder for all {fabric.world_size} processes, got "
            f"another one in process {', '.join(map(str, blind))}. Give an `--out` folder that all "
            "machines share."
        )


def _appears(path: Path) -> bool:
    end = time.monotonic() + _SECONDS
    while not path.exists():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
