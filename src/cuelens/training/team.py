"""Processes that train one network together: each learns from its share of every batch.

torchrun and SLURM are known through lightning-fabric. What a process has of a batch depends on its
number alone, and what is drawn on images alone, so that any number of processes learns from the
same images. It knows how to share and to sum; it does not know what is summed.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import torch
from torch import Tensor

from cuelens.errors import ConfigError

if TYPE_CHECKING:
    from lightning_fabric import Fabric

__all__ = ["Alone", "Team", "Together", "fabric_of", "launched", "meet_team"]


@runtime_checkable
class Team(Protocol):
    """The processes of a training, seen from one of them."""

    @property
    def number(self) -> int:
        """Which one this is, from 0: the first one writes."""
        ...

    @property
    def count(self) -> int:
        """How many there are."""
        ...

    @property
    def device(self) -> torch.device:
        """Where this one computes."""
        ...

    def summed(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Return the sums over all processes; every process calls this with the same shapes."""
        ...

    def wait(self) -> None:
        """Wait until every process is here."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Alone:
    """One process, which is all of them."""

    number: int = 0
    count: int = 1
    device: torch.device = torch.device("cpu")  # noqa: RUF009 - immutable

    def summed(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Return the tensors."""
        return list(tensors)

    def wait(self) -> None:
        """Nobody else is to come."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Together:
    """One of several processes that a launcher started.

    Attributes:
        fabric: Launched; its processes have met.
    """

    fabric: "Fabric"

    @property
    def number(self) -> int:
        """Which one this is, from 0."""
        return int(self.fabric.global_rank)

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self.fabric.world_size)

    @property
    def device(self) -> torch.device:
        """Where this one computes."""
        return self.fabric.device

    def summed(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Return the sums over all processes, in one message."""
        flat = torch.cat([tensor.reshape(-1).to(torch.float32) for tensor in tensors])
        total = torch.as_tensor(self.fabric.all_reduce(flat, reduce_op="sum"))
        parts = torch.split(total, [tensor.numel() for tensor in tensors])
        return [
            part.reshape(tensor.shape).to(tensor.dtype)
            for part, tensor in zip(parts, tensors, strict=True)
        ]

    def wait(self) -> None:
        """Wait until every process is here."""
        self.fabric.barrier()


@contextmanager
def meet_team() -> Iterator[Team]:
    """Give the team that a launcher started, for as long as it trains.

    Without a launcher it is alone, on a GPU if there is one.

    Raises:
        ConfigError: As in `fabric_of`.
    """
    size = launched()
    if size is None:
        yield Alone(device=torch.device("cuda" if torch.cuda.is_available() else "cpu"))
        return
    fabric = fabric_of(*size)
    try:
        yield Together(fabric=fabric)
    finally:
        torch.distributed.destroy_process_group()


def launched() -> tuple[int, int] | None:
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


def fabric_of(local: int, machines: int) -> "Fabric":
    """Return what connects processes, on a GPU each where there are GPUs, once they have met.

    Args:
        local: How many processes a machine has.
        machines: How many machines there are.

    Raises:
        ConfigError: If lightning-fabric is not installed, or there are more processes on a machine
            than GPUs.
    """
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
    return fabric


def _open_group(backend: str) -> None:
    """Let the processes of this start of torchrun find each other, and nobody of an earlier one.

    Its store is the same through all restarts, and holds the addresses of processes that died:
    https://github.com/pytorch/pytorch/issues/135712.
    """
    from torch.distributed.distributed_c10d import PrefixStore  # not in every build of torch
    from torch.distributed.rendezvous import rendezvous

    from cuelens.training.watchword import agree

    store, number, count = next(iter(rendezvous("env://")))
    word = agree(store, number=number, count=count)
    torch.distributed.init_process_group(
        backend, store=PrefixStore(word, store), rank=number, world_size=count
    )
