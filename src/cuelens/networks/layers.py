"""The layers of a network: their names, their answers, and the gradient at an answer.

It leaves the network as it was: mode, gradients and hooks, also after an error. It does not know
what the answers are for.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches

import torch
from torch import Tensor, nn

from cuelens.errors import ModelError
from cuelens.networks.classifier import Classifier
from cuelens.networks.grids import Answer
from cuelens.tensors import Images, Logits, PerImage

__all__ = ["answer_of", "found_layers", "hearing", "layer_gradient", "layer_names"]


def layer_names(network: nn.Module) -> tuple[str, ...]:
    """Return the main layers of a network in the order in which they are registered.

    Wrappers around one part are looked through, sequences are taken apart, and parts without
    weights are left out: of a residual network these are its first convolution and norm, each
    block, and the last linear layer.
    """
    prefix = _wrapping(network)
    inner = network.get_submodule(prefix.removesuffix("."))
    return tuple(_parts(inner, prefix)) or (prefix.removesuffix("."),)


def _wrapping(network: nn.Module) -> str:
    """Return what the names inside wrappers around one part begin with."""
    prefix = ""
    while len(children := list(network.named_children())) == 1:
        name, network = children[0]
        prefix = f"{prefix}{name}."
    return prefix


def _parts(network: nn.Module, prefix: str) -> Iterator[str]:
    for name, child in network.named_children():
        if isinstance(child, nn.Sequential | nn.ModuleList):
            yield from _parts(child, f"{prefix}{name}.")
        elif next(child.parameters(), None) is not None:
            yield f"{prefix}{name}"


def found_layers(classifier: Classifier, layers: Sequence[str]) -> dict[str, nn.Module]:
    """Return layers by their names, or by their names inside what wraps the network.

    Raises:
        ModelError: If there is no such layer.
    """
    modules = dict(classifier.network.named_modules())
    wrapping = _wrapping(classifier.network)
    names = {layer: layer if layer in modules else wrapping + layer for layer in layers}
    unknown = next((layer for layer, name in names.items() if name not in modules), None)
    if unknown is None:
        return {layer: modules[name] for layer, name in names.items()}
    inside = [name.removeprefix(wrapping) for name in modules]
    near = get_close_matches(unknown, inside, n=3)
    raise ModelError(
        f"Layers must be among those of {classifier.name}, got {unknown!r}. "
        + (
            f"Did you mean {' or '.join(near)}?"
            if near
            else f"There are {', '.join(layer_names(classifier.network))} and their parts."
        )
    )


@contextmanager
def hearing(
    classifier: Classifier, layers: Sequence[str], hear: Callable[[str, object], object]
) -> Iterator[None]:
    """Hear what layers answer, and leave no hook behind.

    Args:
        classifier: Any classifier.
        layers: Names as in `named_modules`; "" is the whole network. Wrappers around one part,
            such as that of the fast form, need not be named.
        hear: Gets a layer's name and its answer whenever it runs; what it returns, if it is not
            None, goes on in place of the answer.

    Raises:
        ModelError: If there is no such layer.
    """
    modules = found_layers(classifier, layers)

    def hook(layer: str) -> Callable[[nn.Module, object, object], object]:
        return lambda _module, _inputs, output: hear(layer, output)

    handles = [module.register_forward_hook(hook(layer)) for layer, module in modules.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def answer_of(output: object, layer: str, classifier: Classifier) -> Answer:
    """Return the tensor that a layer answers with: its output, or the first part of that.

    Raises:
        ModelError: If it is no tensor of at least two dimensions.
    """
    first = output[0] if isinstance(output, tuple) and output else output
    if isinstance(first, Tensor) and first.ndim >= 2:
        return first
    raise ModelError(
        f"The layer {layer!r} of {classifier.name} must answer with a tensor of one row an image, "
        f"got {type(output).__name__}. Name another layer, such as one of its parts."
    )


def layer_gradient(
    classifier: Classifier, images: Images, layer: str, score: Callable[[Logits], PerImage]
) -> tuple[Answer, Answer]:
    """Return what a layer answers and the gradient of each image's score with respect to it.

    Nothing before the layer is differentiated.

    Args:
        classifier: Any classifier, in the mode in which it is to run.
        images: Pixels; at least one image.
        layer: As in `hearing`. Of a layer that runs several times, its last answer counts.
        score: Maps logits to one number an image.

    Raises:
        ModelError: If there is no such layer, it did not run, its answer is no tensor, or the
            score does not depend on it.
    """
    latest: list[Tensor] = []

    def cut(name: str, output: object) -> object:
        answer = answer_of(output, name, classifier).detach().requires_grad_()
        latest[:] = [answer]
        following = answer.clone()  # what comes next may change it in place
        return (following, *output[1:]) if isinstance(output, tuple) else following

    with torch.enable_grad(), hearing(classifier, [layer], cut):
        scores = score(classifier(images)).sum()
    if latest and scores.requires_grad:
        (gradient,) = torch.autograd.grad(scores, latest, allow_unused=True)
        if gradient is not None:
            return latest[0].detach(), gradient
    raise ModelError(
        f"The logits must depend on the layer {layer!r} of {classifier.name}, but they do not. "
        "Name another layer."
    )
