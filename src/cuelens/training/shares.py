"""Which rows of a batch a process learns from, and how the gradients of all become one."""

import itertools

from torch import Tensor, nn

from cuelens.errors import ConfigError
from cuelens.training.team import Team

__all__ = ["parts_of", "share_gradients"]


def parts_of(batch_size: int, team: Team, micro_batch: int | None = None) -> tuple[slice, ...]:
    """Return the rows of every batch that a process learns from, in parts.

    Args:
        batch_size: Images a step, of all processes together.
        team: The processes; shares differ by at most one image.
        micro_batch: At most so many images a part. At least 2; None: the whole share.

    Raises:
        ConfigError: If a part would have fewer than 2 images, which batch norm compares.
    """
    if batch_size < 2 * team.count:
        raise ConfigError(
            f"`batch_size` must be at least 2 images for each of {team.count} processes, got "
            f"{batch_size}. Raise it, or start fewer processes."
        )
    if micro_batch is not None and micro_batch < 2:
        raise ConfigError(
            f"`micro_batch` must be at least 2 (batch norm compares images), got {micro_batch}."
        )
    start, stop = (batch_size * (team.number + end) // team.count for end in (0, 1))
    count = 1 if micro_batch is None else -(-(stop - start) // micro_batch)
    places = [start + (stop - start) * place // count for place in range(count + 1)]
    return tuple(slice(one, other) for one, other in itertools.pairwise(places))


def share_gradients(network: nn.Module, loss: Tensor, team: Team) -> Tensor:
    """Give every process the sum of gradients, and the mean of the statistics of batch norms.

    Args:
        network: After its backward pass; its gradients and statistics are changed in place.
        loss: Of this process's rows, weighted by their share of the batch, as its gradients are.
        team: Every process calls this.

    Returns:
        The loss of the whole batch.
    """
    if team.count == 1:
        return loss
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    statistics = [value for value in network.buffers() if value.is_floating_point()]
    total, *summed = team.summed([loss, *gradients, *statistics])
    for own, whole in zip(gradients, summed, strict=False):
        own.copy_(whole)
    for own, whole in zip(statistics, summed[len(gradients) :], strict=True):
        own.copy_(whole / team.count)
    return total
