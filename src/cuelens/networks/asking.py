"""Asks a network and refuses answers that are no logits, or that have no gradient where one is due.

It knows what a network must answer; what is done with the answer, and when, is elsewhere.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from cuelens.errors import ArgumentError, ModelError
from cuelens.tensors import Images, require_tensor

__all__ = ["ask", "without_gradient"]


def ask(network: Callable[[Images], Tensor], images: Images) -> Tensor:
    """Return what a network answers.

    Args:
        network: Maps images to logits; any function or module.
        images: Of any range and precision.

    Raises:
        ArgumentError: If the images are not float32 and the network fails on them, its weights
            being of another precision.
        ModelError: If the answer is no tensor.
    """
    try:
        answer = network(images)
    except RuntimeError as error:
        precision = _precision(network)
        if images.dtype == torch.float32 or precision in {None, images.dtype}:
            raise
        wide = images.dtype == torch.float64
        raise ArgumentError(
            f"`images` must be float32 for a network of {_word(precision)} weights, got "
            f"{_word(images.dtype)}. Give `images.float()`"
            + (", or the network in float64, `network.double()`." if wide else ".")
        ) from error
    require_tensor(answer)
    return answer


def _precision(network: object) -> torch.dtype | None:
    """Return the precision of a network's weights; None of a function or where there are none."""
    module = getattr(network, "network", network)
    weights: Iterable[Tensor] = module.parameters() if isinstance(module, nn.Module) else ()
    return next((one.dtype for one in weights if one.is_floating_point()), None)


def _word(precision: torch.dtype | None) -> str:
    return str(precision).rpartition(".")[2]


def without_gradient() -> ModelError:
    """Return the error of logits whose gradient with respect to the images is asked in vain."""
    return ModelError(
        "The classifier must return logits that torch can differentiate with respect to the "
        "images, got logits that are cut from them. Take out `detach`, `no_grad` and detours "
        "through NumPy, or use what asks for logits alone: Square, Occlusion, RISE."
    )
