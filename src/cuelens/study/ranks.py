"""Which process this is among those that a launcher started for one command.

torchrun and SLURM are known through lightning-fabric. The processes meet once, to make sure that
they see one folder; from then on they share nothing but that folder, so that one which dies takes
no other with it.
"""

import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from cuelens.errors import ConfigError, RunFolderError
from cuelens.files import write_atomically
from cuelens.study.loaded import best_device

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
    size = _launched()
    if size is None:
        return Rank(number=0, count=1, device=best_device())
    local, machines = size
    try:
        from lightning_fabric import Fabric
    except ImportError as error:
        raise ConfigError(
            "Several processes need the package lightning-fabric, got none. Install it with "
            "`pip install 'cuelens[distributed]'`, or start the command alone."
        ) from error
    gpus = torch.cuda.device_count()
    if 0 < gpus < local:
        raise ConfigError(
            f"A machine must have a GPU for each process, got {gpus} for {local} processes. Start "
            f"{gpus}, with `--nproc-per-node {gpus}`."
        )
    kind = "cuda" if gpus else "cpu"
    fabric = Fabric(accelerator=kind, devices=local, num_nodes=machines, strategy="ddp")
    if torch.distributed.is_torchelastic_launched():
        _open_group("nccl" if gpus else "gloo")
    fabric.launch()
    try:
        _require_one_folder(fabric, folder)
    finally:
        torch.distributed.destroy_process_group()
    return Rank(number=fabric.global_rank, count=fabric.world_size, device=fabric.device)


def _launched() -> tuple[int, int] | None:
    """Return how many processes a machine and how many machines were started; None without."""
    if torch.distributed.is_available() and torch.distributed.is_torchelastic_launched():
        local = int(os.environ["LOCAL_WORLD_SIZE"])
        return local, int(os.environ["WORLD_SIZE"]) // local
    tasks = int(os.environ.get("SLURM_NTASKS", "1"))
    alone = os.environ.get("SLURM_JOB_NAME") in ("bash", "interactive")
    if tasks > 1 and "SLURM_PROCID" in os.environ and not alone:
        machines = int(os.environ.get("SLURM_NNODES", "1"))
        return int(os.environ.get("SLURM_NTASKS_PER_NODE", tasks // machines)), machines
    return None


def _open_group(backend: str) -> None:
    """Let the processes of this start of torchrun find each other, and nobody of an earlier one.

    Its store is the same through all restarts, and holds the addresses of processes that died:
    https://github.com/pytorch/pytorch/issues/135712.
    """
    from torch.distributed.distributed_c10d import PrefixStore  # not in every build of torch
    from torch.distributed.rendezvous import rendezvous

    from cuelens.study.watchword import agree

    store, number, count = next(iter(rendezvous("env://")))
    word = agree(store, number=number, count=count)
    torch.distributed.init_process_group(
        backend, store=PrefixStore(word, store), rank=number, world_size=count
    )


def _require_one_folder(fabric: "Fabric", folder: Path) -> None:
    """Let the first process write a file that all of them must see."""
    token: str = fabric.broadcast(secrets.token_hex(8))
    path = folder / f".met-{token}"
    if fabric.global_rank == 0:
        write_atomically(path, "")
    fabric.barrier()
    seen = torch.tensor(float(_appears(path)), device=fabric.device)
    all_seen = torch.as_tensor(fabric.all_gather(seen))
    if fabric.global_rank == 0:
        path.unlink(missing_ok=True)
    blind = [rank for rank, one in enumerate(all_seen.flatten().tolist()) if not one]
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
