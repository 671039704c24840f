"""The momentum buffers of an optimiser, by the names of the parameters."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

__all__ = ["momenta_of", "restore_momenta"]


def momenta_of(optimiser: torch.optim.Optimizer, network: nn.Module) -> dict[str, Tensor]:
    """Return the buffers; there are none where the momentum is 0, or before the first step."""
    buffers = {
        name: optimiser.state[parameter].get("momentum_buffer")
        for name, parameter in network.named_parameters()
    }
    return {name: buffer for name, buffer in buffers.items() if buffer is not None}


def restore_momenta(
    optimiser: torch.optim.Optimizer, network: nn.Module, momenta: Mapping[str, Tensor]
) -> None:
    """Give an optimiser the buffers that `momenta_of` returned, in the layout that it makes."""
    for name, parameter in network.named_parameters():
        if name in momenta:
            # In the parameter's layout, as the optimiser makes it: sums round alike.
            momentum = torch.empty_like(parameter).copy_(momenta[name])
            optimiser.state[parameter]["momentum_buffer"] = momentum
